"""The fence before the final dot, and what is written after it.

Nothing here talks to a server, and no transaction is open while somebody does. The fence is the
commit just before the dot: a letter without one was surely not taken, one behind it may have been.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Double, Text, Update, bindparam, cast, func, or_, select, update

from mailer.db import Tx, given
from mailer.db.schema import letter
from mailer.errors import Next, SendError
from mailer.outbox import lanes, moves, reaping, stops
from mailer.outbox.claiming import Claimed
from mailer.outbox.quoting import unquoted
from mailer.outbox.retries import RetryPlan
from mailer.status import State
from mailer.transports.base import Answer

PLAN = RetryPlan()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one attempt: an answer or an error, never both."""

    letter: Claimed
    account: str
    answer: Answer | None = None
    error: SendError | None = None
    dotted: bool = True  # its dot was asked; else nothing of it can be with the server


def fence(
    tx: Tx, worker: str, staged: Sequence[tuple[Claimed, str]], *, now: float, lease: float,
    account: str = "",
) -> set[str]:  # fmt: skip
    """Put up the fence for (letter, SHA-256 of its bytes); return those still ours.

    `account` is that of the transport whose server may own them from now on. They keep to it: a
    letter that one server may have is never offered to another.

    A claim that has been taken back cannot pass, not even when the same worker has claimed the
    letter anew: it must abandon what it staged. For the others the lease begins again: it must
    outlive the longest wait for the answer to the dot.
    """
    if not staged:
        return set()
    rows = [
        {"id": one.id, "lease": repr(one.lease), "sha256": sha256} for one, sha256 in staged
    ]  # fmt: skip
    values = {"worker_": worker, "now_": now, "until_": now + lease, "account_": account}
    return _FENCE.run(tx, rows, values)


def settle(
    tx: Tx, worker: str, outcomes: Sequence[Outcome], *, now: float, plan: RetryPlan = PLAN,
    well: Collection[str] = (),
) -> None:  # fmt: skip
    """Write what became of each attempt, and what it says about the account.

    Accounts that are `well` need no word that they work.
    """
    accepted = [outcome for outcome in outcomes if outcome.answer is not None]
    settled = _settle_accepted(tx, worker, accepted, now)
    for outcome in outcomes:
        if outcome.error is not None:
            _settle_error(tx, worker, outcome, outcome.error, now, plan)
        elif outcome.answer is not None and outcome.letter.id not in settled:
            _settle_late(tx, worker, outcome, outcome.answer, now)
    for account in {outcome.account for outcome in accepted} - set(well):
        lanes.reopen(tx, account)
    for mailbox in {outcome.letter.lane for outcome in accepted if outcome.letter.probes}:
        lanes.unshut(tx, mailbox)
    _settle_stops(tx, outcomes, now)


def _settle_stops(tx: Tx, outcomes: Sequence[Outcome], now: float) -> None:
    """Shut the accounts that stopped; what somebody has to act on outweighs the rest."""
    found = [(o, o.error) for o in outcomes if o.error and o.error.then is Next.STOP]
    found.sort(key=lambda one: one[1].account)
    for outcome, error in {one[0].account: one for one in found}.values():
        lanes.close(tx, outcome.account, unquoted(error, outcome.letter.mail), now, error.after)
        if error.account:
            stops.note(tx, outcome.account)


_NOW = bindparam("now_", type_=Double)
_WORKER = bindparam("worker_", type_=Text)


def _fence(row: Any) -> Update:
    # All letters of a claim have the same lease: no equation, which would make PostgreSQL look
    # for each of them among all of them.
    lease = cast(row.lease, Double)
    return (
        update(letter)
        .where(letter.c.id == row.id, moves.is_state(State.CLAIMED), letter.c.worker == _WORKER)
        .where(lease > _NOW, letter.c.lease_until.is_not_distinct_from(lease))
        .values(
            state=State.DOT.value, sha256=row.sha256, changed_at=_NOW,
            lease_until=bindparam("until_"), tried_at=func.coalesce(letter.c.tried_at, _NOW),
            transport=bindparam("account_", type_=Text),
        )
    )  # fmt: skip


def _accepted(row: Any) -> Update:
    return (
        update(letter)
        .where(letter.c.id == row.id, moves.is_state(State.DOT), letter.c.worker == _WORKER)
        .values(
            state=State.SENT.value, sent_at=_NOW, changed_at=_NOW, lease_until=None, reason="",
            transport=row.account, answer=row.answer, provider_id=row.provider_id,
        )
    )  # fmt: skip


_FENCE = given.Each(_fence, letter.c.id, "id", "lease", "sha256")
_ACCEPTED = given.Each(_accepted, letter.c.id, "id", "account", "answer", "provider_id")


