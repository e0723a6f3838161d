"""When a place in a line comes to its turn: pace, ceiling and hours, counted forward.

Nothing here knows a database.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from mailer.officials.hours import Hours
from mailer.outbox.pace import Bucket, end_of_day

HORIZON = 60
"""Days that are looked ahead: further on nobody can tell."""

_UNPACED = 1 << 40  # letters: more than any line has


@lru_cache(maxsize=4096)
def _window(hours: Hours, zone: str, moment: float) -> tuple[float, float]:
    """Many offices have the same hours, and are asked of the same moment."""
    return hours.window(moment, ZoneInfo(zone))


@dataclass(frozen=True, kw_only=True)
class Course:
    """What lets letters go one after the other, and when it lets none go."""

    bucket: Bucket
    day_zone: str = "UTC"  # whose midnight ends the day that `ceiling` and the bucket count
    hours: Hours | None = None  # None: always
    zone: str = "UTC"  # of the office, whose hours they are
    ceiling: int = 0  # letters a day beside the bucket's own limit; 0: none

    def leaves_at(self, ahead: int, now: float) -> float | None:
        """When the letter with `ahead` before it leaves; None: not within HORIZON days."""
        bucket, left = self.bucket, ahead + 1
        full_at, today = bucket.spent(0, now, now).full_at, bucket.today(now)
        day_ends = bucket.day_ends if today and bucket.day_ends else end_of_day(now, self.day_zone)
        moment = now
        while moment < now + HORIZON * 86400:
            opens, closes = self.window(moment)
            begin = max(moment, opens)
            if begin >= day_ends:
                today, day_ends = 0, end_of_day(begin, self.day_zone)
            full_at, end = max(full_at, begin), min(closes, day_ends)
            room = min(self._fits(full_at, end), self._most_of_a_day() - today)
            if left <= room:
                return max(begin, full_at + (left - bucket.burst) * bucket.interval)
            gone = max(0, room)
            left, today, full_at = left - gone, today + gone, full_at + gone * bucket.interval
            moment = end
        return None

    def window(self, moment: float) -> tuple[float, float]:
        """The hours that are open at `moment`, else the next ones."""
        if self.hours is None:
            return moment, math.inf
        return _window(self.hours, self.zone, moment)

    def _fits(self, full_at: float, end: float) -> int:
        """How many letters the pace lets go before `end`."""
        if not self.bucket.interval:
            return _UNPACED
        return self.bucket.burst + math.ceil((end - full_at) / self.bucket.interval) - 1

    def _most_of_a_day(self) -> int:
        return min(
            (most for most in (self.ceiling, self.bucket.day_most) if most), default=_UNPACED
        )
