"""Which letters a worker may take now: lane by lane, as the pace allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, or_, select, update

from mailer.db import Tx
from mailer.db.schema import lane, letter, letter_text
from mailer.message import Mail
from mailer.outbox import lanes, moves
from mailer.outbox.entry import mail_of
from mailer.status import Kind, State


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A letter that this worker holds."""

    id: str
    attempt: int
    mail: Mail


def claim(
    tx: Tx, worker: str, *, now: float, lease: float, most: int, delivers: bool
) -> list[Claimed]:
    """Take up to `most` due letters for `lease` seconds, as their lanes' pace allows.

    Lane by lane: with few paced officials and a million letters nearly every due row is blocked,
    and asking the rows would read them all. `delivers` says that the transport really sends; then
    only letters that are cleared for it go, and only then is the pace an official's matter.
    """
    taken: list[str] = []
    found = _open_lanes(tx, now, most)
    for index, row in enumerate(found):
        share = -(-(most - len(taken)) // (len(found) - index))
        allowed = lanes.allowance(row, now, share) if delivers else share
        if not allowed:
            continue
        ids = _take(tx, row.id, worker, now=now, lease=lease, most=allowed, delivers=delivers)
        if ids and delivers:
            lanes.spend(tx, row, len(ids), now)
        taken += ids
    moves.record(tx, taken, State.CLAIMED, moves.Event(now=now, actor="worker"))
    return _load(tx, taken)


def next_due(tx: Tx) -> float | None:
    """When the next queued letter is due by its own clock (pace aside), or None."""
    first = select(func.min(letter.c.due_at)).where(moves.is_state(State.QUEUED))
    found = tx.execute(first).scalar()
    return None if found is None else float(found)


def _open_lanes(tx: Tx, now: float, most: int) -> list[Row[Any]]:
    waiting = select(letter.c.id).where(
        letter.c.lane == lane.c.id, moves.is_state(State.QUEUED), letter.c.due_at <= now
    )
    statement = (
        select(lane)
        .where(~lane.c.paused, or_(lane.c.closed_until.is_(None), lane.c.closed_until <= now))
        .where(waiting.exists())
        # People who wait for a confirmation first, then whoever was served longest ago.
        .order_by((lane.c.id != lanes.PEOPLE), lane.c.full_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list(tx.execute(statement))


def _take(
    tx: Tx, lane_id: str, worker: str, *, now: float, lease: float, most: int, delivers: bool
) -> list[str]:
    due = (
        select(letter.c.id)
        .where(letter.c.lane == lane_id, moves.is_state(State.QUEUED), letter.c.due_at <= now)
        .order_by(letter.c.priority, letter.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    if delivers:
        due = due.where(letter.c.cleared)
    # A plain subquery would be run again for each row by PostgreSQL, and pass the limit.
    first = due.cte("due")
    statement = (
        update(letter)
        .where(letter.c.id.in_(select(first.c.id)), letter.c.state == State.QUEUED)
        .values(
            state=State.CLAIMED,
            worker=worker,
            lease_until=now + lease,
            attempts=letter.c.attempts + 1,
            # A letter that may have been taken before keeps its date: the bytes stay the same.
            dated_at=func.coalesce(letter.c.dated_at, now),
            changed_at=now,
        )
        .returning(letter.c.id)
    )
    return list(tx.execute(statement).scalars())


def _load(tx: Tx, ids: Sequence[str]) -> list[Claimed]:
    if not ids:
        return []
    statement = (
        select(letter_text, letter.c.id, letter.c.kind, letter.c.attempts, letter.c.dated_at)
        .join(letter, letter.c.id == letter_text.c.letter)
        .where(letter.c.id.in_(ids))
    )
    return [
        Claimed(id=row.id, attempt=row.attempts, mail=mail_of(row, Kind(row.kind), row.dated_at))
        for row in tx.execute(statement)
    ]
