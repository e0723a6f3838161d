"""What the check before sending shows, and whoever presses its button approves."""

from __future__ import annotations

from dataclasses import dataclass

from mailer import submissions
from mailer.campaigns.values import Campaign, Supporter
from mailer.submissions import aliases
from mailer.submissions.consents import SendWording, Wording
from mailer.web.i18n import language, ngettext
from mailer.web.public import consents
from mailer.web.public.writing import Writing
from mailer.web.services import services


@dataclass(frozen=True, kw_only=True)
class Approved:
    """All that is shown beside the letters, and the hash of it together with them."""

    agreed: tuple[Wording, ...]  # what organisations may have
    wording: SendWording
    passed_on: bool  # answers come back by an address of ours
    hash: str


def approved(campaign: Campaign, supporter: Supporter, found: Writing) -> Approved:
    """What a supporter approves by sending these letters, in the page's language."""
    agreed = consents.agreed(campaign, found.filled.consents)
    passed_on = bool(aliases.domain_for(services().sender, supporter.email))
    wording = _wording(len(found.letters), passed_on=passed_on)
    return Approved(
        agreed=agreed, wording=wording, passed_on=passed_on,
        hash=submissions.letters_hash(supporter, found.letters, (*agreed, wording)),
    )  # fmt: skip


def _wording(letters: int, *, passed_on: bool) -> SendWording:
    """What stands above the button that sends, in the page's language.

    `passed_on` says that answers come back by an address of ours.
    """
    settings = services().settings
    if passed_on:
        words = ngettext(
            "Pressing the button, you ask us to send this letter in your name. Its reader gets your"
            " name, and an address of ours from which answers are passed on to you.",
            "Pressing the button, you ask us to send these letters in your name. Their readers get"
            " your name, and an address of ours from which answers are passed on to you.",
            letters,
        )
    else:
        words = ngettext(
            "Pressing the button, you ask us to send this letter in your name. Its reader gets your"
            " name and, to be able to answer, your email address.",
            "Pressing the button, you ask us to send these letters in your name. Their readers get"
            " your name and, to be able to answer, your email address.",
            letters,
        )
    return SendWording(
        language=language(), words=words, privacy=f"{settings.public_url}/privacy",
        text_days=settings.text_days, person_days=settings.person_days,
    )  # fmt: skip
