"""Queues: the letters of one campaign to one official, in the order in which they wait.

A queue says when its letters may leave at all (the office's hours, the campaign's ceiling); how
fast they go is the matter of the lanes it stands in, which other queues share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mailer.db import Tx
from mailer.db.schema import queue
from mailer.officials import hours
from mailer.officials.values import Pace
from mailer.outbox import lanes

PEOPLE = lanes.PEOPLE
"""The queue of mails to supporters and staff, which is a lane of its own."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """When and how many of a campaign's letters an official may get."""

    pace: Pace | None = None  # of the mailbox, where it has none yet
    hours: str = ""  # as hours.parse reads them; empty: always
    timezone: str = "UTC"  # of the office
    ceiling: int = 0  # most letters a day; 0: none but the pace


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a letter waits: its campaign's queue for one mailbox of one official."""

    campaign: str
    official: str
    address: str
    terms: Terms

    @property
    def id(self) -> str:
        """The queue's name."""
        return f"{self.campaign} {self.official} {lanes.of_mailbox(self.address)}"


def ensure(tx: Tx, places: Sequence[Place], now: float) -> None:
    """Make the queues that are not there yet, and their lanes; existing ones stay unlocked."""
    made: dict[str, Pace | None] = {}
    for place in places:
        made[lanes.of_mailbox(place.address)] = place.terms.pace
        made[lanes.of_domain(place.address)] = None
    rows = {place.id: _row(place, now) for place in places}
    lanes.ensure(tx, list(made.items()), now)
    tx.execute(_unless_there(tx.dialect.name), list(rows.values()))


def ensure_people(tx: Tx, now: float) -> None:
    """Make the queue of mails to people, if it is not there yet."""
    lanes.ensure(tx, [(PEOPLE, None)], now)
    row = {
        "id": PEOPLE, "campaign": None, "official": None, "mailbox": PEOPLE, "domain": None,
        "hours": "", "timezone": "", "opens_at": None, "closes_at": None, "ceiling": 0,
        "served_at": 0.0,
    }  # fmt: skip
    tx.execute(_unless_there(tx.dialect.name), [row])


def set_terms(tx: Tx, terms: Mapping[tuple[str, str], Terms], now: float) -> None:
    """Give queues the terms their campaign and official have now, by (campaign, official)."""
    for row in tx.execute(select(queue).where(queue.c.campaign.is_not(None))).all():
        meant = terms.get((row.campaign, row.official))
        if meant is None:  # out of the files since: its letters keep to what they know
            continue
        if (row.hours, row.timezone, row.ceiling) != (meant.hours, meant.timezone, meant.ceiling):
            opens, closes = _window(meant, now)
            tx.execute(
                update(queue)
                .where(queue.c.id == row.id)
                .values(
                    hours=meant.hours, timezone=meant.timezone, ceiling=meant.ceiling,
                    opens_at=opens, closes_at=closes,
                )
            )  # fmt: skip


def roll_windows(tx: Tx, now: float) -> None:
    """Move on to the next office hours where the present ones are over."""
    over = select(queue).where(queue.c.closes_at <= now)
    for row in tx.execute(over).all():
        opens, closes = _window(Terms(hours=row.hours, timezone=row.timezone), now)
        values = {"opens_at": opens, "closes_at": closes}
        tx.execute(update(queue).where(queue.c.id == row.id).values(**values))


def is_open(now: Any) -> Any:
    """A condition: the office's hours let letters leave at `now`."""
    return or_(queue.c.opens_at.is_(None), (queue.c.opens_at <= now) & (queue.c.closes_at > now))


def _row(place: Place, now: float) -> dict[str, Any]:
    opens, closes = _window(place.terms, now)
    return {
        "id": place.id, "campaign": place.campaign, "official": place.official,
        "mailbox": lanes.of_mailbox(place.address), "domain": lanes.of_domain(place.address),
        "hours": place.terms.hours, "timezone": place.terms.timezone, "opens_at": opens,
        "closes_at": closes, "ceiling": place.terms.ceiling, "served_at": 0.0,
    }  # fmt: skip


def _window(terms: Terms, now: float) -> tuple[float | None, float | None]:
    if not terms.hours:
        return None, None
    return hours.parse(terms.hours).window(now, ZoneInfo(terms.timezone or "UTC"))


@cache
def _unless_there(dialect: str) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(queue).on_conflict_do_nothing()
