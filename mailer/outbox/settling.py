"""The fence before the final dot, and what is written after it.

Nothing here talks to a server, and no transaction is open while somebody does. The fence is the
commit just before the dot: a letter without one was surely not taken, one behind it may have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from mailer.db import Tx
from mailer.db.schema import letter
from mailer.errors import Next, SendError
from mailer.outbox import lanes, moves, reaping
from mailer.outbox.claiming import Claimed
from mailer.status import State
from mailer.transports.base import Answer

DEADLINE = 4 * 86400.0
"""Seconds from the first attempt until we give up (RFC 5321, 4.5.4.1: four to five days)."""

BACKOFF = (60.0, 300.0, 900.0, 1800.0, 1800.0, 3600.0)
"""Seconds until the next attempt, by attempts made (RFC 5321: half an hour apart after a while)."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one attempt: an answer or an error, never both."""

    letter: Claimed
    account: str
    answer: Answer | None = None
    error: SendError | None = None


def fence(tx: Tx, worker: str, staged: Sequence[tuple[str, str]], *, now: float) -> set[str]:
    """Put up the fence for (letter, SHA-256 of its bytes); return those still ours.

    A worker whose lease was taken cannot pass: it must abandon what it staged.
    """
    ours = [letter.c.worker == worker, letter.c.lease_until > now]
    event = moves.Event(now=now, actor="worker")
    passed: set[str] = set()
    for letter_id, sha256 in staged:
        values = {"sha256": sha256, "tried_at": func.coalesce(letter.c.tried_at, now)}
        passed.update(
            moves.move(
                tx, [letter_id], State.DOT, event, come_from={State.CLAIMED}, where=ours,
                values=values,
            )
        )  # fmt: skip
    return passed


def settle(tx: Tx, worker: str, outcomes: Sequence[Outcome], *, now: float) -> None:
    """Write what became of each attempt, and what it says about the account."""
    for outcome in outcomes:
        if outcome.answer is not None:
            _settle_sent(tx, worker, outcome, outcome.answer, now)
        elif outcome.error is not None:
            _settle_error(tx, worker, outcome, outcome.error, now)
    for account in {o.account for o in outcomes if o.answer is not None}:
        lanes.reopen(tx, account)
    stopped = {o.account: o.error for o in outcomes if o.error and o.error.then is Next.STOP}
    for account, error in stopped.items():
        lanes.close(tx, account, str(error), now, error.after)


def _settle_sent(tx: Tx, worker: str, outcome: Outcome, answer: Answer, now: float) -> None:
    ids = [outcome.letter.id]
    event = _event(outcome, now, answer.code, answer.text)
    values = {
        "transport": outcome.account, "answer": _said(answer.code, answer.text),
        "provider_id": answer.provider_id, "sent_at": now, "lease_until": None, "reason": "",
    }  # fmt: skip
    ours = [letter.c.worker == worker]
    if moves.move(
        tx, ids, State.SENT, event, come_from={State.DOT}, where=ours, values=values
    ):  # fmt: skip
        return
    # The lease was lost while the server thought: its late answer still settles the letter, and
    # spares a second one if that has not left.
    late = {State.UNCERTAIN, State.QUEUED, State.CLAIMED}
    doubted = [or_(letter.c.possibly_twice, letter.c.state == State.UNCERTAIN)]
    if not moves.move(
        tx, ids, State.SENT, event, come_from=late, where=doubted, values=values
    ):  # fmt: skip
        state = tx.execute(select(letter.c.state).where(letter.c.id == ids[0])).scalar_one()
        moves.record(tx, ids, State(state), event)


def _settle_error(tx: Tx, worker: str, outcome: Outcome, error: SendError, now: float) -> None:
    event = _event(outcome, now, error.code, error.reason)
    values: dict[str, Any] = {
        "transport": outcome.account, "answer": _said(error.code, error.reason),
        "lease_until": None,
    }  # fmt: skip
    new = State.QUEUED
    if error.maybe_accepted:
        new = State.UNCERTAIN
    elif error.then is Next.FAIL:
        new, values["reason"] = State.FAILED, "refused"
    elif error.then is Next.STOP:  # the letter is not at fault: it has lost nothing
        values |= {"attempts": letter.c.attempts - 1, "dated_at": reaping.undated()}
    elif _is_too_late(tx, outcome, wait := _wait(outcome, error), now):
        new, values["reason"] = State.FAILED, "deadline"
    else:
        values |= {"due_at": now + wait, "dated_at": reaping.undated()}
        values["tried_at"] = func.coalesce(letter.c.tried_at, now)
    come_from = {State.DOT} if error.maybe_accepted else {State.CLAIMED, State.DOT}
    ours = [letter.c.worker == worker]
    moved = moves.move(
        tx, [outcome.letter.id], new, event, come_from=come_from, where=ours, values=values
    )
    if error.maybe_accepted:
        reaping.after_doubt(tx, moved, now, wait=_wait(outcome, error))


def _event(outcome: Outcome, now: float, code: str, note: str) -> moves.Event:
    return moves.Event(
        now=now, actor="worker", code=code, note=note, transport=outcome.account,
        attempt=outcome.letter.attempt,
    )  # fmt: skip


def _wait(outcome: Outcome, error: SendError) -> float:
    return error.after or BACKOFF[min(outcome.letter.attempt, len(BACKOFF)) - 1]


def _is_too_late(tx: Tx, outcome: Outcome, wait: float, now: float) -> bool:
    """True when the next attempt would come after the deadline."""
    statement = select(letter.c.tried_at).where(letter.c.id == outcome.letter.id)
    first = tx.execute(statement).scalar()
    return first is not None and now + wait > first + DEADLINE


def _said(code: str, text: str) -> str:
    return text if text.startswith(code) else f"{code} {text}"
