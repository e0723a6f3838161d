"""'This was not me': the owner of an address says that others typed it."""

from __future__ import annotations

import math
from pathlib import Path

from sqlalchemy import select, update

from mailer import outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, submission, suppressed
from mailer.outbox import Event, suppression
from mailer.status import Kind, State
from mailer.submissions import journal, links
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.journal import What, Wish

NOT_ME = "not me"
"""Why a mailbox gets no more mail. Nothing here takes it back: others could type it again."""

DISOWNED = "the owner of the address did not write it"
"""The reason of letters that waited for that owner."""


def disown(store: Store, token: str, *, file: Path | None = None) -> bool:
    """Cancel all that waits for a link's mailbox, and mail nothing more to it, for good.

    It is noted in the journal `file`. False for a link that was never mailed. One that is over does
    it, too.
    """
    with store.write() as tx:
        now = store.now(tx)
        link = links.find(tx, token, now)
        if link is None:
            return False
        if end(tx, link.mailbox, now=now):
            journal.note_wish(file, Wish(at=now, mailbox=link.mailbox, what=What.NOT_ME))
    return True


def end(tx: Tx, mailbox: str, *, now: float, until: float = math.inf) -> bool:
    """Do so for a mailbox, and what had been written by `until`; false when it was done before."""
    one_at_a_time(tx, mailbox)
    new = not is_disowned(tx, mailbox)
    suppression.suppress(tx, mailbox, reason=NOT_ME, now=now)
    # Whoever had merely unsubscribed could take that back.
    theirs = suppressed.c.mailbox == mailbox
    tx.execute(update(suppressed).where(theirs).values(reason=NOT_ME))
    _cancel(tx, mailbox, until, now)
    return new


def is_disowned(tx: Tx, mailbox: str) -> bool:
    """True when the owner of a mailbox (a keyed hash) has said so."""
    why = select(suppressed.c.reason).where(suppressed.c.mailbox == mailbox)
    return tx.execute(why).scalar() == NOT_ME


def _cancel(tx: Tx, mailbox: str, until: float, now: float) -> None:
    waiting = (
        select(letter.c.id)
        .join(submission, submission.c.id == letter.c.submission)
        .where(submission.c.mailbox == mailbox, letter.c.kind == Kind.LETTER)
        .where(letter.c.state == State.AWAITING, letter.c.created_at <= until)
    )
    ids = tx.execute(waiting).scalars().all()
    event = Event(now=now, actor="supporter", note=DISOWNED)
    values = {"reason": DISOWNED}
    outbox.move(tx, ids, State.CANCELLED, event, come_from={State.AWAITING}, values=values)
