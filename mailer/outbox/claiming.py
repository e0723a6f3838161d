"""Which letters a worker may take now: lane by lane, as the pace allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Double, Select, Update, bindparam, func, or_, select, update

from mailer.db import Tx, given
from mailer.db.schema import lane, letter, letter_text
from mailer.message import Mail
from mailer.outbox import lanes, moves
from mailer.outbox.entry import mail_of
from mailer.status import Kind, State

LANES_AT_ONCE = 16
"""Lanes that one claim serves: some letters from each cost less than one from very many."""


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A letter that this worker holds."""

    id: str
    attempt: int
    lease: float  # until when, as written: tells this claim from any other
    mail: Mail


def claim(
    tx: Tx, worker: str, *, now: float, lease: float, most: int, delivers: bool
) -> list[Claimed]:
    """Take up to `most` due letters for `lease` seconds, as their lanes' pace allows.

    Lane by lane: with few paced officials and a million letters nearly every due row is blocked,
    and asking the rows would read them all. `delivers` says that the transport really sends; then
    only letters that are cleared for it go, and only then is the pace an official's matter.
    """
    values = {"worker_": worker, "now_": now, "until_": now + lease}
    taken: list[str] = []
    choice = {"now_": now, "lanes_": min(most, LANES_AT_ONCE)}
    found = tx.execute(_lanes(delivers=delivers), choice).all()
    for index, row in enumerate(found):
        share = -(-(most - len(taken)) // (len(found) - index))
        allowed = lanes.allowance(row, now, share) if delivers else share
        if allowed:
            one = values | {"lane_": row.id, "most_": allowed}
            ids = tx.execute(_take(delivers=delivers), one).scalars().all()
            if ids and delivers:
                lanes.spend(tx, row, len(ids), now)
            taken += ids
    moves.record(tx, taken, State.CLAIMED, moves.Event(now=now, actor="worker"))
    return _load(tx, taken)


def release(tx: Tx, worker: str, ids: Sequence[str], *, now: float) -> None:
    """Give back letters of this worker for which surely no dot was sent; they lost nothing."""
    values = {
        "attempts": letter.c.attempts - 1, "lease_until": None, "dated_at": moves.undated(),
    }  # fmt: skip
    event = moves.Event(now=now, actor="worker", note="given back")
    come_from, ours = {State.CLAIMED, State.DOT}, [letter.c.worker == worker]
    moves.move(tx, ids, State.QUEUED, event, come_from=come_from, where=ours, values=values)


def held(tx: Tx, worker: str) -> set[str]:
    """The letters this worker has claimed and not fenced."""
    theirs = select(letter.c.id).where(moves.is_state(State.CLAIMED), letter.c.worker == worker)
    return set(tx.execute(theirs).scalars())


def next_due(tx: Tx) -> float | None:
    """When the next queued letter is due by its own clock (pace aside), or None."""
    first = select(func.min(letter.c.due_at)).where(moves.is_state(State.QUEUED))
    found = tx.execute(first).scalar()
    return None if found is None else float(found)


@cache
def _lanes(*, delivers: bool) -> Select[Any]:
    """The lanes with something due that are neither paused nor shut, nor spent for now."""
    now = bindparam("now_", type_=Double)
    waiting = select(letter.c.id).where(
        letter.c.lane == lane.c.id, moves.is_state(State.QUEUED), letter.c.due_at <= now
    )
    found = (
        select(lane)
        .where(~lane.c.paused, or_(lane.c.closed_until.is_(None), lane.c.closed_until <= now))
        .where(waiting.exists())
        # People who wait for a confirmation first, then whoever was served longest ago.
        .order_by((lane.c.id != lanes.PEOPLE), lane.c.full_at)
        .limit(bindparam("lanes_"))
        # Not against FOR KEY SHARE: a letter that enters holds that on its lane, and must
        # neither wait for a claim nor hide the lane from it.
        .with_for_update(skip_locked=True, key_share=True)
    )
    # Spent lanes are left out here: many of them must not stand before one that is open.
    return found.where(lanes.has_allowance(now)) if delivers else found


@cache
def _take(*, delivers: bool) -> Update:
    now = bindparam("now_", type_=Double)
    due = (
        select(letter.c.id)
        .where(letter.c.lane == bindparam("lane_"))
        .where(moves.is_state(State.QUEUED), letter.c.due_at <= now)
        .order_by(letter.c.priority, letter.c.due_at)
        .limit(bindparam("most_"))
        .with_for_update(skip_locked=True, key_share=True)
    )
    # A plain subquery would be run again for each row by PostgreSQL, and pass the limit.
    first = (due.where(letter.c.cleared) if delivers else due).cte("due")
    return (
        update(letter)
        .where(letter.c.id.in_(select(first.c.id)), moves.is_state(State.QUEUED))
        .values(
            state=State.CLAIMED.value, worker=bindparam("worker_"),
            lease_until=bindparam("until_"), changed_at=now,
            attempts=letter.c.attempts + 1,
            # A letter that may have been taken before keeps its date: the bytes stay the same.
            dated_at=func.coalesce(letter.c.dated_at, now),
        )
        .returning(letter.c.id)
    )  # fmt: skip


@cache
def _texts(dialect: str) -> Select[Any]:
    row = given.table(dialect, "id")
    return (
        select(
            letter_text,
            letter.c.id,
            letter.c.kind,
            letter.c.attempts,
            letter.c.dated_at,
            letter.c.lease_until,
        )
        .join_from(row, letter, letter.c.id == row.c.id)
        .join(letter_text, letter_text.c.letter == letter.c.id)
    )


def _load(tx: Tx, ids: Sequence[str]) -> list[Claimed]:
    if not ids:
        return []
    found = tx.execute(_texts(tx.dialect.name), given.rows([{"id": key} for key in ids]))
    return [
        Claimed(
            id=row.id,
            attempt=row.attempts,
            lease=row.lease_until,
            mail=mail_of(row, Kind(row.kind), row.dated_at),
        )
        for row in found
    ]
