"""One line of letters under way in a simulation, and what became of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mailer.officials.hours import Hours
from mailer.officials.values import Pace
from mailer.outbox.arrivals import Arrivals, Share
from mailer.outbox.flow import bucket_of, leaves_at, letters_between, spent

HOUR = 3600.0
_ALMOST = 1e-6  # of a count's time: sums of floats must not cost one


class Because(StrEnum):
    """What keeps letters back."""

    MAILBOX = "mailbox"  # the pace of the official's mailbox
    DOMAIN = "domain"  # the pace of the mail server that several officials share
    ACCOUNT = "account"  # the pace of our own account
    DAILY = "daily"  # its limit for a day
    CEILING = "ceiling"  # the campaign's own
    HOURS = "hours"  # the office's, or the campaign's


@dataclass(frozen=True, kw_only=True)
class Line:
    """The letters to one official."""

    official: str
    domain: str
    pace: Pace
    hours: Hours | None = None
    zone: str = "UTC"  # of the office
    share: Share = field(default_factory=Share)


@dataclass(frozen=True, kw_only=True)
class Course:
    """What became of a line. Moments are seconds since 1970."""

    line: Line
    letters: int
    gone: int
    first: float | None  # when the first letter left
    last: float | None  # when the last one did; None: some still wait
    peak: int  # most letters in one hour, counted from the beginning
    longest_wait: float  # seconds from a supporter's last click
    counts: tuple[int, ...]  # letters that left, in one slice of time after the other
    waiting: tuple[int, ...]  # letters that waited at the end of each
    kept_by: Mapping[Because, float]  # letters times seconds that each kept them back


class Progression:
    """A line under way."""

    def __init__(self, line: Line, arrivals: Arrivals, *, ceiling: int, every: float) -> None:
        self.line = line
        self._arrivals = arrivals
        self._ceiling = ceiling
        self._every = every
        self._bucket = bucket_of(line.pace, arrivals.begins)
        self.letters = line.share.of(arrivals.supporters)
        self.unasked = 0  # letters whose supporters are not yet asked for confirmation,
        self.unasked_because = Because.ACCOUNT  # and why
        self.entered = 0
        self.gone = 0
        self.served = -math.inf  # when a letter left last
        # Of the present slice: from when on there is a letter to send, when what others share lets
        # the last one through, and what keeps back the rest.
        self.since = self.through = arrivals.begins
        self.reason = Because.HOURS
        self._first: float | None = None
        self._last: float | None = None
        self._longest = 0.0
        self._counts: Counter[int] = Counter()
        self._waiting: Counter[int] = Counter()
        self._hourly: Counter[int] = Counter()
        self._kept: dict[Because, float] = {}

    def wants(self, start: float, end: float, *, is_open: bool) -> int:
        """How many letters could leave in the slice, if this line were alone."""
        waiting = self.entered - self.gone
        self.reason = Because.HOURS
        if not waiting or not is_open:
            return 0
        self.since = self.through = min(end, max(start, self._comes(self.gone + 1)))
        room, self.reason = letters_between(self._bucket, self.since, end), Because.MAILBOX
        under = self._ceiling - self._bucket.today(start)
        if self._ceiling and under < min(room, waiting):
            room, self.reason = max(0, under), Because.CEILING
        return min(waiting, room)

    def leave(self, number: int, day_ends: float) -> float:
        """Let so many letters go, in the order in which they came; say when the last one leaves."""
        first = leaves_at(self._bucket, self.since, 1)
        by_pace = leaves_at(self._bucket, self.since, number)
        last = max(by_pace, self.through, self._comes(self.gone + number))
        self._bucket = spent(self._bucket, number, self.since, last, day_ends)
        self._first = first if self._first is None else self._first
        waited = first - self._comes(self.gone + 1), last - self._comes(self.gone + number)
        self._longest = max(self._longest, *waited)
        self.gone += number
        self.served = last
        if self.gone == self.letters:
            self._last = last
        return last

    def note(self, number: int, start: float, end: float) -> None:
        """Count what left in a slice, and what stayed behind, and why."""
        since = start - self._arrivals.begins
        cell = math.floor(since / self._every + _ALMOST)
        waiting = self.entered - self.gone
        self._counts[cell] += number
        self._waiting[cell] = waiting + self.unasked
        self._hourly[math.floor(since / HOUR + _ALMOST)] += number
        for because, kept in ((self.reason, waiting), (self.unasked_because, self.unasked)):
            if kept:
                self._kept[because] = self._kept.get(because, 0.0) + kept * (end - start)

    def course(self) -> Course:
        """What became of it."""
        cells = range(max(self._counts, default=-1) + 1)
        return Course(
            line=self.line, letters=self.letters, gone=self.gone, first=self._first,
            last=self._last, peak=max(self._hourly.values(), default=0),
            longest_wait=self._longest, counts=tuple(self._counts[cell] for cell in cells),
            waiting=tuple(self._waiting[cell] for cell in cells), kept_by=dict(self._kept),
        )  # fmt: skip

    def _comes(self, letter: int) -> float:
        return self._arrivals.when(self.line.share.number(letter))