def _settle_accepted(tx: Tx, worker: str, accepted: Sequence[Outcome], now: float) -> set[str]:
    if not accepted:
        return set()
    rows = [
        {"id": outcome.letter.id, "account": outcome.account, **_said(outcome.answer)}
        for outcome in accepted
        if outcome.answer
    ]
    settled = _ACCEPTED.run(tx, rows, {"worker_": worker, "now_": now})
    moves.record_each(
        tx,
        [
            (outcome.letter.id, State.SENT, _event(outcome, now))
            for outcome in accepted
            if outcome.letter.id in settled
        ],
    )
    return settled


def _settle_late(tx: Tx, worker: str, outcome: Outcome, answer: Answer, now: float) -> None:
    """The lease was lost while the server thought: its late answer still settles the letter.

    It spares a second one, if that has not left yet. What was written by a commit whose own answer
    was lost is not written again.
    """
    ids, said = [outcome.letter.id], _said(answer)
    values = {
        "transport": outcome.account, "answer": said["answer"], "sent_at": now, "reason": "",
        "provider_id": said["provider_id"], "lease_until": None,
    }  # fmt: skip
    late = {State.UNCERTAIN, State.QUEUED, State.CLAIMED}
    doubted = [or_(letter.c.possibly_twice, letter.c.state == State.UNCERTAIN)]
    event = _event(outcome, now)
    if not moves.move(tx, ids, State.SENT, event, come_from=late, where=doubted, values=values):
        columns = (letter.c.state, letter.c.worker, letter.c.attempts)
        row = tx.execute(select(*columns).where(letter.c.id == ids[0])).one_or_none()
        if row and row != (State.SENT.value, worker, outcome.letter.attempt):
            moves.record(tx, ids, State(row.state), event)


def _settle_error(
    tx: Tx, worker: str, outcome: Outcome, error: SendError, now: float, plan: RetryPlan
) -> None:  # fmt: skip
    wait = max(error.after or 0.0, plan.wait(outcome.letter.attempt))
    values: dict[str, Any] = {"lease_until": None, "answer": _line(error.code, error.reason)}
    new = State.QUEUED
    if error.maybe_accepted:
        new = State.UNCERTAIN
    elif error.then is Next.FAIL:
        new, values["reason"] = State.FAILED, "refused"
        values["transport"] = outcome.account
    elif error.then is Next.STOP:
        # It has lost no attempt. It goes behind the others, so that the next probe is another
        # letter: a server that minds this one alone must not stop them all.
        values |= {"attempts": letter.c.attempts - 1, "dated_at": moves.undated()}
        values["due_at"] = now + reaping.BEHIND
        if outcome.dotted and outcome.letter.attempt == 1:
            values["transport"] = ""  # an API refused it unread, and had it never: others may
    elif plan.too_late(_first_try(tx, outcome), now + wait):
        new, values["reason"] = State.FAILED, "deadline"
    else:
        values |= {"due_at": now + wait, "dated_at": moves.undated()}
        values["tried_at"] = func.coalesce(letter.c.tried_at, now)
    # A copy that lost its lease may fail while a newer one, of the same worker, has its dot out.
    come_from = {State.DOT} if outcome.dotted else {State.CLAIMED}
    ids, ours = [outcome.letter.id], [letter.c.worker == worker]
    event = _event(outcome, now)
    moved = moves.move(tx, ids, new, event, come_from=come_from, where=ours, values=values)
    if error.then is Next.LANE and outcome.letter.lane != lanes.PEOPLE:
        lanes.shut(tx, outcome.letter.lane, unquoted(error, outcome.letter.mail), now, wait)
    if error.maybe_accepted:
        reaping.after_doubt(tx, moved, now, wait=wait)


def _event(outcome: Outcome, now: float) -> moves.Event:
    said, error = outcome.answer, outcome.error
    stopped = error is not None and error.then is Next.STOP  # which costs no attempt
    return moves.Event(
        now=now, actor="worker", transport=outcome.account,
        attempt=0 if stopped else outcome.letter.attempt,
        code=said.code if said else error.code if error else "",
        note=said.text if said else error.reason if error else "",
    )  # fmt: skip


def _first_try(tx: Tx, outcome: Outcome) -> float | None:
    statement = select(letter.c.tried_at).where(letter.c.id == outcome.letter.id)
    return tx.execute(statement).scalar()


def _said(answer: Answer | None) -> dict[str, str]:
    if answer is None:
        return {"answer": "", "provider_id": ""}
    return {"answer": _line(answer.code, answer.text), "provider_id": answer.provider_id}


def _line(code: str, text: str) -> str:
    return text if text.startswith(code) else f"{code} {text}"
