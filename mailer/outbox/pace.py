"""A pace as a bucket: how many letters may go now, and when the next one may.

It is kept as one moment, `full_at`: when the allowance will be whole again (the generic cell rate
algorithm, ITU-T I.371), and a count for the day. Nothing here knows a database.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_ALMOST = 1e-6  # of an interval: sums of floats must not cost a letter


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """At most `count` letters in `seconds`, `burst` of them at once, `day_most` in a day."""

    count: int = 0  # 0: as fast as it goes
    seconds: float = 1.0
    burst: int = 1
    kept: int = 0  # letters of the burst that are set aside for others
    full_at: float = 0.0
    day_most: int = 0  # 0: no limit
    day_count: int = 0  # letters since the day began, until `day_ends`
    day_ends: float | None = None

    @property
    def interval(self) -> float:
        """Seconds from one letter to the next at a steady pace; 0 when there is no pace."""
        return self.seconds / self.count if self.count else 0.0

    def allowance(self, now: float, most: int) -> int:
        """How many letters may go at `now`, `most` at the most."""
        if self.count:
            spent = math.ceil((self._full_at(now) - now) / self.interval - _ALMOST)
            most = min(most, self.burst - spent)
        if self.day_most:
            most = min(most, self.day_most - self.today(now))
        return max(0, most)

    def today(self, now: float) -> int:
        """How many have gone since the day began."""
        return self.day_count if self.day_ends is not None and now < self.day_ends else 0

    def spent(self, taken: int, now: float, day_ends: float) -> Bucket:
        """The bucket after `taken` letters; `day_ends` is when the present day is over."""
        return replace(
            self,
            full_at=self._full_at(now) + taken * self.interval,
            day_count=self.today(now) + taken,
            day_ends=self.day_ends if self.today(now) else day_ends,
        )

    def reserved(self, share: float) -> Bucket:
        """The bucket as it is for those who must leave a `share` (0 to 1) of it to others."""
        kept = math.ceil(self.burst * share) if self.burst > 1 else 0
        return replace(
            self,
            burst=max(1, self.burst - kept),
            kept=min(kept, self.burst - 1),
            day_most=max(1, math.floor(self.day_most * (1 - share))) if self.day_most else 0,
        )

    def next_at(self, now: float) -> float:
        """The first moment, from `now` on, at which one letter may go."""
        moment = now
        if self.count:
            moment = max(now, self._full_at(now) - (self.burst - 1) * self.interval)
        if self.day_most and self.today(moment) >= self.day_most and self.day_ends:
            moment = max(moment, self.day_ends)
        return moment

    def _full_at(self, now: float) -> float:
        """When the allowance is whole again; `now` where that moment cannot be true.

        A clock that was wrong, or a pace that was slower, must not keep letters back.
        """
        # What others spent of their share counts: it is no wrong moment.
        latest = now + (self.burst + self.kept) * self.interval + _ALMOST
        return self.full_at if now < self.full_at <= latest else now


def end_of_day(now: float, zone: str) -> float:
    """The midnight that ends the day of `now` in a time zone."""
    place = ZoneInfo(zone)
    day = datetime.fromtimestamp(now, place).date() + timedelta(days=1)
    return datetime.combine(day, time(), place).timestamp()
