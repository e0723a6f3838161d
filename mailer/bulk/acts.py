"""What may be done to many letters at once, and to which of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, exists, literal, literal_column

from mailer.db import Tx
from mailer.db.schema import letter, letter_event
from mailer.outbox import holding
from mailer.outbox.holding import Decision
from mailer.status import State


@dataclass(frozen=True, kw_only=True)
class Act:
    """What is done to letters, by the state they are in; in any other they are left alone."""

    by_state: Mapping[State, Decision | None] = field(default_factory=dict)  # None: answered
    undone_by: str = ""  # the act that takes it back, as far as letters still stand as it left them

    def leaves(self, state: State) -> bool:
        """True when letters in `state` leave by it, which only those may that were approved."""
        decision = self.by_state[state]
        return decision is not None and decision.new is State.QUEUED

    def states(self, wanted: str) -> list[State]:
        """The states it is for, or the one of them that a filter names."""
        return [state for state in self.by_state if wanted in ("", state)]


ACTS: dict[str, Act] = {
    "release": Act(by_state={State.REVIEW: holding.RELEASE}, undone_by="hold"),
    "hold": Act(by_state={State.QUEUED: holding.HOLD}, undone_by="release"),
    "resend": Act(
        by_state={State.FAILED: holding.TRY_AGAIN, State.UNCERTAIN: holding.SEND_AGAIN},
        undone_by="hold",
    ),
    "arrived": Act(by_state={State.UNCERTAIN: holding.CALL_SENT}),
    "give-up": Act(by_state={State.UNCERTAIN: holding.GIVE_UP}),
    "answered": Act(by_state={State.SENT: None, State.DELIVERED: None}),
    "cancel": Act(
        by_state=dict.fromkeys(
            (State.AWAITING, State.REVIEW, State.QUEUED, State.FAILED), holding.CANCEL
        )
    ),
}

FINAL = frozenset({"cancel", "give-up"})
"""Acts that nobody can take back, and that supporters are told of or must write anew after."""


def do(
    tx: Tx, act: Act, state: State, ids: Sequence[str], *, actor: str, now: float, cleared: bool,
    job: str = "", where: Sequence[ColumnElement[bool]] = (),
) -> int:  # fmt: skip
    """Do it to those letters that are in `state` still, and fit; says to how many.

    With `cleared` what nobody approved does not leave. `job` is noted at each letter, so that
    the same act can never do it twice.
    """
    decision = act.by_state[state]
    if decision is None:
        return len(holding.answered(tx, ids, actor=actor, now=now, job=job))
    may_leave = [_CLEARED] if cleared and act.leaves(state) else []
    conditions = [*may_leave, *where, *([~noted_by(job)] if job else [])]
    moved = holding.decide(
        tx, decision, ids, actor=actor, now=now, where=conditions, job=job
    )  # fmt: skip
    return len(moved)


def noted_by(job: str, *, since_untouched: bool = False) -> ColumnElement[bool]:
    """A condition on a letter: a job has noted itself at it, perhaps as its last change."""
    noted = letter_event.alias()
    its = exists().where(noted.c.external_id == literal(job).op("||")(letter.c.id))
    return its.where(noted.c.at == letter.c.changed_at) if since_untouched else its


_CLEARED: ColumnElement[bool] = literal_column("letter.cleared")
