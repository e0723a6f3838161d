"""Try a file before it is put in its place: the report, the letters, and what would change.

Nothing of it is kept, and none of it is run beyond the letters' own sandbox.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flask import render_template, request
from flask.typing import ResponseReturnValue

from mailer.campaigns import checking, reach
from mailer.campaigns.library import LETTERS, OFFICIALS, Content, read_content
from mailer.campaigns.names import LetterName, letter_name
from mailer.campaigns.reach import Reach
from mailer.campaigns.recipients import reachable
from mailer.campaigns.spread import Sheet, spread
from mailer.campaigns.values import Campaign, Status
from mailer.errors import MergeError
from mailer.problems import Problem, Severity
from mailer.web import i18n
from mailer.web.i18n import gettext
from mailer.web.services import services
from mailer.web.staff.roles import WRITING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

LARGEST = 1_000_000
"""Bytes of a file that may be tried: ten times the longest list of a parliament's members."""

MOST_PROBLEMS = 200
MOST_LINES = 2000
MOST_SHEETS = 60
_LONGEST_NAME = 120


@dataclass(frozen=True, kw_only=True)
class Laid:
    """The letters of one campaign as the file would make them."""

    campaign: Campaign
    title: str
    sheets: tuple[Sheet, ...]
    more: int
    fault: str
    reach: Reach | None  # what changes of who gets them


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of trying a file."""

    name: str
    problems: tuple[Problem, ...]
    more: int  # problems that are not shown
    elsewhere: tuple[Problem, ...]  # what would be wrong in other files, and is not today
    lines: tuple[str, ...]  # the difference to the file in use
    new: bool  # there is no such file in use
    letters: tuple[Laid, ...] = field(default_factory=tuple)

    @property
    def errors(self) -> int:
        """How many problems would keep the file from being used."""
        found = (*self.problems, *self.elsewhere)
        return sum(one.severity is Severity.ERROR for one in found)


@blueprint.get("/try/")
@open_to(*WRITING)
def try_form() -> str:
    """Ask for the file: pasted, or uploaded."""
    return _page(name=request.args.get("name", "")[:_LONGEST_NAME])


@blueprint.post("/try/")
@open_to(*WRITING)
def try_file() -> ResponseReturnValue:
    """Show what `mailer check` would say of the file, its letters, and what would change."""
    typed, name = request.form.get("text", ""), request.form.get("name", "").strip()
    named = _named(name)
    errors = {} if named else {"name": _wrong_name(name)}
    text, fault = _text(typed)
    if fault:
        errors["text"] = fault
    if errors:
        return _page(name=name[:_LONGEST_NAME], text=typed, errors=errors), 422
    return _page(name=name, text=text, report=_report(named, text))


def _page(
    *, name: str = "", text: str = "", errors: Mapping[str, str] | None = None,
    report: Report | None = None,
) -> str:  # fmt: skip
    return render_template(
        "staff/trying.html",
        name=name,
        text=text,
        errors=errors or {},
        report=report,
        known=[_short(one) for one in services().library.current().files if _named(_short(one))],
        officials=OFFICIALS,
        severities=Severity,
    )


def _short(name: str) -> str:
    return name.removeprefix(f"{LETTERS}/")


def _named(name: str) -> str:
    """The file meant, below the home folder; "" when it is none that can be tried."""
    short = _short(name)
    if len(name) > _LONGEST_NAME:
        return ""
    if short == OFFICIALS:
        return OFFICIALS
    known = short.endswith(".md") and isinstance(letter_name(short), LetterName)
    return f"{LETTERS}/{short}" if known else ""


def _wrong_name(name: str) -> str:
    told = letter_name(_short(name)) if name.endswith(".md") and len(name) < _LONGEST_NAME else ""
    if isinstance(told, str) and told:
        return told
    return gettext("Write officials.yaml, or a letter's name such as quiet-libraries.fr.md")


def _text(typed: str) -> tuple[str, str]:
    """What was uploaded, else pasted; and why it cannot be tried, if it cannot."""
    upload = request.files.get("file")
    data = upload.stream.read(LARGEST + 1) if upload and upload.filename else b""
    if len(data) > LARGEST or len(typed.encode("utf-8", "replace")) > LARGEST:
        return "", gettext("This is more than 1 MB: no file that can be used is that long")
    if data:
        try:
            typed = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            return "", gettext(
                "The file is not UTF-8 text from line %(line)s on: save it as UTF-8", line=line
            )
    if not typed.strip():
        return "", gettext("Paste a file, or choose one")
    return typed.replace("\r\n", "\n"), ""


def _report(name: str, text: str) -> Report:
    work = services()
    before = work.library.current()
    after = read_content({**before.files, name: text})
    now, service = work.store.now(), work.represent is not None
    home = work.settings.home
    found = checking.check(after, home, now=now, service=service)
    mine = tuple(one for one in found if one.file == name)
    known = {_said(one) for one in checking.check(before, home, now=now, service=service)}
    elsewhere = [one for one in found if one.file != name and _said(one) not in known]
    old = before.files.get(name, "")
    lines = difflib.unified_diff(
        old.splitlines(), text.splitlines(), gettext("in use"), gettext("tried"), lineterm="", n=2
    )
    return Report(
        name=name,
        problems=mine[:MOST_PROBLEMS],
        more=max(0, len(mine) - MOST_PROBLEMS),
        elsewhere=tuple(elsewhere[:MOST_PROBLEMS]),
        lines=tuple(lines)[2 : MOST_LINES + 2],
        new=name not in before.files,
        letters=tuple(_laid(name, before, after, now)),
    )


def _said(problem: Problem) -> tuple[str, str]:
    """What tells a problem from others, wherever its line has moved to."""
    return problem.file, problem.message


def _laid(name: str, before: Content, after: Content, now: float) -> Iterator[Laid]:
    """The letters of every campaign that the file has a part in."""
    parsed = letter_name(_short(name)) if name != OFFICIALS else ""
    slugs = [parsed.slug] if isinstance(parsed, LetterName) else list(after.campaigns)
    for slug in slugs:
        campaign = after.campaigns.get(slug)
        if campaign is None or (name == OFFICIALS and campaign.status is Status.CLOSED):
            continue
        day = campaign.today(now)
        to = reachable(campaign, after.officials, day)
        url = f"{services().settings.public_url}/{slug}/"
        sheets: tuple[Sheet, ...] = ()
        fault = ""
        try:
            sheets = spread(campaign, to, url=url)
        except MergeError as error:
            fault = str(error)
        yield Laid(
            campaign=campaign,
            title=campaign.version(i18n.language()).title,
            sheets=sheets[:MOST_SHEETS],
            more=max(0, len(sheets) - MOST_SHEETS),
            fault=fault,
            reach=reach.compare(
                campaign, before.officials, after.officials, day, was=before.campaigns.get(slug)
            ),
        )
