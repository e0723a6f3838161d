"""Office hours: what "mon-fri 09:00-17:00" says, and when letters may leave by it.

Days are those on which a window opens: "fri 22:00-06:00" ends on Saturday morning. Several, joined
by " & ", must all be open: "mon-fri 09:00-17:00 & 10:00-16:00".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = "write it as 09:00-17:00, or mon-fri 09:00-17:00"

LONGEST = 200  # characters

MIDNIGHT = 24 * 60
_WEEK = 7 * MIDNIGHT
_JOINS = " & "
_TIME = r"(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)"
_PART = rf"(?:[A-Za-z]{{3}}(?:[-,][A-Za-z]{{3}})* )?{_TIME}-{_TIME}"
PATTERN = rf"{_PART}(?: & {_PART})*"
"""What is written right, for editors that check; parse() also takes more spaces."""

_SPACES = re.compile(r"\s*([-,&])\s*")
_ALMOST = re.compile(
    r"(.*\s)?(\d{1,2})(?:[:.h](\d\d)?)?\s*([ap]m)?\s*-\s*(\d{1,2})(?:[:.h](\d\d)?)?\s*([ap]m)?"
)

Window = tuple[float, float]
"""From when until when, in seconds since 1970; the end is no longer part of it."""


class NotHours(ValueError):  # noqa: N818 - what a person wrote, not an error of the program
    """A text cannot be read as hours. The message goes on after the text; then what to write."""

    def __init__(self, message: str, suggestion: str = EXAMPLE) -> None:
        self.message = message
        self.suggestion = suggestion
        super().__init__(f"{message}; {suggestion}")


@dataclass(frozen=True, kw_only=True)
class Part:
    """The same hours on some days. Minutes since midnight; closing before opening: next day."""

    days: frozenset[int]  # 0: Monday
    opens: int
    closes: int

    @property
    def length(self) -> int:
        """How long it is open, in minutes of the clock on the wall."""
        return (self.closes - self.opens) % MIDNIGHT or MIDNIGHT

    def __str__(self) -> str:
        times = f"{_clock(self.opens)}-{_clock(self.closes)}"
        return times if len(self.days) == len(DAYS) else f"{_named(self.days)} {times}"


@dataclass(frozen=True, kw_only=True)
class Hours:
    """When an office is open, by its own clock: while all parts are."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return _JOINS.join(map(str, self.parts))

    def window(self, now: float, zone: ZoneInfo) -> Window:
        """The window that is open at `now`, else the next one.

        In an hour that a change of the clocks takes away nothing opens.
        """
        today = datetime.fromtimestamp(now, zone).date()
        for week in count():
            first = today + timedelta(days=7 * week - 1)
            for opens, closes in _windows(self.parts, first, zone):
                if closes > now:
                    return opens, closes
        raise AssertionError("a week without a change of the clocks has every window")


@lru_cache(maxsize=1000)  # a queue asks again for every letter that enters it
def parse(text: str) -> Hours:
    """The hours that a text says; raises NotHours, a ValueError with words for people."""
    if len(text) > LONGEST:
        raise NotHours("is too long for hours")
    cleaned = _SPACES.sub(r"\1", " ".join(text.split())).casefold()
    parts = tuple(dict.fromkeys(_part(part) for part in cleaned.split("&")))
    if len(parts) > 1 and not _meet(parts):
        raise NotHours("is never open: its parts have no minute in common", "correct one of them")
    return Hours(parts=parts)


def joint(first: str, second: str) -> str:
    """Hours in which both are open, as a text; an empty one is always open.

    Where the two never meet, the first alone: letters must have some time to leave. Whoever can
    still change that is told by `meet`.
    """
    if not first or not second or not meet(first, second):
        return first or second
    return str(Hours(parts=tuple(dict.fromkeys((*parse(first).parts, *parse(second).parts)))))


def meet(first: str, second: str) -> bool:
    """True when there is a minute of the week at which both are open."""
    return not first or not second or _meet((*parse(first).parts, *parse(second).parts))


def _part(text: str) -> Part:
    days, _, times = text.rpartition(" ")
    opens, dash, closes = times.partition("-")
    if not dash or not all(re.fullmatch(_TIME, one) for one in (opens, closes)):
        raise NotHours("is not hours", _meant(text))
    begin, end = _minutes(opens), _minutes(closes)
    if begin == MIDNIGHT:
        raise NotHours("opens at 24:00", "write 00:00, the beginning of the day")
    if begin == end:
        raise NotHours("opens and closes at the same minute", "write 00:00-24:00 for a whole day")
    return Part(days=_days(days), opens=begin, closes=end)


