"""'This was not me': the owner of an address says that others typed it."""

from __future__ import annotations

from sqlalchemy import select, update

from mailer import outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, submission, suppressed
from mailer.outbox import Event, suppression
from mailer.status import Kind, State
from mailer.submissions import links
from mailer.submissions.accept import one_at_a_time

NOT_ME = "not me"
"""Why a mailbox gets no more mail. Nothing here takes it back: others could type it again."""

DISOWNED = "the owner of the address did not write it"
"""The reason of letters that waited for that owner."""


def disown(store: Store, token: str) -> bool:
    """Cancel all that waits for a link's mailbox, and mail nothing more to it, for good.

    False for a link that was never mailed. One that is over does it, too.
    """
    with store.write() as tx:
        now = store.now(tx)
        link = links.find(tx, token, now)
        if link is None:
            return False
        one_at_a_time(tx, link.mailbox)
        suppression.suppress(tx, link.mailbox, reason=NOT_ME, now=now)
        # Whoever had merely unsubscribed could take that back.
        theirs = suppressed.c.mailbox == link.mailbox
        tx.execute(update(suppressed).where(theirs).values(reason=NOT_ME))
        _cancel(tx, link.mailbox, now)
    return True


def is_disowned(tx: Tx, mailbox: str) -> bool:
    """True when the owner of a mailbox (a keyed hash) has said so."""
    why = select(suppressed.c.reason).where(suppressed.c.mailbox == mailbox)
    return tx.execute(why).scalar() == NOT_ME


def _cancel(tx: Tx, mailbox: str, now: float) -> None:
    waiting = (
        select(letter.c.id)
        .join(submission, submission.c.id == letter.c.submission)
        .where(submission.c.mailbox == mailbox, letter.c.kind == Kind.LETTER)
        .where(letter.c.state == State.AWAITING)
    )
    ids = tx.execute(waiting).scalars().all()
    event = Event(now=now, actor="supporter", note=DISOWNED)
    values = {"reason": DISOWNED}
    outbox.move(tx, ids, State.CANCELLED, event, come_from={State.AWAITING}, values=values)
