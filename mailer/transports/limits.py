"""How much an account may send: options that every address in MAILER_TRANSPORT takes.

They are taken off the address before its scheme reads the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote_plus

from mailer.errors import SettingsError
from mailer.officials.values import UNITS, Pace

OPTIONS = ("pace", "daily", "warmup", "reserve")
FIRST_DAY = 50
"""Mails on the first day of a warm-up. Senders of bulk mail publish schedules that begin with 50
to 200 a day and at most double from one day to the next."""

MOST_DAILY = 10**9
LONGEST_WARMUP = 365  # days
DAY = 86400.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one account lets out. Days are those of UTC, as providers count them."""

    pace: Pace | None = None
    daily: int = 0  # most mails a day; 0: no limit
    warmup_days: int = 0  # over which a new account comes to `daily`
    reserve: float = 0.1  # the share that is kept for confirmations and other mail to people

    def __bool__(self) -> bool:
        """True when there is any limit at all."""
        return self.pace is not None or self.daily > 0

    def today(self, first_used: float | None, now: float) -> int:
        """The most mails on the day of `now`; 0 when there is no limit.

        A warm-up begins with FIRST_DAY on the day of `first_used` (None: today) and grows by the
        same factor each day, used or not.
        """
        if self.warmup_days < 2 or self.daily <= FIRST_DAY:
            return self.daily
        day = 0 if first_used is None else max(0, int(now // DAY) - int(first_used // DAY))
        if day >= self.warmup_days - 1:
            return self.daily
        grown = FIRST_DAY * (self.daily / FIRST_DAY) ** (day / (self.warmup_days - 1))
        return int(grown + 1e-9)

    def __str__(self) -> str:
        """What limits there are, in words; "" when there are none."""
        said = [str(self.pace)] if self.pace else []
        if self.daily:
            said.append(f"{self.daily:,} a day")
        if self.warmup_days:
            said.append(f"warming up over {self.warmup_days} days")
        return ", ".join([*said, f"{self.reserve:.0%} kept for mail to people"]) if self else ""


def take(url: str) -> tuple[str, Limits]:
    """The address without these options, and what they say; raises SettingsError.

    An address that is not written right is left to its scheme. No value is ever repeated: it may
    be the end of a password that has a ? in it.
    """
    place, mark, query = url.partition("?")
    if "@" in query or "#" in url:
        return url, Limits()
    rest: list[str] = []
    found: dict[str, str] = {}
    for option in query.split("&"):
        name, _, value = option.partition("=")
        if name not in OPTIONS:
            rest.append(option)
        elif name in found:
            raise _wrong(f"the option {name} stands there twice")
        else:
            found[name] = unquote_plus(value)
    left = place + (mark + "&".join(rest) if rest else "")
    return left if found else url, _read(found)


def _read(found: dict[str, str]) -> Limits:
    pace = Pace.parse(found["pace"]) if "pace" in found else None
    if "pace" in found and pace is None:
        units = ", ".join(UNITS)
        raise _wrong(f"pace is written as 14/second or 900/hour; the units are {units}")
    daily = _whole(found, "daily", 0, 1, MOST_DAILY, "50000")
    warmup = _whole(found, "warmup", 0, 2, LONGEST_WARMUP, "30, in days")
    reserve = _whole(found, "reserve", 10, 0, 90, "10, in percent")
    if warmup and not daily:
        raise _wrong("warmup needs daily: the most mails a day, once the account is warm")
    if "reserve" in found and not (pace or daily):
        raise _wrong("reserve needs pace or daily: it is a share of them")
    return Limits(pace=pace, daily=daily, warmup_days=warmup, reserve=reserve / 100)


def _whole(
    found: dict[str, str], name: str, default: int, least: int, most: int, example: str
) -> int:
    text = found.get(name)
    if text is None:
        return default
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    if not digits or not least <= int(text) <= most:
        raise _wrong(f"{name} is a whole number from {least} to {most}, as {name}={example}")
    return int(text)


def _wrong(text: str) -> SettingsError:
    return SettingsError(f"MAILER_TRANSPORT: {text}")
