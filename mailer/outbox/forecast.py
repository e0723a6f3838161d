"""About when waiting letters will leave: what is before them, and what lets it go or keeps it.

A forecast is for people: it is as true as the lanes are now. Each letter costs one count that stops
at MOST_COUNTED, so that a receipt is as cheap with a million letters waiting as with a few.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, func, literal, select

from mailer.db import Tx
from mailer.db.schema import letter, queue
from mailer.outbox import moves
from mailer.outbox.roads import Roads
from mailer.outbox.turns import HORIZON
from mailer.status import State

MOST_COUNTED = 20_000
"""Letters that are counted before one: whatever stands behind more leaves no earlier than that."""

Others = Callable[[Row[Any], str, int], tuple[int, bool]]
"""How many letters of other queues share a column's lane ("": the account), at most so many of
each; and whether there are more than were counted."""


class Because(StrEnum):
    """What a letter waits for."""

    RETRY = "retry"  # the server has put it off
    TURN = "turn"  # the letters before it, at the pace of its mailbox
    HOURS = "hours"  # the office's hours
    PAUSE = "pause"  # staff, who paused it
    RELAY = "relay"  # a server that cannot be reached


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """About when a letter leaves."""

    at: float | None  # None: nobody can tell
    because: Because = Because.TURN
    later: bool = False  # not before `at`: more is before it than was counted
    zone: str = ""  # of the office, where one is known


@dataclass(frozen=True, kw_only=True)
class Line:
    """The letters that wait in a queue."""

    letters: int
    due_at: float = 0.0  # of the last one: a letter that was put off leaves no earlier


def about(
    tx: Tx, letter_ids: Collection[str], now: float, accounts: Collection[str] = ()
) -> dict[str, Forecast]:
    """When each letter leaves, if it waits in its queue.

    `accounts` are the transports in use; without them, all that ever were. A letter that is not
    cleared is told of only when it is paused: what really sends does not take it, and what keeps
    letters here knows neither pace nor hours.
    """
    rows = tx.execute(_LETTERS, {"ids_": list(letter_ids)}).all() if letter_ids else []
    roads = Roads(tx, rows, now, accounts) if rows else None

    def others(row: Row[Any], same: str, most: int) -> tuple[int, bool]:
        return _count_others(tx, row, same, most)

    return {
        row.letter: _forecast(roads, row, _count_ahead(tx, row, MOST_COUNTED), others, row.due_at)
        for row in rows
        if roads and (row.cleared or roads.pause(row))
    }


def ends(
    tx: Tx, waiting: Mapping[str, Line], now: float, accounts: Collection[str] = ()
) -> dict[str, Forecast]:
    """When the last letter of each line leaves, by queue."""
    rows = tx.execute(_QUEUES, {"ids_": list(waiting)}).all() if waiting else []
    if not rows:
        return {}
    roads = Roads(tx, rows, now, accounts)

    sharing: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for row in rows:
        for same in _SHARED:
            sharing[same, _lane(row, same)].append(waiting[row.id].letters)
    shared = {lane: _Shared(letters) for lane, letters in sharing.items()}

    def others(row: Row[Any], same: str, most: int) -> tuple[int, bool]:
        own = min(waiting[row.id].letters, most)
        return shared[same, _lane(row, same)].up_to(most) - own, False

    lines = [(row, waiting[row.id]) for row in rows]
    return {
        row.id: _forecast(roads, row, line.letters - 1, others, line.due_at) for row, line in lines
    }


def chance(
    tx: Tx, letter_id: str, now: float, accounts: Collection[str] = ()
) -> float | None:  # fmt: skip
    """About when a letter that entered its queue with this one has left; None: not by `now`."""
    row = tx.execute(_LETTERS, {"ids_": [letter_id]}).one()
    if _count_ahead(tx, row, 1):
        return None
    roads = Roads(tx, [row], now, accounts)
    opened = roads.course(row, row.mailbox).window(row.due_at)[0] if row.cleared else 0.0
    before = tx.execute(_BEFORE, _place(row)).scalar() or 0.0
    moment = max(row.due_at, opened, before)
    kept = roads.kept_since(row)
    return moment if moment <= now and (kept is None or kept > moment) else None


def _forecast(
    roads: Roads, row: Row[Any], ahead: int, others: Others, due_at: float
) -> Forecast:  # fmt: skip
    """When the letter with so many before it in its queue leaves, which is not before `due_at`."""
    if roads.pause(row):
        return Forecast(at=None, because=Because.PAUSE, zone=row.timezone)
    if roads.is_down(row):
        return Forecast(at=None, because=Because.RELAY, zone=row.timezone)
    now, unsure, moments = roads.now, ahead >= MOST_COUNTED, [roads.now]
    for same, course in roads.courses(row):
        beside, more = others(row, same, ahead + 1)
        moment = course.leaves_at(ahead + beside, now)
        unsure = unsure or more or moment is None
        moments.append(now + HORIZON * 86400 if moment is None else moment)
    at, course = max(moments), roads.course(row, row.mailbox)
    opens, closes = course.window(now)
    because = Because.HOURS if opens > now or at >= closes else Because.TURN
    if due_at > at:
        at, because = max(due_at, course.window(due_at)[0]), Because.RETRY
    return Forecast(at=at, because=because, later=unsure, zone=row.timezone)


def _count_ahead(tx: Tx, row: Row[Any], most: int) -> int:
    return int(tx.execute(_AHEAD, _place(row) | {"most_": most}).scalar_one())


def _place(row: Row[Any]) -> dict[str, Any]:
    return {"queue_": row.id, "priority_": row.priority, "due_": row.due_at}


def _count_others(tx: Tx, row: Row[Any], same: str, most: int) -> tuple[int, bool]:
    """Letters of other queues with the same lane that leave before, as turns are taken."""
    values = {"queue_": row.id, "lane_": _lane(row, same)}
    number = tx.execute(_NUMBER[same], values).scalar_one()
    if not number:
        return 0, False
    fair = min(most, max(1, MOST_COUNTED // number))  # of each: together no more than one count
    counted = tx.execute(_OTHERS[same], values | {"most_": fair}).scalar_one()
    return int(counted), fair < most and counted >= fair


def _lane(row: Row[Any], same: str) -> str | None:
    found: str | None = row._mapping[same] if same else ""
    return found


class _Shared:
    """The letters of all lines that share a lane: sorted once, not gone through for each line."""

    def __init__(self, letters: Iterable[int]) -> None:
        self._letters = sorted(letters)
        self._sums = [0, *accumulate(self._letters)]

    def up_to(self, most: int) -> int:
        """How many they are, at most so many of each."""
        at = bisect(self._letters, most)
        return self._sums[at] + most * (len(self._letters) - at)


_WAITS = (
    queue.c.id, queue.c.campaign, queue.c.official, queue.c.mailbox, queue.c.domain,
    queue.c.hours, queue.c.timezone, queue.c.ceiling,
)  # fmt: skip
_IDS: BindParameter[Any] = bindparam("ids_", expanding=True)
_QUEUES: Select[Any] = select(*_WAITS).where(queue.c.id.in_(_IDS))
_LETTERS: Select[Any] = (
    select(
        *_WAITS, letter.c.id.label("letter"), letter.c.priority, letter.c.due_at, letter.c.cleared
    )
    .join_from(letter, queue, queue.c.id == letter.c.queue)
    .where(letter.c.id.in_(_IDS))
)
_AHEAD: Select[Any] = select(func.count()).select_from(
    select(literal(1).label("one"))
    .where(letter.c.queue == bindparam("queue_"), moves.is_state(State.QUEUED))
    # Of one priority, as all letters to an official are: a range of the index.
    .where(letter.c.priority == bindparam("priority_"), letter.c.due_at < bindparam("due_"))
    .limit(bindparam("most_"))
    .subquery()
)
# The letter that left last of those that entered before: by the index of officials.
_BEFORE: Select[Any] = (
    select(letter.c.sent_at)
    .join(queue, queue.c.official == letter.c.official)
    .where(queue.c.id == bindparam("queue_"), letter.c.queue == queue.c.id)
    .where(letter.c.created_at < bindparam("due_"), letter.c.sent_at.is_not(None))
    .order_by(letter.c.created_at.desc())
    .limit(1)
)


def _other(same: str) -> tuple[Any, ...]:
    to_officials = (queue.c.id != bindparam("queue_"), queue.c.campaign.is_not(None))
    return (*to_officials, queue.c[same] == bindparam("lane_")) if same else to_officials


def _others(same: str) -> Select[Any]:
    waiting = (
        select(literal(1).label("one"))
        .where(letter.c.queue == queue.c.id, moves.is_state(State.QUEUED))
        .limit(bindparam("most_"))
        .correlate(queue)
        .subquery()
    )
    each = select(func.count()).select_from(waiting).scalar_subquery()
    counted = select(each.label("waiting")).select_from(queue).where(*_other(same)).subquery()
    return select(func.coalesce(func.sum(counted.c.waiting), 0))


_SHARED = ("mailbox", "domain", "")  # "": the account, by which all letters leave
_NUMBER = {same: select(func.count()).where(*_other(same)) for same in _SHARED}
_OTHERS = {same: _others(same) for same in _SHARED}
