"""What came back about mail that left: as people look at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal_column, select, update

from mailer.db import Store, Tx
from mailer.db.schema import letter
from mailer.db.schema import news as table
from mailer.status import Kind, State


@dataclass(frozen=True, kw_only=True)
class Back:
    """One piece of news."""

    id: str
    source: str  # a provider's name, or "mail"
    kind: str  # its own word
    said: str  # ours
    letter: str  # "" when it names none of ours
    code: str
    note: str
    raw: str
    at: float  # by its own clock, where told; else when it came
    received_at: float


def of_letter(tx: Tx, letter_id: str) -> tuple[Back, ...]:
    """All that was told of a letter, oldest first."""
    found = tx.execute(select(table).where(table.c.letter == letter_id)).all()
    return tuple(sorted(map(_back, found), key=lambda one: (one.at, one.received_at, one.id)))


def unseen(store: Store) -> int:
    """How many pieces of news wait for a look by staff."""
    with store.read() as tx:
        return int(tx.execute(_UNSEEN).scalar_one())


def attention(store: Store, most: int) -> Sequence[Back]:
    """The news that wait for a look by staff, newest first."""
    newest = select(table).where(_ATTENTION).order_by(table.c.received_at.desc(), table.c.id)
    with store.read() as tx:
        return [_back(row) for row in tx.execute(newest.limit(most))]


def seen(tx: Tx, until: float) -> int:
    """Note that staff have looked at all that had come by `until`; says how many."""
    waiting = update(table).where(_ATTENTION, table.c.received_at <= until)
    return tx.execute(waiting.values(attention=False)).rowcount


def wrong_addresses(store: Store) -> dict[Kind, int]:
    """How many mails to supporters came back, by kind."""
    with store.read() as tx:
        return {Kind(row.kind): row.number for row in tx.execute(_CAME_BACK)}


def _back(row: Row[Any]) -> Back:
    return Back(
        id=row.id, source=row.source, kind=row.kind, said=row.said, letter=row.letter or "",
        code=row.code, note=row.note, raw=row.raw,
        at=row.received_at if row.at is None else row.at, received_at=row.received_at,
    )  # fmt: skip


# As the partial index has it: a bound or compared one would hide it.
_ATTENTION: ColumnElement[bool] = literal_column("news.attention")
_UNSEEN = select(func.count()).select_from(table).where(_ATTENTION)
_CAME_BACK: Select[Any] = (
    select(letter.c.kind, func.count().label("number"))
    .where(literal_column("state NOT IN ('claimed', 'dot')"), letter.c.state == State.BOUNCED)
    .where(letter.c.kind != Kind.LETTER, letter.c.submission.is_not(None))
    .group_by(letter.c.kind)
    .order_by(letter.c.kind)
)
