"""Reads the ledger after a storm, for the verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from mailer import outbox
from mailer.db import Store
from mailer.db.schema import letter, letter_event, letter_text, submission
from mailer.message import compose
from mailer.status import Kind, State
from tests.storms.logbook import TOOK, Entry
from tests.storms.verdict import OPEN, Doubt, Letter


def letters(store: Store) -> list[Letter]:
    """Everything that is to leave, with its bytes made anew from its text.

    A mail of ours to a supporter is nobody's letter: it stands alone.
    """
    with store.read() as tx:
        rows = tx.execute(
            select(letter, letter_text, submission.c.person.label("who"))
            .join(letter_text, letter_text.c.letter == letter.c.id)
            .outerjoin(submission, submission.c.id == letter.c.submission)
        ).all()
    return [_letter(row) for row in rows]


def _letter(row: Row[Any]) -> Letter:
    ours = row.kind != Kind.LETTER
    told = ours or row.state != State.FAILED or row.told_at is not None
    return Letter(
        id=row.id, submission="" if ours else row.submission, person=row.id if ours else row.who,
        official=row.official or "", state=row.state, reason=row.reason,
        recipient=row.to_address, possibly_twice=row.possibly_twice, sha256=row.sha256,
        rebuilt=_rebuilt(row) if row.state == State.SENT else "",
        told=told, shown=f"{row.salutation}\n\n{row.body}" if row.salutation else row.body,
    )  # fmt: skip


def doubts(store: Store) -> list[Doubt]:
    """Every moment at which a letter became uncertain, and whether a reaper said so."""
    with store.read() as tx:
        rows = tx.execute(
            select(letter_event.c.letter, letter_event.c.actor).where(
                letter_event.c.state == State.UNCERTAIN.value
            )
        ).all()
    return [Doubt(letter=row.letter, reaped=row.actor == "mailer") for row in rows]


def waiting(store: Store) -> int:
    """How many mails of any kind are still to leave."""
    found = states(store)  # once: what moves meanwhile must not be missed in all of its states
    return sum(found.get(state, 0) for state in OPEN)


def states(store: Store) -> dict[str, int]:
    """How many mails of any kind are in each state."""
    with store.read() as tx:
        found = tx.execute(select(letter.c.state, func.count()).group_by(letter.c.state)).all()
    return {row[0]: row[1] for row in found}


def leased(store: Store) -> int:
    """How many letters some worker holds."""
    with store.read() as tx:
        held = select(func.count()).where(letter.c.lease_until.is_not(None))
        return int(tx.execute(held).scalar_one())


def _rebuilt(row: Row[Any]) -> str:
    """The hash of the bytes made anew; "" of a letter whose date a backup did not know."""
    if row.dated_at is None:
        return ""
    mail = outbox.mail_of(row, Kind(row.kind), row.dated_at)
    return hashlib.sha256(compose(mail)).hexdigest()


def decide(store: Store, log: Sequence[Entry], now: float) -> int:
    """Decide as staff would what stayed uncertain, by what the relay knows; says how many."""
    took = {entry.letter for entry in log if entry.did == TOOK}
    with store.write() as tx:
        found = tx.execute(select(letter.c.id).where(outbox.is_state(State.UNCERTAIN)))
        ids = list(found.scalars())
        for key in ids:
            act = outbox.arrived if key in took else outbox.send_again
            act(tx, key, actor="staff:storm", now=now)
    return len(ids)
