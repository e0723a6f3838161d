"""A campaign's letters on a fake clock, paced by the buckets, hours and limits that pace real ones.

Letters in one line are alike, so time goes on in slices and each moves counts, not letters. Within
a slice nothing opens, closes or begins a new day.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from mailer.officials.hours import Hours, Window
from mailer.officials.values import Pace
from mailer.outbox.arrivals import Arrivals
from mailer.outbox.flow import UNLIMITED, bucket_of, fair, leaves_at, letters_between, spent
from mailer.outbox.pace import Bucket, end_of_day
from mailer.outbox.progression import HOUR, Because, Course, Line, Progression
from mailer.transports.limits import Limits

HORIZON = 366 * 86400.0
"""Seconds after which we no longer ask when the rest would leave."""

_FINEST, _COARSEST = 10.0, 300.0  # seconds of a slice while supporters come
_SLICES = 720  # of the time in which they come
_ALMOST = 1e-6  # of a slice: sums of floats must not cost one
_ALWAYS: Window = (-math.inf, math.inf)

Watch = Callable[[int, int], None]
"""Told again and again how many letters have left, and of how many."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is simulated. Nothing else waits, and no server is down."""

    lines: tuple[Line, ...]
    arrivals: Arrivals
    confirm: bool = False  # each supporter confirms, as soon as the mail that asks has left
    ceiling: int = 0  # letters to one official a day; 0: none
    limits: Limits = field(default_factory=Limits)  # of our account, first used when this begins
    domains: Mapping[str, Pace] = field(default_factory=dict)
    every: float = HOUR  # seconds that one count of a course stands for

    @property
    def letters(self) -> int:
        """How many letters there are in all."""
        return sum(line.share.of(self.arrivals.supporters) for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a simulation came to; the courses in the order of the plan's lines."""

    plan: Plan
    courses: tuple[Course, ...]
    asked_at: float | None  # when the last mail that asks for confirmation left; None: none did


def simulate(plan: Plan, watch: Watch | None = None) -> Outcome:
    """Play the plan to its end, or to the horizon."""
    run = _Run(plan)
    moment = plan.arrivals.begins
    while run.gone < plan.letters and moment < plan.arrivals.begins + HORIZON:
        end = run.next_edge(moment)
        run.slice(moment, end)
        if watch:
            watch(run.gone, plan.letters)
        moment = end
    courses = tuple(one.course() for one in run.all)
    return Outcome(plan=plan, courses=courses, asked_at=run.asked_at)


class _Run:
    """A plan under way: the lines, and what they share."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        begins = plan.arrivals.begins
        self.all = [
            Progression(line, plan.arrivals, ceiling=plan.ceiling, every=plan.every)
            for line in plan.lines
        ]
        self._domains = {name: bucket_of(pace, begins) for name, pace in plan.domains.items()}
        self._account = bucket_of(plan.limits.pace, begins)
        self._released = 0  # supporters whose letters may leave
        self.asked_at: float | None = None
        self._windows: dict[tuple[Hours, str], Window] = {}
        self._step = min(_COARSEST, max(_FINEST, plan.arrivals.seconds / _SLICES))

    @property
    def gone(self) -> int:
        """How many letters have left."""
        return sum(one.gone for one in self.all)

    def next_edge(self, moment: float) -> float:
        """Until when nothing changes but counts."""
        plan = self._plan
        edges = [self._after(moment, plan.every), self._after(moment, HOUR)]
        if moment < plan.arrivals.ends:
            edges.append(self._after(moment, self._step))
        open_lines = [one for one in self.all if one.gone < one.letters]
        if plan.ceiling:
            edges += [end_of_day(moment, zone) for zone in {one.line.zone for one in open_lines}]
        if plan.limits.daily:
            edges.append(end_of_day(moment, "UTC"))
        for one in open_lines:
            edges += [edge for edge in self._window(one.line, moment) if edge > moment]
        return min(edges)

    def slice(self, start: float, end: float) -> None:
        """Let go what may leave from `start` on and before `end`."""
        self._account = replace(
            self._account, day_most=self._plan.limits.today(self._plan.arrivals.begins, start)
        )
        came = self._plan.arrivals.by(end)
        because = self._release(came, start, end)
        for one in self.all:
            one.entered = one.line.share.of(self._released)
            one.unasked = one.line.share.of(came) - one.entered
            one.unasked_because = because
        numbers = [
            one.wants(start, end, is_open=self._window(one.line, start)[0] <= start)
            for one in self.all
        ]
        for because, members, bucket in self._shared():
            self._narrow(numbers, members, bucket, because, start, end)
        self._let_go(numbers, start)
        for one, number in zip(self.all, numbers, strict=True):
            one.note(number, start, end)

    def _after(self, moment: float, step: float) -> float:
        """The next moment of a clock that ticks every `step` seconds from the beginning."""
        begins = self._plan.arrivals.begins
        return begins + (math.floor((moment - begins) / step + _ALMOST) + 1) * step

    def _window(self, line: Line, moment: float) -> Window:
        if line.hours is None:
            return _ALWAYS
        key = (line.hours, line.zone)
        found = self._windows.get(key)
        if found is None or found[1] <= moment:
            found = self._windows[key] = line.hours.window(moment, ZoneInfo(line.zone))
        return found

    def _release(self, came: int, start: float, end: float) -> Because:
        """Let the letters of supporters who came enter, and say what keeps the others' back.

        Where a campaign confirms, a mail goes out first, and before all letters.
        """
        arrivals, because = self._plan.arrivals, Because.ACCOUNT
        if not self._plan.confirm:
            self._released = came
        elif came > self._released:
            since = min(end, max(start, arrivals.when(self._released + 1)))
            number = min(came - self._released, letters_between(self._account, since, end))
            if number > (left := _left_today(self._account, start)):
                number, because = left, Because.DAILY
            if number:
                self._released += number
                last = max(leaves_at(self._account, since, number), arrivals.when(self._released))
                day_ends = end_of_day(start, "UTC")
                self._account = spent(self._account, number, since, last, day_ends)
                self.asked_at = last
        return because

    def _shared(self) -> Iterator[tuple[Because, list[int], Bucket]]:
        """What several lines share: whose indices, and the bucket as it is for letters."""
        for name, bucket in self._domains.items():
            members = [at for at, one in enumerate(self.all) if one.line.domain == name]
            yield Because.DOMAIN, members, bucket
        account = self._account.reserved(self._plan.limits.reserve)
        yield Because.ACCOUNT, list(range(len(self.all))), account

    def _narrow(
        self, numbers: list[int], members: Sequence[int], bucket: Bucket, because: Because,
        start: float, end: float,
    ) -> None:  # fmt: skip
        """Make the numbers fit through a shared bucket, and note when each line's last is through.

        Lines take turns, so that one's n-th letter leaves with the n-th of all others.
        """
        busy = sorted((at for at in members if numbers[at]), key=lambda at: self.all[at].served)
        if not busy:
            return
        since = min(self.all[at].since for at in busy)
        wants = [numbers[at] for at in busy]
        room, left_today = letters_between(bucket, since, end), _left_today(bucket, start)
        if left_today < room:
            room, because = left_today, Because.DAILY
        if room < sum(wants):
            wants = fair(room, wants, [self.all[at].served for at in busy])
        total = sum(wants)
        for place, (at, number) in enumerate(zip(busy, wants, strict=True), start=1):
            one = self.all[at]
            one.reason = one.reason if number == numbers[at] else because
            turn = min(total, (number - 1) * len(busy) + place)
            one.through = max(one.through, leaves_at(bucket, since, turn))
            numbers[at] = number

    def _let_go(self, numbers: Sequence[int], start: float) -> None:
        """Let each line's letters leave, and spend what they cost in the buckets they share."""
        left: list[tuple[Progression, int, float]] = []
        for one, number in zip(self.all, numbers, strict=True):
            if number:
                last = one.leave(number, end_of_day(start, one.line.zone))
                left.append((one, number, last))
        for name, bucket in self._domains.items():
            self._domains[name] = _paid(bucket, [it for it in left if it[0].line.domain == name],
                                        start)  # fmt: skip
        self._account = _paid(self._account, left, start)


def _left_today(bucket: Bucket, now: float) -> int:
    """How many more the bucket lets go on the day of `now`."""
    return max(0, bucket.day_most - bucket.today(now)) if bucket.day_most else UNLIMITED


def _paid(bucket: Bucket, left: Sequence[tuple[Progression, int, float]], start: float) -> Bucket:
    """A shared bucket after what left of several lines: from the first on, to the last."""
    number = sum(number for _, number, _ in left)
    if not number:
        return bucket
    since = min(one.since for one, _, _ in left)
    last = max(leaves_at(bucket, since, number), *(last for _, _, last in left), since)
    return spent(bucket, number, since, last, end_of_day(start, "UTC"))
