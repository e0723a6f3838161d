"""What happens to letters whose worker died, and to those that may not leave."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, or_, select

from mailer.db import Tx
from mailer.db.schema import letter
from mailer.outbox import moves
from mailer.status import State

BEHIND = 1.0
"""Seconds that put a letter behind the others that are due, where it may be the one at fault."""

BATCH = 1000
"""Letters that one statement moves at most: databases limit the parameters it may have."""


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
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    event = moves.Event(now=now, actor="mailer", note="the worker stopped")
    safe = [row.id for row in found if row.state == State.CLAIMED]
    # Later than the others: if it is this letter that ends workers, the others leave first.
    values = {
        "lease_until": None, "attempts": letter.c.attempts - 1, "dated_at": moves.undated(),
        "due_at": now + BEHIND,
    }  # fmt: skip
    moves.move(
        tx, safe, State.QUEUED, event, come_from={State.CLAIMED}, where=[gone], values=values
    )
    for row in found:
        if row.state == State.DOT:
            doubt = moves.move(
                tx, [row.id], State.UNCERTAIN, event, come_from={State.DOT}, where=[gone],
                values={"lease_until": None},
            )  # fmt: skip
            after_doubt(tx, doubt, now, wait=BEHIND)
    return len(found)


def after_doubt(tx: Tx, ids: Sequence[str], now: float, *, wait: float) -> None:
    """Do what the campaign says about letters that may have been accepted.

    Once: a letter whose answer is lost again stays uncertain, for a person to look at. A server
    that takes letters and never says so must not fill an office's mailbox.
    """
    note = "sent again, because no answer was heard: it may arrive twice"
    moves.move(
        tx, ids, State.QUEUED, moves.Event(now=now, actor="mailer", note=note),
        come_from={State.UNCERTAIN},
        where=[letter.c.on_uncertain == "resend", ~letter.c.possibly_twice],
        values={"possibly_twice": True, "due_at": now + wait},
    )  # fmt: skip


def hold_uncleared(tx: Tx, *, now: float) -> int:
    """Hold queued letters that nobody approved: the transport really sends now.

    A thousand at most; returns how many.
    """
    waiting = select(letter.c.id).where(moves.is_state(State.QUEUED), ~letter.c.cleared)
    event = moves.Event(
        now=now, actor="mailer", note="written before the campaign was approved"
    )  # fmt: skip
    found = tx.execute(waiting.limit(BATCH)).scalars().all()
    come_from, values = {State.QUEUED}, {"reason": "unapproved"}
    return len(
        moves.move(tx, found, State.REVIEW, event, come_from=come_from, values=values)
    )  # fmt: skip
