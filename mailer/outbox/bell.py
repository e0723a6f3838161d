"""What staff are told by URL: kept until it is told, because the mail server may be what fails."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from mailer.db import Tx
from mailer.db.ids import event_id
from mailer.db.schema import alert

WAITS = (30.0, 60.0, 300.0, 900.0, 3600.0)
"""Seconds until it is told again, by how often it was tried; the last repeats."""

GIVE_UP = 86400.0
"""Seconds after which nobody wants to hear of it any more."""


@dataclass(frozen=True, kw_only=True)
class Ring:
    """One thing to tell."""

    id: str
    at: float
    subject: str
    text: str


def ring(tx: Tx, subject: str, text: str, *, now: float) -> None:
    """Have staff told, in counts and without names."""
    values = {"id": event_id(now), "at": now, "subject": subject, "text": text, "due_at": now}
    tx.execute(insert(alert).values(**values))


def take(tx: Tx, *, now: float) -> Ring | None:
    """The oldest thing to be told now, or None; nobody else gets it for a while."""
    tx.execute(delete(alert).where(alert.c.at < now - GIVE_UP))
    due = select(alert).where(alert.c.due_at <= now).order_by(alert.c.id).limit(1)
    row = tx.execute(due.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    later = now + WAITS[min(row.tries, len(WAITS) - 1)]
    this = update(alert).where(alert.c.id == row.id)
    tx.execute(this.values(tries=row.tries + 1, due_at=later))
    return Ring(id=row.id, at=row.at, subject=row.subject, text=row.text)


def waits(tx: Tx, *, now: float) -> bool:
    """True when something is to be told now."""
    return tx.execute(select(alert.c.id).where(alert.c.due_at <= now).limit(1)).first() is not None


def told(tx: Tx, ring_id: str) -> None:
    """Forget what was told."""
    tx.execute(delete(alert).where(alert.c.id == ring_id))


def silence(tx: Tx) -> None:
    """Forget all of it: there is no URL to tell it to."""
    tx.execute(delete(alert))
