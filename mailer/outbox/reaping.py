"""What happens to letters whose worker died, and to those that may not leave."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, or_, select

from mailer.db import Tx
from mailer.db.schema import letter
from mailer.outbox import moves
from mailer.status import State

CRASH_WAIT = 60.0
"""Seconds until a letter whose attempt ended in doubt more than once is tried again."""


def reap(tx: Tx, *, now: float, dead: Collection[str] = ()) -> int:
    """Take back what workers left behind: leases that ran out, and all that `dead` workers hold.

    Without a fence a letter is queued again and lost nothing. Behind the fence it is uncertain:
    sent again and flagged, or held for a person, as its campaign says.
    """
    gone: ColumnElement[bool] = letter.c.lease_until <= now
    if dead:
        gone = or_(gone, letter.c.worker.in_(dead))
    held = or_(moves.is_state(State.CLAIMED), moves.is_state(State.DOT))
    found = tx.execute(
        select(letter.c.id, letter.c.state, letter.c.attempts)
        .where(held, gone)
        .with_for_update(skip_locked=True)
    ).all()
    event = moves.Event(now=now, actor="mailer", note="the worker stopped")
    safe = [row.id for row in found if row.state == State.CLAIMED]
    values = {"lease_until": None, "attempts": letter.c.attempts - 1, "dated_at": moves.undated()}
    moves.move(
        tx, safe, State.QUEUED, event, come_from={State.CLAIMED}, where=[gone], values=values
    )
    for row in found:
        if row.state == State.DOT:
            doubt = moves.move(
                tx, [row.id], State.UNCERTAIN, event, come_from={State.DOT}, where=[gone],
                values={"lease_until": None},
            )  # fmt: skip
            after_doubt(tx, doubt, now, wait=CRASH_WAIT if row.attempts > 1 else 0.0)
    return len(found)


def after_doubt(tx: Tx, ids: Sequence[str], now: float, *, wait: float) -> None:
    """Do what the campaign says about letters that may have been accepted."""
    note = "sent again, because no answer was heard: it may arrive twice"
    moves.move(
        tx, ids, State.QUEUED, moves.Event(now=now, actor="mailer", note=note),
        come_from={State.UNCERTAIN}, where=[letter.c.on_uncertain == "resend"],
        values={"possibly_twice": True, "due_at": now + wait},
    )  # fmt: skip


def hold_uncleared(tx: Tx, *, now: float) -> int:
    """Hold the queued letters that nobody approved: the transport really sends now."""
    waiting = select(letter.c.id).where(moves.is_state(State.QUEUED), ~letter.c.cleared)
    event = moves.Event(
        now=now, actor="mailer", note="written before the campaign was approved"
    )  # fmt: skip
    return len(
        moves.move(
            tx, list(tx.execute(waiting).scalars()), State.REVIEW, event,
            come_from={State.QUEUED}, values={"reason": "unapproved"},
        )
    )  # fmt: skip