def _days(text: str) -> frozenset[int]:
    if not text:
        return frozenset(range(len(DAYS)))
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin = _day(first)
        end = _day(last) if dash else begin
        found |= {(begin + more) % 7 for more in range((end - begin) % 7 + 1)}
    return frozenset(found)


def _day(name: str) -> int:
    if name in DAYS:
        return DAYS.index(name)
    if any(character.isdigit() for character in name):
        raise NotHours("has more than one span of hours", EXAMPLE)
    near = next((day for day in DAYS if len(name) > 3 and name.startswith(day)), "")
    hint = f"did you mean {near}?" if near else f"days are {', '.join(DAYS)}"
    shown = f'"{name[:20]}"' if name else "nothing"
    raise NotHours(f"has {shown} where a day belongs", hint)


def _meant(text: str) -> str:
    """What to write instead: a guess at the times, else an example."""
    near = _ALMOST.fullmatch(text)
    if near is None:
        return EXAMPLE
    days, hour, minute, half, last, last_minute, last_half = near.groups()
    begin = _guess(hour, minute, half)
    end = _guess(last, last_minute, last_half)
    if not half and not last_half and int(last) < int(hour) < 12:
        end += MIDNIGHT // 2  # 9-5 is a day's work, not a night's
    if begin == end or max(begin, end) > MIDNIGHT:
        return EXAMPLE
    meant = f"{_clock(begin)}-{_clock(end)}"
    return f"write the times as {meant}" if days else f"did you mean {meant}?"


def _guess(hour: str, minute: str | None, half: str | None) -> int:
    hours = int(hour) % 12 + 12 * (half == "pm") if half else int(hour)
    return 60 * hours + int(minute or 0)


def _minutes(text: str) -> int:
    return 60 * int(text[:2]) + int(text[3:])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _named(days: frozenset[int]) -> str:
    """Days in words: mon-wed,sat; from three in a row on as a range."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        f"{DAYS[run[0]]}-{DAYS[run[-1]]}" if len(run) > 2 else ",".join(DAYS[one] for one in run)
        for run in runs
    )


def _meet(parts: Sequence[Part]) -> bool:
    """True when some minute of the week is part of all."""
    common: set[int] | None = None
    for part in parts:
        open_at = {
            (day * MIDNIGHT + part.opens + minute) % _WEEK
            for day in part.days
            for minute in range(part.length)
        }
        common = open_at if common is None else common & open_at
    return bool(common)


def _windows(parts: Sequence[Part], first: date, zone: ZoneInfo) -> list[Window]:
    """The windows that open in the nine days from `first` on, in order."""
    found: list[Window] = [(float("-inf"), float("inf"))]
    for part in parts:
        opened = list(_opened(part, first, zone))
        found = [
            (max(one[0], other[0]), min(one[1], other[1]))
            for one in found
            for other in opened
            if max(one[0], other[0]) < min(one[1], other[1])
        ]
    return found


def _opened(part: Part, first: date, zone: ZoneInfo) -> Iterator[Window]:
    for more in range(9):
        day = first + timedelta(days=more)
        if day.weekday() in part.days:
            closing = day + timedelta(days=part.closes == MIDNIGHT or part.closes < part.opens)
            opens = _moment(day, part.opens, zone)
            closes = _moment(closing, part.closes % MIDNIGHT, zone)
            if opens < closes:
                yield opens, closes


def _moment(day: date, minute: int, zone: ZoneInfo) -> float:
    """The first moment at which the clock on the wall shows this time, or has passed it."""
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    moment = wall.replace(tzinfo=zone).timestamp()
    if datetime.fromtimestamp(moment, zone).replace(tzinfo=None) == wall:
        return moment
    # The clocks jump over this time. With the other reading of it, that jump lies between.
    low, high = wall.replace(tzinfo=zone, fold=1).timestamp(), moment
    while high - low > 1:
        middle = (low + high) // 2
        shown = datetime.fromtimestamp(middle, zone).replace(tzinfo=None)
        low, high = (low, middle) if shown >= wall else (middle, high)
    return high
