"""Lanes: how fast letters may go to one mailbox, one domain or through one account, and switches.

A row is shared by every worker of every machine, so what it allows holds for all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Insert, Row, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.selectable import NamedFromClause

from mailer import addresses
from mailer.db import Tx
from mailer.db.schema import lane
from mailer.officials.values import Pace
from mailer.outbox.pace import Bucket

PEOPLE = "people"
"""The lane of mails to supporters and staff: a person waits for them."""

EVERYTHING = "everything"
"""The one switch that stops all mail."""

PROBES = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds until the next probe of an account that is down, by failures in a row."""

PROBE_TAKES = 60.0
"""Seconds that one letter has to find out whether a mailbox takes letters again."""


class Health(Enum):
    """What is known of an account."""

    GOOD = "good"
    PROBE = "probe"  # it failed; one letter may find out whether it still does
    SHUT = "shut"


@dataclass(frozen=True, kw_only=True)
class Pause:
    """Why something stands still."""

    reason: str
    actor: str
    since: float


def of_mailbox(address: str) -> str:
    """The lane of an official's mailbox: two posts behind one mailbox share it."""
    return f"mailbox:{addresses.mailbox(address)}"


def of_domain(address: str) -> str:
    """The lane of the domain of an address, or of a domain itself."""
    return f"domain:{addresses.mailbox(address).rpartition('@')[2]}"


def of_account(account: str) -> str:
    """The lane of a transport's account."""
    return f"account:{account}"


def of_campaign(slug: str) -> str:
    """The switch of a campaign."""
    return f"campaign:{slug}"


def of_official(official: str) -> str:
    """The switch of an official."""
    return f"official:{official}"


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


def set_paces(tx: Tx, paces: Mapping[str, Pace]) -> None:
    """Give lanes the paces the officials' file has now; lanes that nobody uses yet stay unmade."""
    for lane_id, pace in paces.items():
        tx.execute(
            update(lane)
            .where(lane.c.id == lane_id)
            .where((lane.c.pace_count != pace.count) | (lane.c.pace_seconds != pace.seconds))
            .values(pace_count=pace.count, pace_seconds=pace.seconds, burst=pace.burst)
        )


def set_domain_paces(tx: Tx, paces: Mapping[str, Pace], now: float) -> None:
    """Give domains the paces the officials' file has now, and no pace to those it does not name."""
    meant = {of_domain(name): pace for name, pace in paces.items()}
    free = {"pace_count": 0, "pace_seconds": 1.0, "burst": 1}
    others = (lane.c.id.startswith("domain:"), lane.c.pace_count > 0, lane.c.id.not_in(meant))
    tx.execute(update(lane).where(*others).values(**free))
    if meant:
        ensure(tx, list(meant.items()), now)
        set_paces(tx, meant)


def limit_account(tx: Tx, account: str, pace: Pace | None, daily: int, now: float) -> None:
    """Give an account its pace and the most it may send today (0: no limit)."""
    lane_id = of_account(account)
    ensure(tx, [(lane_id, pace)], now)
    values: dict[str, Any] = {
        "pace_count": pace.count if pace else 0, "pace_seconds": pace.seconds if pace else 1.0,
        "burst": pace.burst if pace else 1, "day_most": daily,
    }  # fmt: skip
    changed = or_(*(lane.c[name] != value for name, value in values.items()))
    tx.execute(update(lane).where(lane.c.id == lane_id, changed).values(**values))


def first_used(tx: Tx, account: str) -> float | None:
    """When an account took its first mail, or None: its warm-up counts from then."""
    return tx.execute(select(lane.c.first_at).where(lane.c.id == of_account(account))).scalar()


def bucket(row: Row[Any]) -> Bucket:
    """The bucket in a row of the lane table."""
    return Bucket(
        count=row.pace_count, seconds=row.pace_seconds, burst=row.burst, full_at=row.full_at,
        day_most=row.day_most, day_count=row.day_count, day_ends=row.day_ends,
    )  # fmt: skip


def has_allowance(table: NamedFromClause, now: ColumnElement[float]) -> ColumnElement[bool]:
    """A condition on a lane: its pace lets at least one letter go at `now` (see Bucket)."""
    row = table.c
    interval = row.pace_seconds / func.nullif(row.pace_count, 0)
    spent = row.full_at - now
    return or_(
        row.pace_count == 0,
        spent <= (row.burst - 1) * interval + 1e-6,
        spent > row.burst * interval + 1e-6,  # a moment no spending leads to
    )


def pause(tx: Tx, lane_id: str, *, reason: str, actor: str, now: float) -> None:
    """Let nothing leave by a lane, or by what a switch stands for, until it is resumed."""
    ensure(tx, [(lane_id, None)], now)
    values = {"paused": True, "reason": reason, "actor": actor, "since": now}
    tx.execute(update(lane).where(lane.c.id == lane_id).values(**values))


def resume(tx: Tx, lane_id: str) -> bool:
    """Take a pause back; False when there was none."""
    values = {"paused": False, "reason": "", "actor": "", "since": None, "failures": 0}
    paused = update(lane).where(lane.c.id == lane_id, lane.c.paused)
    return tx.execute(paused.values(**values, closed_until=None)).rowcount > 0


def paused(tx: Tx) -> dict[str, Pause]:
    """All that stands still, by lane."""
    return {
        row.id: Pause(reason=row.reason, actor=row.actor, since=row.since or 0.0)
        for row in tx.execute(_PAUSED)
    }


_PAUSED = select(lane.c.id, lane.c.reason, lane.c.actor, lane.c.since).where(lane.c.paused)


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
    row = tx.execute(_HEALTH, {"lane_": of_account(account)}).one_or_none()
    if row is not None and row.closed_until and row.closed_until > now + (after or 0.0):
        return float(row.closed_until)  # its lines fail one after the other: that is one failure
    return shut(tx, of_account(account), reason, now, after)


def shut(tx: Tx, lane_id: str, reason: str, now: float, after: float | None = None) -> float:
    """Let nothing leave by a lane for `after` seconds, or as long as its failures in a row ask."""
    ensure(tx, [(lane_id, None)], now)
    failures = tx.execute(select(lane.c.failures).where(lane.c.id == lane_id)).scalar_one()
    until = now + (after or PROBES[min(failures, len(PROBES) - 1)])
    since = {"since": now} if not failures else {}
    tx.execute(
        update(lane)
        .where(lane.c.id == lane_id, ~lane.c.paused)
        .values(failures=failures + 1, closed_until=until, reason=reason, **since)
    )
    return until


def await_probe(tx: Tx, lane_id: str, now: float) -> None:
    """Keep a lane shut while one letter finds out whether it works again."""
    tx.execute(_AWAIT, {"lane_": lane_id, "until_": now + PROBE_TAKES})


_AWAIT = (
    update(lane).where(lane.c.id == bindparam("lane_")).values(closed_until=bindparam("until_"))
)


def reopen(tx: Tx, account: str) -> None:
    """Note that an account works; costs nothing when it always did."""
    unshut(tx, of_account(account))


def unshut(tx: Tx, lane_id: str) -> None:
    """Note that a lane lets letters through."""
    tx.execute(_REOPEN, {"lane_": lane_id})


_REOPEN = (
    update(lane)
    .where(lane.c.id == bindparam("lane_"), lane.c.failures > 0, ~lane.c.paused)
    .values(failures=0, closed_until=None, reason="", since=None)
)
