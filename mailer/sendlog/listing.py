"""The list: which letters match, page by page, at the same cost at any depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy import Select, and_, false, func, or_, select, tuple_

from mailer import outbox
from mailer.addresses import folded
from mailer.db import Store
from mailer.db.schema import letter, letter_text, submission
from mailer.status import ACCEPTED, Kind, State


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which letters to show. Empty fields do not narrow; an unknown state or kind finds nothing."""

    campaign: str = ""
    official: str = ""
    state: str = ""
    kind: str = Kind.LETTER.value  # empty: every kind
    query: str = ""  # part of a name or e-mail address, or a reference
    before: str = ""  # a page's `next`: go on with what is older
    after: str = ""  # a page's `previous`: go back to what is newer


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the log."""

    id: str
    submission: str
    reference: str
    kind: Kind
    state: State
    campaign: str
    official: str
    to_name: str
    to_address: str
    name: str  # the supporter's
    email: str
    created_at: float
    sent_at: float | None
    attempts: int
    possibly_twice: bool
    reason: str
    answer: str
    transport: str  # the account that took it, or may have

    @property
    def kept_here(self) -> bool:
        """True when it was only kept on this machine: no server has it."""
        return self.state in ACCEPTED and self.transport.startswith("maildir:")


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows, newest first; `next` and `previous` are the neighbours' cursors, or ""."""

    rows: tuple[Row, ...]
    next: str
    previous: str = ""


def page(store: Store, wanted: Filter, size: int = 50) -> Page:
    """`size` rows that match, from the cursor on; costs the same at any depth."""
    statement = _matching(wanted).limit(size + 1)
    with store.read() as tx:
        found = [row_of(row) for row in tx.execute(statement)]
    more, found = len(found) > size, found[:size]
    backwards = _cursor(wanted.after) is not None
    if backwards:
        found.reverse()
    older = backwards or more
    newer = more if backwards else _cursor(wanted.before) is not None
    return Page(
        rows=tuple(found),
        next=_cursor_at(found[-1]) if found and older else "",
        previous=_cursor_at(found[0]) if found and newer else "",
    )


def rows(store: Store, wanted: Filter, batch: int = 500) -> Iterator[Row]:
    """All rows that match, newest first, read in pages: memory stays flat, nobody is blocked."""
    while True:
        found = page(store, wanted, batch)
        yield from found.rows
        if not found.next:
            return
        wanted = Filter(**{**vars(wanted), "before": found.next})


def submission_letters(store: Store, submission_id: str) -> tuple[Row, ...]:
    """All mail of one submission, of every kind, oldest first."""
    statement = _rows().where(letter.c.submission == submission_id)
    with store.read() as tx:
        found = tx.execute(statement.order_by(letter.c.created_at, letter.c.id)).all()
    return tuple(row_of(row) for row in found)


def counts(store: Store, campaign: str = "") -> dict[State, int]:
    """How many letters to officials are in each state."""
    statement = select(letter.c.state, func.count()).where(letter.c.kind == Kind.LETTER)
    if campaign:
        statement = statement.where(letter.c.campaign == campaign)
    with store.read() as tx:
        return {State(state): number for state, number in tx.execute(statement.group_by("state"))}


def written(store: Store, campaign: str) -> int:
    """How many people have a letter in a campaign: confirmed where it confirms, none twice.

    Trials do not count, nor do letters that wait for staff to look at them.
    """
    counts = select(func.count(letter.c.person.distinct())).where(
        letter.c.campaign == campaign, letter.c.person.is_not(None), letter.c.state != State.REVIEW
    )
    with store.read() as tx:
        return int(tx.execute(counts).scalar_one())


COLUMNS = (
    letter.c.id, letter.c.submission, letter.c.kind, letter.c.state, letter.c.campaign,
    letter.c.official, letter.c.created_at, letter.c.sent_at, letter.c.attempts,
    letter.c.possibly_twice, letter.c.reason, letter.c.answer, letter.c.transport,
    submission.c.name, submission.c.email,
)  # fmt: skip


def _rows() -> Select[Any]:
    return (
        select(*COLUMNS, letter_text.c.to_name, letter_text.c.to_address)
        .outerjoin(submission, submission.c.id == letter.c.submission)
        .outerjoin(letter_text, letter_text.c.letter == letter.c.id)
    )


def _matching(wanted: Filter) -> Select[Any]:
    statement = _rows()
    for column, value in (
        (letter.c.campaign, wanted.campaign),
        (letter.c.official, wanted.official),
        (letter.c.kind, wanted.kind),
    ):
        if value:
            statement = statement.where(column == value)
    if wanted.state:
        known = wanted.state in set(State)
        statement = statement.where(outbox.is_state(State(wanted.state)) if known else false())
    if wanted.query.strip():
        statement = statement.where(_found_by(wanted.query.strip()))
    place = tuple_(letter.c.created_at, letter.c.id)
    after, before = _cursor(wanted.after), _cursor(wanted.before)
    if after is not None:
        return statement.where(place > tuple_(*after)).order_by(letter.c.created_at, letter.c.id)
    if before is not None:
        statement = statement.where(place < tuple_(*before))
    return statement.order_by(letter.c.created_at.desc(), letter.c.id.desc())


def _cursor_at(row: Row) -> str:
    return f"{row.created_at!r}_{row.id}"


def _cursor(text: str) -> tuple[float, str] | None:
    """The place in the log that a cursor names; None where it names none."""
    moment, _, letter_id = text.rpartition("_")
    try:
        return float(moment), letter_id
    except ValueError:
        return None


def _found_by(query: str) -> Any:
    """A reference (ABCDE-FGHJK, in any writing), or every word within name and address."""
    words = [submission.c.search.contains(word, autoescape=True) for word in folded(query).split()]
    reference = query.replace("-", "").replace(" ", "").lower()
    by_words = and_(*words)
    if len(reference) >= 5 and reference.isascii() and reference.isalnum():
        return or_(by_words, letter.c.submission.startswith(reference, autoescape=True))
    return by_words


def row_of(row: DbRow[Any]) -> Row:
    owner = row.submission or ""
    return Row(
        id=row.id, submission=owner,
        reference=f"{owner[:5]}-{owner[5:10]}".upper() if owner else "",
        kind=Kind(row.kind), state=State(row.state), campaign=row.campaign or "",
        official=row.official or "", to_name=row.to_name or "", to_address=row.to_address or "",
        name=row.name or "", email=row.email or "", created_at=row.created_at,
        sent_at=row.sent_at, attempts=row.attempts, possibly_twice=row.possibly_twice,
        reason=row.reason, answer=row.answer, transport=row.transport,
    )  # fmt: skip
