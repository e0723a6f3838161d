"""What staff decide: about letters that wait, are held, in doubt, failed or answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, null, or_, select, update

from mailer.db import Tx
from mailer.db.schema import letter, letter_event, letter_text, submission
from mailer.outbox import moves
from mailer.status import ACCEPTED, State

WITHDRAWN = "withdrawn by staff"
ARRIVED = "it arrived, say staff"
GIVEN_UP = "given up by staff"
HELD = "held by staff"
ANSWERED = "answered"
"""The note of an office's answer, whoever tells of it: receipts look for it."""


# What is erased, or was kept long enough, can leave no more: no mail has an empty subject.
_KEPT = exists().where(letter_text.c.letter == letter.c.id, letter_text.c.subject != "")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What staff may decide about letters that are in one of some states."""

    old: frozenset[State]
    new: State
    note: str = ""
    values: Callable[[float], Mapping[str, Any]] = field(default=lambda _now: {})


def decide(
    tx: Tx, decision: Decision, ids: Sequence[str], *, actor: str, now: float,
    where: Sequence[ColumnElement[bool]] = (), job: str = "",
) -> list[str]:  # fmt: skip
    """Do it to those of `ids` that are where the decision applies; returns which these were."""
    event = moves.Event(now=now, actor=actor, note=decision.note, job=job)
    if decision.new is State.QUEUED:
        where = (*where, _KEPT)
    return moves.move(
        tx, ids, decision.new, event, come_from=decision.old, where=where,
        values=decision.values(now),
    )  # fmt: skip


def let_leave(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Queue a held letter, due at once; False when it is no longer held."""
    return bool(decide(tx, RELEASE, [letter_id], actor=actor, now=now))


def withdraw(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Cancel a held letter; its person may write again. False when it is no longer held."""
    return bool(decide(tx, WITHDRAW, [letter_id], actor=actor, now=now))


def hold(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Keep a letter that waits to leave until somebody decides; False when it waits no longer."""
    return bool(decide(tx, HOLD, [letter_id], actor=actor, now=now))


def cancel(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Cancel a letter that has not arrived; its person may write again. False when it has left."""
    return bool(decide(tx, CANCEL, [letter_id], actor=actor, now=now))


def arrived(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Call a letter in doubt sent, on the word of staff; False when it is no longer in doubt."""
    return bool(decide(tx, CALL_SENT, [letter_id], actor=actor, now=now))


def send_again(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Queue a letter in doubt, flagged; False when it is no longer in doubt."""
    return bool(decide(tx, SEND_AGAIN, [letter_id], actor=actor, now=now))


def give_up(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Call a letter in doubt failed: its supporter is told. False when it is no longer in doubt."""
    return bool(decide(tx, GIVE_UP, [letter_id], actor=actor, now=now))


def try_again(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Queue a failed letter as if it had never been tried; False when it is no longer failed."""
    return bool(decide(tx, TRY_AGAIN, [letter_id], actor=actor, now=now))


def mark_answered(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Note that an office has answered a letter; False when that is known, or it never left."""
    return bool(answered(tx, [letter_id], actor=actor, now=now))


def answered(
    tx: Tx, ids: Sequence[str], *, actor: str, now: float, job: str = ""
) -> list[str]:  # fmt: skip
    """Note that offices have answered letters; returns those of which it was not known yet.

    Supporters who have told nothing else count as answered; what they have told stays.
    """
    known = (
        select(letter_event.c.letter)
        .where(letter_event.c.letter == letter.c.id)
        .where(letter_event.c.note == ANSWERED)
    )
    found = tx.execute(
        select(letter.c.id, letter.c.submission, letter.c.state)
        .where(letter.c.id.in_(ids), letter.c.state.in_(sorted(ACCEPTED)))
        .where(letter.c.submission.is_not(None), ~known.exists())
    ).all()
    event = moves.Event(now=now, actor=actor, note=ANSWERED, job=job)
    moves.record_each(tx, [(row.id, State(row.state), event) for row in found])
    theirs = {row.submission for row in found}
    untold = (submission.c.answered == "", submission.c.erased_at.is_(None))
    told = update(submission).where(submission.c.id.in_(sorted(theirs)), *untold)
    tx.execute(told.values(answered="yes", answered_at=now))
    return [row.id for row in found]


def _due(now: float) -> dict[str, Any]:
    return {"reason": "", "due_at": now}


def _anew(now: float) -> dict[str, Any]:
    """One that was given up in doubt may have arrived: it is flagged, and keeps its date."""
    doubted = or_(letter.c.possibly_twice, letter.c.reason == GIVEN_UP)
    return {
        "reason": "", "due_at": now, "attempts": 0, "tried_at": None, "told_at": None,
        "possibly_twice": doubted, "dated_at": case((doubted, letter.c.dated_at), else_=null()),
    }  # fmt: skip


def _freed(_now: float) -> dict[str, Any]:
    """Its person may write again, unless one that was given up in doubt may have arrived."""
    doubted = or_(letter.c.possibly_twice, letter.c.reason == GIVEN_UP)
    return {"reason": WITHDRAWN, "person": case((doubted, letter.c.person), else_=null())}


RELEASE = Decision(old=frozenset({State.REVIEW}), new=State.QUEUED, values=_due)
WITHDRAW = Decision(
    old=frozenset({State.REVIEW}), new=State.CANCELLED, note=WITHDRAWN,
    values=lambda _now: {"reason": WITHDRAWN, "person": None},
)  # fmt: skip
HOLD = Decision(
    old=frozenset({State.QUEUED}), new=State.REVIEW, note=HELD,
    values=lambda _now: {"reason": HELD},
)  # fmt: skip
CANCEL = Decision(
    old=frozenset({State.AWAITING, State.REVIEW, State.QUEUED, State.FAILED}),
    new=State.CANCELLED, note=WITHDRAWN, values=_freed,
)  # fmt: skip
# It was sent when it came into doubt, not when somebody found out.
CALL_SENT = Decision(
    old=frozenset({State.UNCERTAIN}), new=State.SENT, note=ARRIVED,
    values=lambda _now: {
        "reason": "", "sent_at": func.coalesce(letter.c.sent_at, letter.c.changed_at)
    },
)  # fmt: skip
# It keeps its date, so that both copies are the same bytes. Its deadline begins anew.
SEND_AGAIN = Decision(
    old=frozenset({State.UNCERTAIN}), new=State.QUEUED,
    values=lambda now: {**_due(now), "possibly_twice": True, "tried_at": None},
)  # fmt: skip
GIVE_UP = Decision(
    old=frozenset({State.UNCERTAIN}), new=State.FAILED, note=GIVEN_UP,
    values=lambda _now: {"reason": GIVEN_UP, "told_at": None},
)  # fmt: skip
# If it fails again its supporter is told again.
TRY_AGAIN = Decision(old=frozenset({State.FAILED}), new=State.QUEUED, values=_anew)
