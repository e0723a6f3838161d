"""What staff decide about a letter that is held: it leaves, or it is withdrawn."""

from __future__ import annotations

from mailer.db import Tx
from mailer.outbox import moves
from mailer.status import State

WITHDRAWN = "withdrawn by staff"


def let_leave(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Queue a held letter, due at once; False when it is no longer held."""
    event = moves.Event(now=now, actor=actor)
    return _decide(tx, letter_id, State.QUEUED, event, {"reason": "", "due_at": now})


def withdraw(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Cancel a held letter; its person may write again. False when it is no longer held."""
    event = moves.Event(now=now, actor=actor, note=WITHDRAWN)
    return _decide(tx, letter_id, State.CANCELLED, event, {"reason": WITHDRAWN, "person": None})


def _decide(
    tx: Tx, letter_id: str, new: State, event: moves.Event, values: dict[str, object]
) -> bool:
    held = {State.REVIEW}
    return bool(moves.move(tx, [letter_id], new, event, come_from=held, values=values))
