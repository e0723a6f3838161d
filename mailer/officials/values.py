"""Who can be written to: frozen values, made by mailer.officials.reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

Words = Mapping[str, str]
"""A text by language; "" is the text that serves every language not named."""


def say(words: Words, language: str) -> str:
    """The text in `language`, else the one for all, else English, else the first there is."""
    for key in (language, "", "en"):
        if key in words:
            return words[key]
    return next(iter(words.values()), "")


UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
PACE = re.compile(rf"([1-9]\d{{0,8}})/({'|'.join(UNITS)})", re.ASCII)
"""How a pace is written: 900/hour."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """At most `count` letters in `seconds`."""

    count: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Pace | None:
        """The pace that a text such as 900/hour says, or None when it says none."""
        found = PACE.fullmatch(text)
        return cls(count=int(found[1]), seconds=UNITS[found[2]]) if found else None

    def __str__(self) -> str:
        unit = next((name for name, seconds in UNITS.items() if seconds == self.seconds), "")
        return f"{self.count}/{unit or f'{self.seconds:g} seconds'}"

    @property
    def burst(self) -> int:
        """How many may go at once after a quiet time: a tenth of an hour's worth, at least one."""
        return max(1, min(self.count, int(self.count * 3600 / self.seconds) // 10))


DEFAULT_PACE = Pace(count=900, seconds=3600.0)


@dataclass(frozen=True, kw_only=True)
class Post:
    """An office: what stays when the person changes."""

    id: str
    title: Words = field(default_factory=dict)
    email: str = ""
    phone: str = ""
    address: str = ""
    portfolios: tuple[str, ...] = ()
    language: str = ""
    timezone: str = ""
    hours: str = ""  # when letters may come, as mailer.officials.hours reads it; empty: always
    pace: Pace | None = None


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A person in a post, for a time. `until` is the last day."""

    post: str
    start: date | None = None  # `from` in the file
    until: date | None = None
    line: int = field(default=0, compare=False)  # of the file, for messages; 0: not known
    until_line: int = field(default=0, compare=False)  # likewise

    def on(self, day: date) -> bool:
        """True when the person holds the post on `day`."""
        return (self.start is None or self.start <= day) and (
            self.until is None or day <= self.until
        )


@dataclass(frozen=True, kw_only=True)
class Official:
    """A person. Without a post of their own, the fields a post has may stand here."""

    id: str
    name: str
    honorific: Words = field(default_factory=dict)
    salutation: Words = field(default_factory=dict)
    title: Words = field(default_factory=dict)
    email: str = ""
    phone: str = ""
    address: str = ""
    portfolios: tuple[str, ...] = ()
    language: str = ""
    timezone: str = ""
    hours: str = ""  # when letters may come, as mailer.officials.hours reads it; empty: always
    pace: Pace | None = None
    region: str = ""
    district: Words = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    holds: tuple[Holding, ...] = ()
    do_not_mail: bool = False

    @property
    def last_name(self) -> str:
        """The last word of the name."""
        return self.name.rsplit(" ", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class Officials:
    """The whole of officials.yaml, in the file's order."""

    posts: Mapping[str, Post] = field(default_factory=dict)
    people: Mapping[str, Official] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    domains: Mapping[str, Pace] = field(default_factory=dict)  # of all mailboxes there together

    def holders(self, post: str, day: date) -> tuple[Official, ...]:
        """Who holds `post` on `day`; empty when it is vacant."""
        return tuple(
            person
            for person in self.people.values()
            if any(held.post == post and held.on(day) for held in person.holds)
        )
