"""The mails we write ourselves, to supporters and staff: their words, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailer import i18n
from mailer.pages import template_folders


@dataclass(frozen=True, kw_only=True)
class FailedLetter:
    """What a supporter is told of one letter that failed."""

    to: str  # the official's name; in a trial the address it went to
    why: str  # one sentence in the reader's language
    phone: str = ""
    trial: bool = False


@dataclass(frozen=True, kw_only=True)
class CopiedLetter:
    """A letter as its writer gets a copy of it."""

    to: str  # name and address
    subject: str
    text: str


@dataclass(frozen=True, kw_only=True)
class FoundReceipt:
    """A receipt as its owner finds it again."""

    title: str  # of the campaign
    reference: str
    link: str


@dataclass(frozen=True, kw_only=True)
class FailedGroup:
    """What staff are told of letters that failed alike."""

    official: str
    reason: str  # refused | deadline | given up by staff
    code: str  # the server's, or ""
    count: int


def confirmation(
    language: str, campaign_title: str, link: str, code: str
) -> tuple[str, str]:  # fmt: skip
    """Subject and text of the mail that asks a supporter to confirm; nothing typed is in it."""
    return _write("confirmation", language, campaign=campaign_title, link=link, code=code)


def reminder(
    language: str, campaign_title: str, link: str, unsubscribe: str
) -> tuple[str, str]:  # fmt: skip
    """Subject and text of the one mail that asks again; nothing typed is in it.

    `unsubscribe` is where its reader ends our mails.
    """
    return _write(
        "reminder", language, campaign=campaign_title, link=link, unsubscribe=unsubscribe
    )  # fmt: skip


def copy(
    language: str,
    campaign_title: str,
    letters: Sequence[CopiedLetter],
    link: str,
    unsubscribe: str,
) -> tuple[str, str]:
    """Subject and text of the mail with a supporter's own letters, which they asked for."""
    values = {"campaign": campaign_title, "link": link, "unsubscribe": unsubscribe}
    return _write("copy", language, letters=letters, **values)


def receipts(
    language: str, found: Sequence[FoundReceipt], *, see: str, erase: str
) -> tuple[str, str]:
    """Subject and text of the mail with the way back to a supporter's receipts.

    `see` is where all that is kept of the address is shown, `erase` where it is erased, within a
    day both.
    """
    return _write("receipts", language, found=found, see=see, erase=erase)


def answered(
    language: str, campaign_title: str, offices: Sequence[str], link: str, unsubscribe: str
) -> tuple[str, str]:
    """Subject and text of the mail that asks whether the offices answered; once.

    `link` is where to tell; nothing typed is in it.
    """
    values = {"campaign": campaign_title, "link": link, "unsubscribe": unsubscribe}
    return _write("answered", language, offices=offices, **values)


def already(language: str, campaign_title: str) -> tuple[str, str]:
    """Subject and text of the mail that tells an address its person had written before."""
    return _write("already", language, campaign=campaign_title)


def reset(language: str, link: str) -> tuple[str, str]:
    """Subject and text of the mail with a link to choose a new password."""
    return _write("reset", language, link=link)


def invitation(language: str, link: str) -> tuple[str, str]:
    """Subject and text of the mail that invites somebody to the staff pages."""
    return _write("invitation", language, link=link)


def reply(language: str, office: str, answer_to: str, *, shortened: bool) -> tuple[str, str]:
    """Subject and text of the mail that carries an answer to the supporter it is for."""
    return _write("reply", language, office=office, answer_to=answer_to, shortened=shortened)


def failed(
    language: str, campaign_title: str, letters: Sequence[FailedLetter], link: str
) -> tuple[str, str]:
    """Subject and text of the mail that tells a supporter which letters could not be delivered."""
    return _write("failed", language, campaign=campaign_title, letters=letters, link=link)


def failed_alert(campaign: str, groups: Sequence[FailedGroup], link: str) -> tuple[str, str]:
    """Subject and text of the mail that tells staff how many letters failed, and why."""
    count = sum(group.count for group in groups)
    values = {"campaign": campaign, "groups": groups, "count": count, "link": link}
    return _write("alert_failed", i18n.SOURCE, **values)


def waiting_alert(held: int, doubtful: int, link: str) -> tuple[str, str]:
    """Subject and text of the mail that tells staff how many letters wait for them to decide."""
    values = {"count": held + doubtful, "held": held, "doubtful": doubtful, "link": link}
    return _write("alert_waiting", i18n.SOURCE, **values)


def stuck_alert(lane: str, reason: str, seconds: float, link: str) -> tuple[str, str]:
    """Subject and text of the mail that tells staff that nothing has left by `lane` for long."""
    minutes = round(seconds / 60)
    return _write(
        "alert_stuck", i18n.SOURCE, lane=lane, reason=reason, minutes=minutes, link=link
    )  # fmt: skip


def stopped_alert(lane: str, reason: str, link: str) -> tuple[str, str]:
    """Subject and text of the mail that tells staff that an account waits for somebody to act."""
    return _write("alert_stopped", i18n.SOURCE, lane=lane, reason=reason, link=link)


def attack_alert(campaign: str, *, odd: bool, link: str) -> tuple[str, str]:
    """Subject and text of the mail that tells staff that a campaign may be under attack.

    `odd` says that its letters look like a program's, else there are only many.
    """
    return _write("alert_attack", i18n.SOURCE, campaign=campaign, odd=odd, link=link)


def dead_alert(
    official: str, reason: str, letter: str, waiting: int, link: str
) -> tuple[str, str]:  # fmt: skip
    """Subject and text of the mail that tells staff that an official's mailbox is dead.

    `letter` is the address of the page of the letter that came back, `waiting` how many wait.
    """
    values = {"official": official, "reason": reason, "letter": letter, "waiting": waiting}
    return _write("alert_dead", i18n.SOURCE, link=link, **values)


def put_off_alert(lane: str, count: int, code: str, link: str) -> tuple[str, str]:
    """Subject and text of the mail that tells staff that an office's server says "later"."""
    return _write("alert_put_off", i18n.SOURCE, lane=lane, count=count, code=code, link=link)


def put_off_over_alert(lane: str, link: str) -> tuple[str, str]:
    """Subject and text of the mail that tells staff that no letter to an office is put off."""
    return _write("alert_put_off_over", i18n.SOURCE, lane=lane, link=link)


def works_alert(lane: str, link: str) -> tuple[str, str]:
    """Subject and text of the mail that tells staff that mail leaves by `lane` again."""
    return _write("alert_works", i18n.SOURCE, lane=lane, link=link)


def _write(name: str, language: str, **values: object) -> tuple[str, str]:
    """A template's first line is the subject; the text begins after an empty line."""
    written = _environment(language).get_template(f"email/{name}.txt").render(values)
    subject, _, text = written.partition("\n")
    return " ".join(subject.split()), text.strip("\n") + "\n"


@cache
def _environment(language: str) -> Environment:
    """Plain-text templates in one language; what is set in is never escaped, and never code."""
    environment = Environment(
        loader=FileSystemLoader([str(folder) for folder in template_folders()]),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - text/plain: escaping would change what people read
    )
    extended = cast(Any, environment)  # the extension adds what its type does not tell
    extended.install_gettext_translations(i18n.text(language), newstyle=True)
    return environment
