"""The list: which letters match, page by page, at the same cost at any depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy import Select, func, select

from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_text, submission
from mailer.sendlog import lines, people, properties
from mailer.sendlog.filters import Filter, Found, Place, cursor, cursor_at
from mailer.status import ACCEPTED, Kind, State


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
    unread: bool = False  # the search has not come to the log's end: `next` goes on with it


def page(store: Store, wanted: Filter, size: int = 50) -> Page:
    """`size` rows that match, from the cursor on; costs the same at any depth."""
    with store.read() as tx:
        found = places(tx, wanted, size + 1)
        shown = _load(tx, found.places[:size])
    more = len(found.places) > size
    backwards = cursor(wanted.after) is not None
    if backwards:
        shown.reverse()
    older = backwards or more
    newer = more if backwards else cursor(wanted.before) is not None
    read_to = "" if found.read_to is None or backwards else cursor_at(found.read_to)
    return Page(
        rows=tuple(shown),
        next=read_to or (_cursor_at(shown[-1]) if shown and older else ""),
        previous=_cursor_at(shown[0]) if shown and newer else "",
        unread=bool(read_to),
    )


def places(tx: Tx, wanted: Filter, most: int) -> Found:
    """Where the first `most` letters that match stand, from the cursor on."""
    if wanted.query.strip():
        return people.by_words(tx, wanted, most)
    if wanted.properties:
        return properties.by_property(tx, wanted, most)
    return Found(places=lines.newest(tx, wanted, most))


def every_place(tx: Tx, wanted: Filter, most: int) -> list[Place]:
    """The same for whoever waits as long as it takes: short of `most` only at the log's end."""
    found: list[Place] = []
    while True:
        some = places(tx, wanted, most - len(found))
        found += some.places
        if some.read_to is None or len(found) >= most:
            return found
        wanted = replace(wanted, before=cursor_at(some.read_to))


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


def matching(wanted: Filter) -> Select[Any]:
    """All letters that match, newest first, as one statement: for whoever reads them all."""
    statement = _rows().where(*lines.of_letter(wanted))
    for name, value in wanted.properties.items():
        statement = statement.where(submission.c[name] == value)
    if wanted.query.strip():
        statement = statement.where(people.plainly(wanted.query))
    return lines.in_order(statement, letter.c, wanted)


def _load(tx: Tx, found: Sequence[Place]) -> list[Row]:
    """The rows at these places, in their order."""
    ids = [key for _, key in found]
    loaded = {row.id: row_of(row) for row in tx.execute(_rows().where(letter.c.id.in_(ids)))}
    return [loaded[key] for key in ids if key in loaded]


def _cursor_at(row: Row) -> str:
    return cursor_at((row.created_at, row.id))


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
