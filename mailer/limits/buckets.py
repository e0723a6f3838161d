"""Allowances that all machines share: one row each, taken from by one statement.

An allowance is kept as the moment at which it is whole again (the generic cell rate algorithm,
ITU-T I.371): no counting, nothing to reset, and a row whose moment is past may be thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import TextClause, delete, select, text

from mailer.db import Store, Tx
from mailer.db.schema import bucket

_ALMOST = 1e-6  # of an interval: sums of floats must not cost anybody a turn


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`burst` at once, and `count` in `seconds` for as long as it lasts."""

    count: int
    seconds: float
    burst: int

    @property
    def every(self) -> float:
        """Seconds that one takes to come back."""
        return self.seconds / self.count

    @property
    def room(self) -> float:
        """Seconds that a whole allowance takes to come back."""
        return self.burst * self.every


def take(tx: Tx, wanted: Mapping[str, Limit], now: float) -> frozenset[str]:
    """Take one of each allowance; return those that had none left, which stay as they were."""
    if not wanted:
        return frozenset()
    values: dict[str, Any] = {}
    for at, key in enumerate(sorted(wanted)):  # two at once lock them in one order
        limit = wanted[key]
        values |= {f"id_{at}": key, f"full_at_{at}": now + limit.every}
        values |= {f"every_{at}": limit.every, f"room_{at}": limit.room}
    given = tx.execute(_taking(len(wanted)), values).scalars()
    return frozenset(wanted) - frozenset(given)


def wait(tx: Tx, key: str, limit: Limit, now: float) -> float:
    """Seconds until one of an allowance can be taken."""
    full = tx.execute(select(bucket.c.full_at).where(bucket.c.id == key)).scalar()
    return 0.0 if full is None else max(0.0, full + limit.every - limit.room - now)


def give_back(tx: Tx, key: str) -> None:
    """Make an allowance whole again."""
    tx.execute(delete(bucket).where(bucket.c.id == key))


def purge(store: Store) -> int:
    """Throw away what is whole again; return how many rows that were."""
    with store.write() as tx:
        done = delete(bucket).where(bucket.c.full_at <= store.now(tx))
        return int(tx.execute(done).rowcount)


@cache
def _taking(count: int) -> TextClause:
    """Takes one of `count` allowances, where there is one; says of which.

    Later than a whole allowance from now no moment can be true: a clock was wrong, or the limit
    was another one. Then it is as if nothing had been taken. As text: SQLAlchemy would build a
    statement with several rows anew each time, which takes longer than all else here.
    """
    rows = ", ".join(f"(:id_{at}, :full_at_{at}, :every_{at}, :room_{at})" for at in range(count))
    return text(f"""
        INSERT INTO bucket (id, full_at, every, room) VALUES {rows}
        ON CONFLICT (id) DO UPDATE
        SET full_at = {_ENDS}, every = excluded.every, room = excluded.room
        WHERE {_ENDS} <= {_LATEST}
        RETURNING id
    """)  # noqa: S608 - nothing in it comes from outside


_NOW = "(excluded.full_at - excluded.every)"
_LATEST = f"({_NOW} + excluded.room + excluded.every * {_ALMOST})"
_ENDS = (
    f"(CASE WHEN bucket.full_at BETWEEN {_NOW} AND {_LATEST} THEN bucket.full_at ELSE {_NOW} END"
    " + excluded.every)"
)
