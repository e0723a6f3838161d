"""How often something happened that is worth a number only, by day (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from mailer.db import Tx
from mailer.db.schema import tally as table


def count(tx: Tx, name: str, *, now: float, number: int = 1) -> None:
    """Count one more today, or `number` more."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    one = insert(table).values(name=name, day=_day(now), count=number)
    tx.execute(
        one.on_conflict_do_update(
            index_elements=[table.c.name, table.c.day], set_={"count": table.c.count + number}
        )
    )


def tally(tx: Tx, prefix: str, *, days: int, now: float) -> dict[str, int]:
    """How often each thing happened whose name begins with `prefix`, in the last `days` days."""
    first = _day(now, days - 1)
    found = (
        select(table.c.name, func.sum(table.c.count).label("number"))
        .where(table.c.name.startswith(prefix, autoescape=True), table.c.day >= first)
        .group_by(table.c.name)
        .order_by(table.c.name)
    )
    return {row.name.removeprefix(prefix): int(row.number) for row in tx.execute(found)}


def _day(now: float, before: int = 0) -> str:
    return (datetime.fromtimestamp(now, UTC) - timedelta(days=before)).strftime("%Y-%m-%d")
