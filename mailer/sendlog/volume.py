"""A volume of letters as a document: a cover, a table of who wrote, and every letter whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from mailer import paper
from mailer.i18n import mark
from mailer.paper import Cover, Document, Sheet
from mailer.sendlog.pack import CHARACTERS, Paper
from mailer.status import ACCEPTED, State

SECONDS = 60.0
"""How long one volume may take."""

_MOST = CHARACTERS + 50_000  # a volume ends behind the letter that fills it

Say = Callable[[str], str]
"""Puts a marked sentence into the reader's language."""

_HEAD = (mark("No."), mark("Name"), mark("Where"), mark("Written"), mark("By mail"))


def pdf(
    papers: Sequence[Paper], *, campaign: str, number: int, first: int, made_at: float,
    timezone: str, language: str, say: Say,
) -> bytes:  # fmt: skip
    """The volume as a PDF; raises PaperError. `first` is the number of its first letter."""
    day = _Days(timezone)
    to = papers[0].to_name or papers[0].to_address
    last = first + len(papers) - 1
    lines = [
        say(mark("To: {who}")).format(who=to),
        say(mark("Volume {number}: letters {first} to {last}")).format(
            number=number, first=first, last=last
        ),
        say(mark("Made on {day}")).format(day=day.of(made_at)),
    ]
    rows = [_row(one, place, day, say) for place, one in enumerate(papers, first)]
    document = Document(
        title=campaign, author="", language=language,
        foot=say(mark("To: {who}")).format(who=to),
        no_font=say(
            mark(
                "No font on the machine that made this has some of the characters: they stand as"
                " empty boxes here."
            )
        ),
        made_at=made_at,
        sheets=[_sheet(one, place, day, say) for place, one in enumerate(papers, first)],
        cover=Cover(lines=lines, head=[say(one) for one in _HEAD], rows=rows),
    )  # fmt: skip
    return paper.pdf(document, seconds=SECONDS, most=_MOST)


def by_mail(one: Paper) -> str:
    """Whether a letter has gone by mail as well, as a sentence to be put into a language."""
    if one.kept_here or one.state not in {*ACCEPTED, State.FAILED, State.UNCERTAIN}:
        return mark("not yet")
    return {
        State.SENT: mark("sent"),
        State.DELIVERED: mark("delivered"),
        State.COMPLAINED: mark("delivered"),
        State.UNCERTAIN: mark("perhaps"),
    }.get(one.state, mark("not delivered"))


class _Days:
    """Moments as days where the staff are."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)

    def of(self, seconds: float) -> str:
        """A day as 2026-11-23."""
        return datetime.fromtimestamp(seconds, UTC).astimezone(self._zone).date().isoformat()


def _row(one: Paper, number: int, day: _Days, say: Say) -> tuple[str, ...]:
    return (str(number), one.name, one.where, day.of(one.written_at), say(by_mail(one)))


def _sheet(one: Paper, number: int, day: _Days, say: Say) -> Sheet:
    lines = (
        (say(mark("To")), f"{one.to_name} <{one.to_address}>" if one.to_name else one.to_address),
        (say(mark("Subject")), one.subject),
        (say(mark("Written")), day.of(one.written_at)),
        (say(mark("Reference")), one.reference),
    )
    return Sheet(
        to=f"{number}. {one.name}", lines=[*lines], language=one.language, text=one.text
    )  # fmt: skip
