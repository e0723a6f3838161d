"""What staff decide: about a letter that is held, one in doubt, and one that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import case, func, null, or_

from mailer.db import Tx
from mailer.db.schema import letter
from mailer.outbox import moves
from mailer.status import State

WITHDRAWN = "withdrawn by staff"
ARRIVED = "it arrived, say staff"
GIVEN_UP = "given up by staff"


def let_leave(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Queue a held letter, due at once; False when it is no longer held."""
    event = moves.Event(now=now, actor=actor)
    values = {"reason": "", "due_at": now}
    return _decide(tx, letter_id, State.REVIEW, State.QUEUED, event, values)


def withdraw(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Cancel a held letter; its person may write again. False when it is no longer held."""
    event = moves.Event(now=now, actor=actor, note=WITHDRAWN)
    values = {"reason": WITHDRAWN, "person": None}
    return _decide(tx, letter_id, State.REVIEW, State.CANCELLED, event, values)


def arrived(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Call a letter in doubt sent, on the word of staff; False when it is no longer in doubt.

    It was sent when it came into doubt, not when somebody found out.
    """
    event = moves.Event(now=now, actor=actor, note=ARRIVED)
    values = {"reason": "", "sent_at": func.coalesce(letter.c.sent_at, letter.c.changed_at)}
    return _decide(tx, letter_id, State.UNCERTAIN, State.SENT, event, values)


def send_again(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Queue a letter in doubt, flagged; False when it is no longer in doubt.

    It keeps its date, so that both copies are the same bytes. Its deadline begins anew.
    """
    event = moves.Event(now=now, actor=actor)
    values = {"reason": "", "due_at": now, "possibly_twice": True, "tried_at": None}
    return _decide(tx, letter_id, State.UNCERTAIN, State.QUEUED, event, values)


def give_up(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Call a letter in doubt failed: its supporter is told. False when it is no longer in doubt."""
    event = moves.Event(now=now, actor=actor, note=GIVEN_UP)
    values = {"reason": GIVEN_UP, "told_at": None}
    return _decide(tx, letter_id, State.UNCERTAIN, State.FAILED, event, values)


def try_again(tx: Tx, letter_id: str, *, actor: str, now: float) -> bool:
    """Queue a failed letter as if it had never been tried; False when it is no longer failed.

    If it fails again its supporter is told again. One that was given up in doubt may have arrived:
    it is flagged, and keeps its date.
    """
    event = moves.Event(now=now, actor=actor)
    doubted = or_(letter.c.possibly_twice, letter.c.reason == GIVEN_UP)
    values = {
        "reason": "", "due_at": now, "attempts": 0, "tried_at": None, "told_at": None,
        "possibly_twice": doubted, "dated_at": case((doubted, letter.c.dated_at), else_=null()),
    }  # fmt: skip
    return _decide(tx, letter_id, State.FAILED, State.QUEUED, event, values)


def _decide(
    tx: Tx, letter_id: str, old: State, new: State, event: moves.Event, values: Mapping[str, Any]
) -> bool:
    return bool(moves.move(tx, [letter_id], new, event, come_from={old}, values=values))
