"""What may be done to many letters at once, and to which of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, literal_column

from mailer.db import Tx
from mailer.outbox import holding
from mailer.outbox.holding import Decision
from mailer.status import State


@dataclass(frozen=True, kw_only=True)
class Act:
    """What is done to letters, by the state they are in; in any other they are left alone."""

    by_state: Mapping[State, Decision | None] = field(default_factory=dict)  # None: answered

    def leaves(self, state: State) -> bool:
        """True when letters in `state` leave by it, which only those may that were approved."""
        decision = self.by_state[state]
        return decision is not None and decision.new is State.QUEUED

    def states(self, wanted: str) -> list[State]:
        """The states it is for, or the one of them that a filter names."""
        return [state for state in self.by_state if wanted in ("", state)]


ACTS: dict[str, Act] = {
    "release": Act(by_state={State.REVIEW: holding.RELEASE}),
    "hold": Act(by_state={State.QUEUED: holding.HOLD}),
    "resend": Act(by_state={State.FAILED: holding.TRY_AGAIN, State.UNCERTAIN: holding.SEND_AGAIN}),
    "arrived": Act(by_state={State.UNCERTAIN: holding.CALL_SENT}),
    "give-up": Act(by_state={State.UNCERTAIN: holding.GIVE_UP}),
    "answered": Act(by_state={State.SENT: None, State.DELIVERED: None}),
    "cancel": Act(
        by_state=dict.fromkeys(
            (State.AWAITING, State.REVIEW, State.QUEUED, State.FAILED), holding.CANCEL
        )
    ),
}


def do(
    tx: Tx, act: Act, state: State, ids: Sequence[str], *, actor: str, now: float, cleared: bool
) -> int:
    """Do it to those letters that are in `state` still; says to how many.

    With `cleared` what nobody approved does not leave.
    """
    decision = act.by_state[state]
    if decision is None:
        return len(holding.answered(tx, ids, actor=actor, now=now))
    may_leave = [_CLEARED] if cleared and act.leaves(state) else []
    return len(holding.decide(tx, decision, ids, actor=actor, now=now, where=may_leave))


_CLEARED: ColumnElement[bool] = literal_column("letter.cleared")
