"""Many letters through one bucket at once: how many in a time, and when the last of them leaves.

It is the same as asking the bucket for each letter by itself, which a test holds against it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mailer.officials.values import Pace
from mailer.outbox.pace import Bucket

UNLIMITED = 1 << 60
_ALMOST = 1e-6  # of an interval, as in Bucket


def bucket_of(pace: Pace | None, now: float) -> Bucket:
    """A bucket that is full at `now`; without a pace it lets everything go."""
    if pace is None:
        return Bucket(full_at=now)
    return Bucket(count=pace.count, seconds=pace.seconds, burst=pace.burst, full_at=now)


def letters_between(bucket: Bucket, since: float, until: float) -> int:
    """How many letters may go from `since` on and before `until`, if all of them wait; by pace."""
    if not bucket.count:
        return UNLIMITED
    before = (until - max(bucket.full_at, since)) / bucket.interval
    return max(0, bucket.burst + math.ceil(before - _ALMOST) - 1)


def leaves_at(bucket: Bucket, since: float, number: int) -> float:
    """When the letter with this number (1, 2 ...) may go, if all of them wait from `since` on."""
    if not bucket.count:
        return since
    return max(since, max(bucket.full_at, since) + (number - bucket.burst) * bucket.interval)


def spent(bucket: Bucket, number: int, since: float, last: float, day_ends: float) -> Bucket:
    """The bucket after so many letters, the first from `since` on and the last of them at `last`.

    Between the two they went as soon as they could, or at equal distances.
    """
    return bucket.spent(number - 1, since, day_ends).spent(1, last, day_ends)


def fair(total: int, wants: Sequence[int], served: Sequence[float]) -> list[int]:
    """`total` shared out: to each what it wants, but to none more than to any that wants as much.

    What does not divide goes to those that were `served` longest ago.
    """
    level, left = max(wants, default=0), total
    for smaller, want in enumerate(sorted(wants)):
        if want * (len(wants) - smaller) > left:
            level = left // (len(wants) - smaller)
            break
        left -= want
    given = [min(want, level) for want in wants]
    left = min(total, sum(wants)) - sum(given)
    short = [at for at, want in enumerate(wants) if want > level]
    for at in sorted(short, key=lambda at: served[at])[:left]:
        given[at] += 1
    return given
