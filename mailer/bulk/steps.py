"""The worker's part: a job is done in short transactions, each of which notes how far it is.

What a transaction changed and how far it came are committed together: a worker that is killed
loses its last part at most, and whoever goes on does nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select, update

from mailer import audit, sendlog
from mailer.bulk.acts import ACTS, do
from mailer.bulk.jobs import DONE, RUNNING, Job, forget_district, job_of, of_row
from mailer.bulk.undoing import changed_by, untouched
from mailer.db import Store, Tx
from mailer.db.schema import bulk
from mailer.status import State

PART = 200
"""Letters looked at in one transaction: the deliveries wait for it."""


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What one transaction did, and where the next one begins; None: nowhere."""

    looked_at: int = 0
    changed: int = 0
    place: str | None = None


def step(store: Store, *, delivers: bool, part: int = PART) -> bool:
    """Do the next `part` letters of the oldest job under way; False when there is none.

    Where a server really sends (`delivers`), letters that nobody approved are left alone.
    """
    with store.read() as tx:
        row = tx.execute(_OLDEST).one_or_none()
    if row is None:
        return False
    if row.total is None:
        _count(store, of_row(row))
    with store.write() as tx:
        mine = _OLDEST.where(bulk.c.id == row.id).with_for_update(skip_locked=True)
        row = tx.execute(mine).one_or_none()
        if row is not None:
            _do_part(tx, row, store.now(tx), part, delivers=delivers)
    return True


def _count(store: Store, one: Job) -> None:
    """Note how many letters there are to look at; they are counted while nobody waits."""
    wanted = replace(one.wanted, until=_until(one))
    with store.read() as tx:
        undone = job_of(tx, one.undoes) if one.undoes else None
        total = undone.changed if undone else sum(
            sendlog.count(tx, replace(wanted, state=state))
            for state in ACTS[one.act].states(one.wanted.state)
        )  # fmt: skip
    with store.write() as tx:
        tx.execute(update(bulk).where(bulk.c.id == one.id).values(total=total))


def _do_part(tx: Tx, row: Row[Any], now: float, part: int, *, delivers: bool) -> None:
    one, act = of_row(row), _take_back if row.undoes else _act
    done = act(tx, one, row.place, now, part, delivers=delivers)
    values: dict[str, Any] = {
        "looked_at": one.looked_at + done.looked_at, "changed": one.changed + done.changed,
    }  # fmt: skip
    ended = done.place is None
    values |= {"state": DONE, "finished_at": now} if ended else {"place": done.place}
    tx.execute(update(bulk).where(bulk.c.id == one.id).values(**values))
    if ended:
        forget_district(tx, one.id)
        audit.record(
            tx, now=now, actor=one.actor.removeprefix("staff:"), act="bulk.done", subject=one.id,
            count=values["changed"], what=one.act,
        )  # fmt: skip


def _act(tx: Tx, one: Job, at: str, now: float, part: int, *, delivers: bool) -> _Part:
    """The next letters that the filter finds, state by state."""
    act, (state, place) = ACTS[one.act], _where(at)
    states = act.states(one.wanted.state)
    if not states:
        return _Part()
    state = state or states[0]
    wanted = replace(one.wanted, state=state, until=_until(one), before=place)
    found = sendlog.places(tx, wanted, part)
    ids = [key for _, key in found.places]
    changed = 0
    if ids:
        changed = do(
            tx, act, State(state), ids, actor=one.actor, now=now, cleared=delivers, job=one.id
        )
    on = found.read_to or (found.places[-1] if len(ids) == part else None)
    left = states[states.index(State(state)) + 1 :]
    following = f"{left[0]} " if left else None
    going_on = f"{state} {sendlog.cursor_at(on)}" if on else following
    return _Part(looked_at=len(ids), changed=changed, place=going_on)


def _take_back(tx: Tx, one: Job, at: str, now: float, part: int, *, delivers: bool) -> _Part:
    """The next letters that another job changed, as far as they stand as it left them."""
    undone = job_of(tx, one.undoes)
    ids = changed_by(tx, one.undoes, at, part) if undone else ()
    (state,) = ACTS[one.act].by_state
    changed = 0
    if ids and undone:
        changed = do(
            tx, ACTS[one.act], state, ids, actor=one.actor, now=now, cleared=delivers,
            job=one.id, where=untouched(undone.act, undone.id),
        )  # fmt: skip
    return _Part(looked_at=len(ids), changed=changed, place=ids[-1] if len(ids) == part else None)


def _until(one: Job) -> float:
    """Letters that are written after a job was begun are none of its own."""
    begun = one.created_at
    return begun if one.wanted.until is None else min(begun, one.wanted.until)


def _where(place: str) -> tuple[str, str]:
    """The state that is gone through, and the place in it; empty at the beginning."""
    state, _, cursor = place.partition(" ")
    return state, cursor


_OLDEST = select(bulk).where(bulk.c.state == RUNNING).order_by(bulk.c.id).limit(1)
