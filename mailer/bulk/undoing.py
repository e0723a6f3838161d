"""Taking an act back: what it did to letters that still stand as it left them.

An act notes itself at each letter that it changed, in the order of their ids: what it takes to undo
it is read from there, and nothing that anybody else has done is touched.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, func, select

from mailer.bulk.acts import ACTS, noted_by
from mailer.bulk.jobs import RUNNING, STOPPED, Job, begin, job_of
from mailer.db import Tx
from mailer.db.schema import bulk, letter, letter_event
from mailer.outbox import moves
from mailer.sendlog import Filter

MOST = 10_000
"""Letters that are counted while somebody waits; of more it is said that there are more."""

_LAST = "z" * 26  # above every id


def undo(tx: Tx, job_id: str, *, actor: str, now: float) -> str | None:
    """Let the worker take a job back; the id of the job that does, also when that was begun before.

    None when there is no such job, when it still runs, or when nothing can take it back.
    """
    one = job_of(tx, job_id)
    if one is None or one.state == RUNNING or not may_undo(one):
        return None
    return undone_by(tx, job_id) or begin(
        tx, ACTS[one.act].undone_by, Filter(kind=""), actor=actor, now=now, undoes=job_id
    )


def undone_by(tx: Tx, job_id: str) -> str:
    """The job that takes a job back, or has; "" when there is none that was not stopped."""
    begun = select(bulk.c.id).where(bulk.c.undoes == job_id, bulk.c.state != STOPPED)
    return tx.execute(begun).scalar() or ""


def may_undo(one: Job) -> bool:
    """True for an act that can be taken back and is not itself one that takes back."""
    return bool(ACTS[one.act].undone_by) and not one.undoes and one.changed > 0


def undoable(tx: Tx, one: Job) -> int:
    """How many letters still stand as a job left them: up to MOST, and one more for "more"."""
    by = ACTS[one.act].undone_by
    if not by:
        return 0
    (state,) = ACTS[by].by_state
    some = _noted(one.id).where(letter.c.state == state, *untouched(one.act, one.id))
    number = select(func.count()).select_from(some.limit(MOST + 1).subquery())
    return int(tx.execute(number).scalar_one())


def changed_by(tx: Tx, job_id: str, after: str, most: int) -> Sequence[str]:
    """The next letters that a job changed, by their ids."""
    noted = letter_event.c.external_id
    found = select(letter_event.c.letter).where(
        noted > moves.done_by(job_id, after or "0"), noted <= moves.done_by(job_id, _LAST)
    )
    return tx.execute(found.order_by(noted).limit(most)).scalars().all()


def untouched(act: str, job_id: str) -> list[ColumnElement[bool]]:
    """What a letter must fulfil to be taken back: what is held must be held by that very act."""
    if act != "hold":
        return []
    return [noted_by(job_id, since_untouched=True)]


def _noted(job_id: str) -> Select[tuple[str]]:
    noted = letter_event.c.external_id
    within = (noted > moves.done_by(job_id, "0"), noted <= moves.done_by(job_id, _LAST))
    return (
        select(letter.c.id).join(letter_event, letter_event.c.letter == letter.c.id).where(*within)
    )
