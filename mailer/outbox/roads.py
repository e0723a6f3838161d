"""The lanes that some letters must pass, as they are now: read once, asked for each letter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, bindparam, or_, select

from mailer.db import Tx
from mailer.db.schema import lane
from mailer.officials import hours
from mailer.officials.hours import Hours
from mailer.outbox import lanes
from mailer.outbox.turns import Course
from mailer.outbox.waiting import Way


class Roads:
    """What stands on the way of the letters of some queues (rows with a queue's columns).

    `accounts` are the transports in use; without them, all that ever were.
    """

    def __init__(
        self, tx: Tx, rows: Sequence[Row[Any]], now: float, accounts: Collection[str]
    ) -> None:
        self.now = now
        self._paused = lanes.paused(tx)
        wanted = {key for row in rows for key in (row.mailbox, row.domain) if key}
        found = tx.execute(_LANES, {"ids_": sorted(wanted)}).all()
        self._lanes = {row.id: row for row in found}
        ever = [row.id for row in found if row.id.startswith(_ACCOUNT)]
        self._accounts = [lanes.of_account(one) for one in accounts] or ever

    def pause(self, row: Row[Any]) -> str:
        """The lane or switch whose pause keeps a queue's letters back, or ""."""
        return next((key for key in _switches(row) if key in self._paused), self._all_paused())

    def is_down(self, row: Row[Any]) -> bool:
        """True when no account works, or the way to the mailbox is shut for now."""
        near = [self._lanes[key] for key in (row.mailbox, row.domain) if key in self._lanes]
        shut = any((one.closed_until or 0.0) > self.now for one in near)
        return shut or (bool(self._accounts) and not self._usable())

    def kept_since(self, row: Row[Any]) -> float | None:
        """Since when nothing of a queue can leave; None when something can."""
        key = self.pause(row)
        if key:
            return self._paused[key].since
        if not self.is_down(row):
            return None
        near = [*self._accounts, row.mailbox, row.domain]
        return min((self._lanes[one].since or self.now for one in near if self._fails(one)),
                   default=self.now)  # fmt: skip

    def course(self, row: Row[Any], lane_id: str) -> Course:
        """What one of its lanes lets go of a queue."""
        account = lane_id.startswith(_ACCOUNT)
        bucket, zone = lanes.bucket(self._lanes[lane_id]), row.timezone or "UTC"
        return Course(
            bucket=bucket.reserved(Way.reserve) if account else bucket,
            day_zone="UTC" if account else zone,
            hours=_hours(row.hours) if row.hours else None,
            zone=zone,
            ceiling=0 if account else row.ceiling,
        )

    def courses(self, row: Row[Any]) -> list[tuple[str, Course]]:
        """The courses that limit a queue, each with the column by which others share it."""
        found = [("mailbox", self.course(row, row.mailbox))]
        if self._limits(row.domain):
            found.append(("domain", self.course(row, row.domain)))
        usable = self._usable()
        if usable and all(self._limits(key) for key in usable):
            found.append(("", self.course(row, max(usable, key=self._breadth))))
        return found

    def _usable(self) -> list[str]:
        return [key for key in self._accounts if key not in self._paused and not self._fails(key)]

    def _all_paused(self) -> str:
        """An account's lane when every account is paused, else ""."""
        paused = [key for key in self._accounts if key in self._paused]
        return paused[0] if paused and len(paused) == len(self._accounts) else ""

    def _fails(self, key: str | None) -> bool:
        return key in self._lanes and self._lanes[key].failures > 0

    def _limits(self, key: str | None) -> bool:
        row = self._lanes.get(key)
        return row is not None and bool(row.pace_count or row.day_most)

    def _breadth(self, key: str) -> float:
        """Letters a day that an account lets go."""
        row = self._lanes[key]
        by_pace = row.pace_count * 86400 / row.pace_seconds if row.pace_count else float("inf")
        return min(by_pace, row.day_most or float("inf"))


@lru_cache(maxsize=256)
def _hours(text: str) -> Hours:
    return hours.parse(text)


_ACCOUNT = lanes.of_account("")
_LANES = select(lane).where(
    or_(lane.c.id.in_(bindparam("ids_", expanding=True)), lane.c.id.startswith(_ACCOUNT))
)


def _switches(row: Row[Any]) -> tuple[str, ...]:
    """All that may be paused and would keep a queue's letters back, the widest first."""
    if row.campaign is None:
        return lanes.EVERYTHING, row.mailbox
    return (
        lanes.EVERYTHING, lanes.of_campaign(row.campaign), lanes.of_official(row.official),
        row.mailbox, row.domain or "",
    )  # fmt: skip
