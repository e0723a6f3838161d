"""The worker's part: a job is done in short transactions, each of which notes how far it is.

What a transaction changed and how far it came are committed together: a worker that is killed
loses its last part at most, and whoever goes on does nothing twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select, update

from mailer import audit, sendlog
from mailer.bulk.acts import ACTS, do
from mailer.bulk.jobs import DONE, RUNNING, Job, of_row
from mailer.db import Store, Tx
from mailer.db.schema import bulk
from mailer.status import State

PART = 200
"""Letters looked at in one transaction: the deliveries wait for it."""


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
            _part(tx, row, store.now(tx), part, delivers=delivers)
    return True


def _count(store: Store, one: Job) -> None:
    """Note how many letters there are to look at; they are counted while nobody waits."""
    wanted = replace(one.wanted, until=_until(one))
    with store.read() as tx:
        total = sum(
            sendlog.count(tx, replace(wanted, state=state))
            for state in ACTS[one.act].states(one.wanted.state)
        )
    with store.write() as tx:
        tx.execute(update(bulk).where(bulk.c.id == one.id).values(total=total))


def _part(tx: Tx, row: Row[Any], now: float, part: int, *, delivers: bool) -> None:
    one = of_row(row)
    act, (state, place) = ACTS[one.act], _where(row.place)
    states = act.states(one.wanted.state)
    if not state and states:
        state = states[0]
    wanted = replace(one.wanted, state=state, until=_until(one), before=place)
    found = sendlog.places(tx, wanted, part).places if state else []
    ids = [key for _, key in found]
    changed = 0
    if ids:
        changed = do(
            tx, act, State(state), ids, actor=one.actor, now=now, cleared=delivers
        )  # fmt: skip
    values: dict[str, Any] = {
        "looked_at": one.looked_at + len(ids), "changed": one.changed + changed,
    }  # fmt: skip
    left = states[states.index(State(state)) + 1 :] if state else []
    if len(ids) == part:
        values["place"] = f"{state} {sendlog.cursor_at(found[-1])}"
    elif left:
        values["place"] = f"{left[0]} "
    else:
        values |= {"state": DONE, "finished_at": now}
    tx.execute(update(bulk).where(bulk.c.id == one.id).values(**values))
    if "state" in values:
        audit.record(
            tx, now=now, actor=one.actor.removeprefix("staff:"), act="bulk.done", subject=one.id,
            count=values["changed"], what=one.act,
        )  # fmt: skip


def _until(one: Job) -> float:
    """Letters that are written after a job was begun are none of its own."""
    begun = one.created_at
    return begun if one.wanted.until is None else min(begun, one.wanted.until)


def _where(place: str) -> tuple[str, str]:
    """The state that is gone through, and the place in it; empty at the beginning."""
    state, _, cursor = place.partition(" ")
    return state, cursor


_OLDEST = select(bulk).where(bulk.c.state == RUNNING).order_by(bulk.c.id).limit(1)
