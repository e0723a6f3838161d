"""Letters written again with the right address: they stand for those that waited at the wrong."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select

from mailer import outbox
from mailer.db import Tx
from mailer.db.schema import letter, submission
from mailer.outbox import Event
from mailer.status import Kind, State

REPLACED = "written again"
"""The reason of letters for which others stand."""


def mailbox(tx: Tx, receipt: str) -> Sequence[str]:
    """The mailbox of a receipt's submission, to be kept from others; empty for none."""
    if not receipt:
        return ()
    theirs = select(submission.c.mailbox).where(submission.c.receipt == receipt)
    return tx.execute(theirs).scalars().all()


def replace(tx: Tx, receipt: str, campaign: str, now: float) -> None:
    """Cancel what waits of a receipt's submission, for those that were just written instead.

    What was confirmed meanwhile, or is of another campaign, stays. The mails that ask for it are
    withdrawn if they have not left and nothing else waits at their address.
    """
    if not receipt:
        return
    this = (submission.c.receipt == receipt, submission.c.campaign == campaign)
    row = tx.execute(select(submission).where(*this)).one_or_none()
    if row is None:
        return
    event, values = Event(now=now, actor="supporter", note=REPLACED), {"reason": REPLACED}
    own = select(letter.c.id).where(letter.c.submission == row.id)
    waiting = own.where(letter.c.kind == Kind.LETTER, letter.c.state == State.AWAITING)
    ids = tx.execute(waiting.order_by(letter.c.id).with_for_update()).scalars().all()
    outbox.move(tx, ids, State.CANCELLED, event, come_from={State.AWAITING}, values=values)
    if ids:
        spare_mails(tx, row.id, row.mailbox, event)


def spare_mails(tx: Tx, submission_id: str, mailbox: str, event: Event) -> None:
    """Withdraw mails that ask to confirm and have not left, if nothing waits at their address."""
    if _waits(tx, mailbox):
        return
    asking = letter.c.kind.in_((Kind.CONFIRMATION, Kind.REMINDER))
    theirs = (letter.c.submission == submission_id, asking)
    queued = select(letter.c.id).where(*theirs, letter.c.state == State.QUEUED)
    ids = tx.execute(queued.order_by(letter.c.id)).scalars().all()
    values = {"reason": event.note}
    outbox.move(tx, ids, State.CANCELLED, event, come_from={State.QUEUED}, values=values)


def _waits(tx: Tx, mailbox: str) -> bool:
    """True when anything waits to be confirmed by the owner of a mailbox."""
    waiting = exists().where(
        letter.c.submission == submission.c.id, submission.c.mailbox == mailbox,
        letter.c.state == State.AWAITING,
    )  # fmt: skip
    return bool(tx.execute(select(waiting)).scalar())
