"""What people are told of the lanes: frozen values, and what a queue's letters wait for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from mailer.outbox.forecast import Forecast
from mailer.outbox.roads import Roads

STUCK = 600.0
"""Seconds after which a letter that could leave and does not is a sign that no worker runs."""


class Standing(StrEnum):
    """What a queue's letters wait for, if any wait."""

    EMPTY = "empty"
    LEAVING = "leaving"
    PAUSED = "paused"
    DOWN = "down"  # no server can be reached
    CLOSED = "closed"  # out of the office's hours
    FULL = "full"  # the day's ceiling is reached
    RETRYING = "retrying"  # all that wait have been put off by the server
    STUCK = "stuck"  # nothing is in the way, and nobody takes them


@dataclass(frozen=True, kw_only=True)
class Paused:
    """Something that staff have paused."""

    lane: str
    reason: str
    actor: str
    since: float


@dataclass(frozen=True, kw_only=True)
class Failing:
    """A way that does not work: an account, a mailbox or a domain."""

    lane: str
    reason: str  # the server's words
    since: float
    probe_at: float  # when it is tried again
    failures: int  # in a row
    stopped: bool = False  # somebody has to act: its provider does not let it send


@dataclass(frozen=True, kw_only=True)
class Queue:
    """The letters of one campaign to one official, or all mail to people."""

    id: str
    campaign: str  # "" for mail to people
    official: str
    mailbox: str  # the lane that paces it
    standing: Standing
    paused_by: str  # a lane, or ""
    waiting: int  # with those put off
    deferred: int  # put off by the server, to be tried again
    under_way: int
    held: int  # for staff to look at
    uncertain: int
    sent_today: int  # to the mailbox, by all campaigns
    ceiling: int  # 0: none
    pace_count: int  # 0: as fast as it goes
    pace_seconds: float
    hours: str
    timezone: str
    opens_at: float | None  # the next hours, while it is closed
    tried_at: float | None  # when letters were last taken from it
    ends: Forecast | None  # when the last of those that wait leaves


@dataclass(frozen=True, kw_only=True)
class Account:
    """A transport in use."""

    lane: str
    name: str
    paused: bool
    fails: bool
    sent_today: int  # counted where it has a limit
    day_most: int  # 0: no limit
    pace_count: int  # 0: as fast as it goes
    pace_seconds: float


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """What staff must know on every page."""

    paused: tuple[Paused, ...]
    failing: tuple[Failing, ...]
    stuck: int  # queues that nobody serves

    def __bool__(self) -> bool:
        return bool(self.paused or self.failing or self.stuck)


@dataclass(frozen=True, kw_only=True)
class Overview:
    """All lanes at one moment."""

    now: float
    paused: tuple[Paused, ...]
    failing: tuple[Failing, ...]
    accounts: tuple[Account, ...]  # in the order in which they take over
    queues: tuple[Queue, ...]  # by campaign and official; mail to people last

    @property
    def stuck(self) -> int:
        """How many queues nobody serves."""
        return sum(one.standing is Standing.STUCK for one in self.queues)


def standing(roads: Roads, row: Row[Any], *, delivers: bool) -> Standing:
    """What the letters of a queue wait for; `row` also says when the first of them is due."""
    now, course = roads.now, roads.course(row, row.mailbox)
    if row.first_due is None:
        return Standing.EMPTY
    if roads.pause(row):
        return Standing.PAUSED
    if delivers and roads.is_down(row):
        return Standing.DOWN
    if row.first_due > now:
        return Standing.RETRYING
    if not delivers:
        return Standing.STUCK if row.first_due <= now - STUCK else Standing.LEAVING
    opens = course.window(now)[0] if course.hours else 0.0
    if opens > now:
        return Standing.CLOSED
    if row.ceiling and course.bucket.today(now) >= row.ceiling:
        return Standing.FULL
    free = all(one.leaves_at(0, now) == now for _, one in roads.courses(row))
    idle = max(row.first_due, row.served_at, opens) <= now - STUCK
    return Standing.STUCK if free and idle else Standing.LEAVING
