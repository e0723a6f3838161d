"""What is kept of a mailbox, in numbers: before its owner erases it, and as the proof after."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, or_, select

from mailer.db import Store, Tx
from mailer.db.schema import letter, submission
from mailer.status import Kind, State

LEFT = frozenset({State.SENT, State.DELIVERED, State.BOUNCED, State.COMPLAINED})
"""States of letters that cannot be called back."""

UNSURE = frozenset({State.CLAIMED, State.DOT, State.UNCERTAIN})
"""States of letters that a server may have."""

OVER = frozenset({State.FAILED, State.CANCELLED})
"""States of letters that came to nothing."""


@dataclass(frozen=True, kw_only=True)
class Fates:
    """What becomes of letters when their writer's data are erased, in numbers."""

    waiting: int = 0  # do not leave any more
    left: int = 0  # cannot be called back
    unsure: int = 0  # a server may have them


@dataclass(frozen=True, kw_only=True)
class Remains:
    """What is kept of a mailbox."""

    submissions: int
    letters: Fates
    erased: int  # submissions that were
    erased_at: float | None  # when the last of them was


def of_mailbox(store: Store, mailbox: str) -> Remains:
    """What is kept of a mailbox (a keyed hash)."""
    with store.read() as tx:
        theirs = select(func.count(), func.max(submission.c.erased_at)).where(
            submission.c.mailbox == mailbox
        )
        kept = tx.execute(theirs.where(submission.c.erased_at.is_(None))).one()[0]
        erased, erased_at = tx.execute(theirs.where(submission.c.erased_at.is_not(None))).one()
        return Remains(
            submissions=kept, letters=_letters(tx, mailbox), erased=erased, erased_at=erased_at
        )


def fate(state: State, *, possibly_twice: bool) -> str:
    """The number among `Fates` that a letter belongs to; "" for none."""
    if state in OVER:
        return ""
    if state in LEFT:
        return "left"
    return "unsure" if state in UNSURE or possibly_twice else "waiting"


def _letters(tx: Tx, mailbox: str) -> Fates:
    counted = (
        select(letter.c.state, letter.c.possibly_twice, func.count().label("number"))
        .join(submission, submission.c.id == letter.c.submission)
        .where(submission.c.mailbox == mailbox, submission.c.erased_at.is_(None))
        .where(letter.c.kind == Kind.LETTER)
        # What is kept on this machine goes with the rest.
        .where(or_(letter.c.state.not_in(LEFT), ~letter.c.transport.startswith("maildir:")))
        .group_by(letter.c.state, letter.c.possibly_twice)
    )
    numbers: dict[str, int] = {}
    for row in tx.execute(counted):
        name = fate(State(row.state), possibly_twice=row.possibly_twice)
        numbers[name] = numbers.get(name, 0) + row.number
    numbers.pop("", None)
    return Fates(**numbers)
