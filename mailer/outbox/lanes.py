"""Lanes: how fast letters may go to one mailbox, and whether an account is open.

The pace is a leaky bucket kept as one moment, `full_at`: when the lane's allowance will be whole
again (the generic cell rate algorithm, ITU-T I.371). It is shared by every worker through the row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, Row, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mailer import addresses
from mailer.db import Tx
from mailer.db.schema import lane
from mailer.officials.values import Pace

PEOPLE = "people"
"""The lane of mails to supporters and staff: a person waits for them."""

PROBES = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds until the next probe of an account that is down, by failures in a row."""


class Health(Enum):
    """What is known of an account."""

    GOOD = "good"
    PROBE = "probe"  # it failed; one letter may find out whether it still does
    SHUT = "shut"


def of_mailbox(address: str) -> str:
    """The lane of an official's mailbox: two posts behind one mailbox share it."""
    return f"mailbox:{addresses.mailbox(address)}"


def of_account(account: str) -> str:
    """The lane of a transport's account."""
    return f"account:{account}"


def ensure(tx: Tx, lanes: Sequence[tuple[str, Pace | None]], now: float) -> None:
    """Make the lanes that are not there yet; those that are stay untouched, and unlocked."""
    rows = [
        {
            "id": lane_id,
            "pace_count": pace.count if pace else 0,
            "pace_seconds": pace.seconds if pace else 1.0,
            "burst": pace.burst if pace else 1,
            "full_at": now,
        }
        for lane_id, pace in dict(lanes).items()
    ]
    tx.execute(_unless_there(tx.dialect.name), rows)


@cache
def _unless_there(dialect: str) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(lane).on_conflict_do_nothing()


def set_paces(tx: Tx, paces: dict[str, Pace]) -> None:
    """Give lanes the paces the officials' file has now."""
    for lane_id, pace in paces.items():
        tx.execute(
            update(lane)
            .where(lane.c.id == lane_id)
            .where((lane.c.pace_count != pace.count) | (lane.c.pace_seconds != pace.seconds))
            .values(pace_count=pace.count, pace_seconds=pace.seconds, burst=pace.burst)
        )


def allowance(row: Row[Any], now: float, most: int) -> int:
    """How many letters the lane lets go at `now`, `most` at the most."""
    if not row.pace_count:
        return most
    interval = row.pace_seconds / row.pace_count
    spent = math.ceil((_full_at(row, now) - now) / interval - 1e-6)
    left: int = row.burst - spent
    return max(0, min(most, left))


def has_allowance(now: ColumnElement[float]) -> ColumnElement[bool]:
    """A condition: the lane lets at least one letter go at `now`."""
    interval = lane.c.pace_seconds / func.nullif(lane.c.pace_count, 0)
    spent = lane.c.full_at - now
    return or_(
        lane.c.pace_count == 0,
        spent <= (lane.c.burst - 1) * interval + 1e-6,
        spent > lane.c.burst * interval + 1e-6,  # a moment no spending leads to: see _full_at
    )


def spend(tx: Tx, row: Row[Any], taken: int, now: float) -> None:
    """Note that `taken` letters left the lane."""
    interval = row.pace_seconds / row.pace_count if row.pace_count else 0.0
    tx.execute(_SPEND, {"lane_": row.id, "full_": _full_at(row, now) + taken * interval})


def _full_at(row: Row[Any], now: float) -> float:
    """When the allowance is whole again; `now` where that moment cannot be true.

    A clock that was wrong, or a pace that was slower, must not keep a lane shut.
    """
    interval = row.pace_seconds / row.pace_count if row.pace_count else 0.0
    full_at = float(row.full_at)
    return full_at if now < full_at <= now + row.burst * interval + 1e-6 else now


_SPEND = update(lane).where(lane.c.id == bindparam("lane_")).values(full_at=bindparam("full_"))


def account_health(tx: Tx, account: str, now: float) -> Health:
    """Whether an account may be tried now."""
    row = tx.execute(_HEALTH, {"lane_": of_account(account)}).one_or_none()
    if row is None:
        return Health.GOOD
    if row.paused or (row.closed_until or 0.0) > now:
        return Health.SHUT
    return Health.PROBE if row.failures else Health.GOOD


_HEALTH = select(lane.c.paused, lane.c.closed_until, lane.c.failures).where(
    lane.c.id == bindparam("lane_")
)


def close(tx: Tx, account: str, reason: str, now: float, after: float | None = None) -> float:
    """Shut an account after a failure that is not a letter's; return when to probe it again."""
    lane_id = of_account(account)
    ensure(tx, [(lane_id, None)], now)
    failures = tx.execute(select(lane.c.failures).where(lane.c.id == lane_id)).scalar_one()
    until = now + (after or PROBES[min(failures, len(PROBES) - 1)])
    since = {"since": now} if not failures else {}
    tx.execute(
        update(lane)
        .where(lane.c.id == lane_id)
        .values(failures=failures + 1, closed_until=until, reason=reason, **since)
    )
    return until


def reopen(tx: Tx, account: str) -> None:
    """Note that the account works; costs nothing when it always did."""
    tx.execute(_REOPEN, {"lane_": of_account(account)})


_REOPEN = (
    update(lane)
    .where(lane.c.id == bindparam("lane_"), lane.c.failures > 0)
    .values(failures=0, closed_until=None, reason="", since=None)
)
