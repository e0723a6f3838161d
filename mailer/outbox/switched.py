"""What the audit keeps of a lane that somebody paused or resumed: which, never an address."""

from __future__ import annotations

from sqlalchemy import select

from mailer import audit
from mailer.db import Tx
from mailer.db.schema import queue


def note(tx: Tx, act: str, lane: str, *, actor: str, now: float) -> None:
    """Note that `actor` did `act` ("pause", "resume") to a lane, at the transaction's end."""
    subject = _without_address(tx, lane)
    audit.record(tx, now=now, actor=actor, act=f"lane.{act}", subject=subject)


def _without_address(tx: Tx, lane: str) -> str:
    """A mailbox is named by the officials that it belongs to."""
    kind, _, name = lane.partition(":")
    if "@" not in lane:
        return lane
    if kind != "mailbox":
        return f"{kind}:{name.rpartition('@')[2]}"
    theirs = select(queue.c.official).where(queue.c.mailbox == lane).distinct()
    officials = sorted(one for one in tx.execute(theirs).scalars() if one)
    return f"{kind}:{','.join(officials) or 'unknown'}"
