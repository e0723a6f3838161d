"""Whom we mail no more: supporters who said so, to us or by the spam button of their mail."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.dialects import postgresql, sqlite

from mailer.db import Tx
from mailer.db.schema import letter, submission, suppressed
from mailer.outbox import moves
from mailer.status import Kind, State

REASON = "its reader wants no more mail from us"
"""The reason of mails that were withdrawn."""


def suppress(tx: Tx, mailbox: str, *, reason: str, now: float) -> None:
    """Mail nothing more to a mailbox (a keyed hash), and withdraw what waits for it.

    The letters of its owner to officials go on: they are theirs.
    """
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = insert(suppressed).values(mailbox=mailbox, reason=reason, at=now)
    tx.execute(row.on_conflict_do_nothing(index_elements=[suppressed.c.mailbox]))
    waiting = (
        select(letter.c.id)
        .join(submission, submission.c.id == letter.c.submission)
        .where(submission.c.mailbox == mailbox, letter.c.kind != Kind.LETTER)
        .where(letter.c.state == State.QUEUED)
    )
    found = tx.execute(waiting).scalars().all()
    event, values = moves.Event(now=now, actor="mailer", note=REASON), {"reason": REASON}
    moves.move(tx, found, State.CANCELLED, event, come_from={State.QUEUED}, values=values)


def is_suppressed(tx: Tx, mailbox: str) -> bool:
    """True when a mailbox (a keyed hash) gets no mail of ours."""
    return bool(tx.execute(select(exists().where(suppressed.c.mailbox == mailbox))).scalar())


def of_submission(tx: Tx, submission_id: str) -> bool:
    """True when the mailbox of a submission gets no mail of ours."""
    theirs = exists().where(
        submission.c.id == submission_id, suppressed.c.mailbox == submission.c.mailbox
    )
    return bool(tx.execute(select(theirs)).scalar())
