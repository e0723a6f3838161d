"""The letters to an office for handing over in person: who gets how many, and them in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, literal_column, select, tuple_

from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_text, submission
from mailer.sendlog.filters import Place
from mailer.status import ACCEPTED, State

LETTERS = 400
"""Letters in one volume, at most."""

CHARACTERS = 1_000_000
"""Characters in one volume, at most, but for a single letter; typeset in a few seconds."""

READY, MAILED, GONE = "ready", "mailed", "gone"
"""What is counted by official: see Office."""

_LETTERS: ColumnElement[bool] = literal_column("letter.kind = 'letter'")  # as the indexes have it
_READ = 100  # letters in memory at a time, beside those of one volume


@dataclass(frozen=True, kw_only=True)
class Office:
    """What there is for one official of a campaign."""

    official: str
    letters: int  # that can be handed over
    mailed: int  # of these: a server has taken them, too
    gone: int  # whose text is not kept any more


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One letter as it is handed over."""

    id: str
    reference: str
    to_name: str
    to_address: str
    name: str
    where: str  # postal code and district
    written_at: float
    state: State
    kept_here: bool  # written to this machine only
    language: str
    subject: str
    text: str
    place: Place


def offices(store: Store, campaign: str) -> tuple[Office, ...]:
    """The officials of a campaign to whom people wrote, by id.

    Counted are letters that their writers have approved, one for each person: none that wait for
    confirmation or for staff, none that was withdrawn, no trial.
    """
    with store.read() as tx:
        return offices_of(count(tx, campaign))


def offices_of(found: Mapping[str, Mapping[str, int]]) -> tuple[Office, ...]:
    """The same, of what was counted."""
    ready, mailed, gone = (found.get(facet, {}) for facet in (READY, MAILED, GONE))
    return tuple(
        Office(official=one, letters=ready[one], mailed=mailed.get(one, 0), gone=gone.get(one, 0))
        for one in sorted(ready)
    )


def count(tx: Tx, campaign: str) -> dict[str, dict[str, int]]:
    """How many letters there are of each kind, by READY, MAILED and GONE, then by official."""
    kept = letter_text.c.subject != ""
    mailed = kept & letter.c.state.in_(ACCEPTED) & ~letter.c.transport.startswith("maildir:")
    statement = (
        select(
            letter.c.official,
            _number(kept).label(READY),
            _number(mailed).label(MAILED),
            _number(~kept).label(GONE),
        )
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .where(*_handed_over(campaign))
        .group_by(letter.c.official)
    )
    rows = tx.execute(statement).mappings().all()
    return {
        facet: {row["official"]: int(row[facet]) for row in rows} for facet in (READY, MAILED, GONE)
    }


def volumes(
    store: Store, campaign: str, official: str, *, letters: int = LETTERS,
    characters: int = CHARACTERS,
) -> Iterator[list[Paper]]:  # fmt: skip
    """The letters to one official, oldest first, in volumes that can be typeset."""
    volume: list[Paper] = []
    room = characters
    for paper in _papers(store, campaign, official):
        room -= len(paper.text)
        if volume and (len(volume) == letters or room < 0):
            yield volume
            volume, room = [], characters - len(paper.text)
        volume.append(paper)
    if volume:
        yield volume


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _handed_over(campaign: str) -> tuple[ColumnElement[bool], ...]:
    unready = (State.AWAITING, State.REVIEW, State.CANCELLED)
    return (
        _LETTERS, letter.c.campaign == campaign, letter.c.person.is_not(None),
        letter.c.state.not_in(unready),
    )  # fmt: skip


def _papers(store: Store, campaign: str, official: str) -> Iterator[Paper]:
    """All letters to one official, oldest first, read a few at a time."""
    statement = (
        select(
            letter.c.id, letter.c.submission, letter.c.created_at, letter.c.state,
            letter.c.transport, letter_text, submission.c.name, submission.c.postal_code,
            submission.c.district,
        )
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .outerjoin(submission, submission.c.id == letter.c.submission)
        .where(*_handed_over(campaign), letter.c.official == official)
        .where(letter_text.c.subject != "")
        .order_by(letter.c.created_at, letter.c.id)
        .limit(_READ)
    )  # fmt: skip
    place: Place | None = None
    while True:
        here = tuple_(letter.c.created_at, letter.c.id)
        beyond = statement if place is None else statement.where(here > tuple_(*place))
        with store.read() as tx:
            found = [_paper(row) for row in tx.execute(beyond)]
        yield from found
        if len(found) < _READ:
            return
        place = found[-1].place


def _paper(row: Row[Any]) -> Paper:
    owner = row.submission or ""
    where = (row.postal_code or "", row.district or "")
    return Paper(
        id=row.id, reference=f"{owner[:5]}-{owner[5:10]}".upper(),
        to_name=row.to_name, to_address=row.to_address, name=row.name or row.from_name,
        where=" · ".join(filter(None, where)), written_at=row.created_at,
        state=State(row.state),
        kept_here=row.state in ACCEPTED and row.transport.startswith("maildir:"),
        language=row.language, subject=row.subject,
        text="\n\n".join(filter(None, (row.salutation, row.body))), place=(row.created_at, row.id),
    )  # fmt: skip
