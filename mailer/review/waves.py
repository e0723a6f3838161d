"""A wave of forged submissions: counted, stopped before it leaves, marked where it has left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, select, update

from mailer import audit, outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, likeness, submission
from mailer.outbox import Event, moves
from mailer.status import Kind, State

INVALID = "found not to be of the person it names"
"""The reason of letters that were stopped, and the note of those that had left."""

BATCH = 500
"""Submissions in one transaction: others must not wait for it."""

_WAITING = frozenset({State.AWAITING, State.REVIEW, State.QUEUED})
_OVER = frozenset({State.CANCELLED, State.FAILED})


@dataclass(frozen=True, kw_only=True)
class Wave:
    """Which submissions belong to it: all that is said here is true of each of them."""

    campaign: str
    since: float = 0.0
    until: float = float("inf")
    like: str = ""  # the beginning of a submission's id: those whose words are like its own
    network_of: str = ""  # and those from where that one came
    held_for: str = ""  # why letters of it are, or were to be, held


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a wave comes to."""

    submissions: int = 0
    stoppable: int = 0  # letters that have not left
    left: int = 0  # letters that a server has, or may have

    def __add__(self, other: Found) -> Found:
        return Found(
            submissions=self.submissions + other.submissions,
            stoppable=self.stoppable + other.stoppable, left=self.left + other.left,
        )  # fmt: skip


def look(store: Store, wave: Wave) -> Found:
    """Count a wave; nothing is changed. What was marked before does not count again."""
    with store.read() as tx:
        rows = tx.execute(_letters(_members(wave))).all()
    stoppable = [row for row in rows if row.state in _WAITING and not row.possibly_twice]
    over = [row for row in rows if row.state in _OVER]
    return Found(
        submissions=len({row.submission for row in rows}), stoppable=len(stoppable),
        left=len(rows) - len(stoppable) - len(over),
    )  # fmt: skip


def invalidate(store: Store, wave: Wave, *, actor: str, why: str) -> Found:
    """Stop all of a wave that has not left, and mark what has; return how much of each.

    Each letter leaves or is stopped, never both: one that a worker has in hand leaves, and is
    marked. Whose names were used may write themselves. `actor` and `why` go to the audit.
    """
    done = Found()
    while True:
        with store.write() as tx:
            chosen = _members(wave).order_by(submission.c.id).limit(BATCH)
            ids = list(tx.execute(chosen).scalars())
            part = _invalidate(tx, ids, actor, store.now(tx))
            if part.submissions:
                audit.record(
                    tx, now=store.now(tx), actor=actor, act="wave.invalidate",
                    subject=wave.campaign, count=part.submissions, stopped=part.stoppable,
                    left=part.left, why=why,
                )  # fmt: skip
                done += part
        if len(ids) < BATCH:
            return done


def _invalidate(tx: Tx, ids: Sequence[str], actor: str, now: float) -> Found:
    event = Event(now=now, actor=_actor(actor), note=INVALID)
    # Letters first, then their submissions, as whoever confirms or erases takes them: else each
    # could wait for the other, and PostgreSQL would turn one of them away.
    locked = _letters(ids).order_by(letter.c.submission, letter.c.id).with_for_update(of=letter)
    found = tx.execute(locked).all()
    marked = _mark(tx, ids, now)
    rows = [row for row in found if row.submission in marked]
    letters = [row.id for row in rows]
    freed = {"reason": INVALID, "person": None}
    stopped = outbox.move(
        tx, letters, State.CANCELLED, event, come_from=_WAITING,
        where=[~letter.c.possibly_twice], values=freed,
    )  # fmt: skip
    done = set(stopped)
    left = [row for row in rows if row.id not in done and row.state not in _OVER]
    for row in left:
        moves.record(tx, [row.id], State(row.state), event)
    gone = [row.id for row in left]
    # Who was named has not written: they may, and the counter does not count them.
    tx.execute(update(letter).where(letter.c.id.in_(gone)).values(person=None))
    return Found(submissions=len(marked), stoppable=len(stopped), left=len(left))


def _mark(tx: Tx, ids: Sequence[str], now: float) -> set[str]:
    """Mark those that nobody else has marked meanwhile; return their ids."""
    unmarked = (submission.c.id.in_(ids), submission.c.invalid_at.is_(None))
    these = update(submission).where(*unmarked).values(invalid_at=now)
    return set(tx.execute(these.returning(submission.c.id)).scalars())


def _actor(account: str) -> str:
    return account if account in {audit.COMMAND, audit.WORKER} else f"staff:{account}"


def _letters(ids: Sequence[str] | Select[Any]) -> Select[Any]:
    columns = (letter.c.id, letter.c.submission, letter.c.state, letter.c.possibly_twice)
    return select(*columns).where(letter.c.submission.in_(ids), letter.c.kind == Kind.LETTER)


def _members(wave: Wave) -> Select[Any]:
    """The ids of a wave's submissions that are not marked yet."""
    of = [
        submission.c.campaign == wave.campaign, submission.c.invalid_at.is_(None),
        submission.c.created_at >= wave.since,
    ]  # fmt: skip
    if wave.until != float("inf"):
        of.append(submission.c.created_at <= wave.until)
    if wave.held_for:
        held = (letter.c.submission == submission.c.id, letter.c.reason == wave.held_for)
        of.append(exists().where(*held))
    if wave.like:
        model, other = likeness.alias("model"), likeness.alias("other")
        joined = select(other.c.submission).join(model, model.c.band == other.c.band)
        begins = model.c.submission.startswith(wave.like, autoescape=True)
        of.append(submission.c.id.in_(joined.where(begins)))
    if wave.network_of:
        model = submission.alias("model")
        begins = model.c.id.startswith(wave.network_of, autoescape=True)
        there = select(model.c.network).where(begins, model.c.network != "")
        of.append(submission.c.network.in_(there))
    return select(submission.c.id).where(*of)
