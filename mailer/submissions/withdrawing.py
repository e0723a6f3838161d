"""Withdrawing on the receipt: of a letter that has not left nothing leaves any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, select, update

from mailer import outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, submission
from mailer.outbox import Event, moves
from mailer.status import State
from mailer.submissions import receipts, replacing
from mailer.submissions.accept import ALREADY_WRITTEN, one_at_a_time
from mailer.submissions.receipts import ReceiptLetter

WITHDRAWN = "withdrawn by its writer"
"""The reason of such letters."""

_WAITING = frozenset({State.AWAITING, State.REVIEW, State.QUEUED})


def is_open(one: ReceiptLetter) -> bool:
    """True for a letter that can be withdrawn: nothing of it has left, nor may have."""
    return one.state in _WAITING and not one.possibly_twice


def withdraw(
    store: Store, token: str, chosen: Collection[str], accounts: Collection[str] = ()
) -> bool:
    """Cancel those of a receipt's letters that are chosen (by id) and have not left.

    Each leaves or is withdrawn, never both: one that a worker has in hand leaves. Their person may
    write to these officials again. False for a receipt that is not there. `accounts` are the
    transports in use.
    """
    with store.write() as tx:
        row = tx.execute(select(submission).where(submission.c.receipt == token)).one_or_none()
        if row is None:
            return False
        one_at_a_time(tx, row.mailbox)
        now = store.now(tx)
        shown = receipts.of_row(tx, row, now, accounts)
        ids = sorted(one.id for one in shown.letters if one.id in chosen and is_open(one))
        if ids:
            _cancel(tx, row, ids, now)
    return True


def settle_stand_ins(tx: Tx, ids: Sequence[str], reason: str, now: float) -> None:
    """Let second letters, which only look like letters that wait, look `reason` from now on.

    Nothing of them ever was to leave; and the first letters, which they look like, go their way:
    whoever has merely typed somebody's name must not stop what that person wrote.
    """
    these = (
        letter.c.id.in_(ids), letter.c.state == State.CANCELLED,
        letter.c.reason.startswith(ALREADY_WRITTEN),
    )  # fmt: skip
    settled = update(letter).where(*these).values(reason=reason, changed_at=now)
    found = tx.execute(settled.returning(letter.c.id)).scalars().all()
    moves.record(tx, found, State.CANCELLED, Event(now=now, actor="supporter", note=reason))


def _cancel(tx: Tx, row: Row[Any], ids: Sequence[str], now: float) -> None:
    own = select(letter.c.id).where(letter.c.id.in_(ids)).order_by(letter.c.id)
    tx.execute(own.with_for_update()).all()  # whoever has one in hand is first
    event = Event(now=now, actor="supporter", note=WITHDRAWN)
    outbox.move(
        tx, ids, State.CANCELLED, event, come_from=_WAITING, where=[~letter.c.possibly_twice],
        values={"reason": WITHDRAWN, "person": None},
    )  # fmt: skip
    replacing.spare_mails(tx, row.id, row.mailbox, event)
    settle_stand_ins(tx, ids, WITHDRAWN, now)
