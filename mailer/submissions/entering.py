"""A code from the mail that asks to confirm, typed on a receipt: it does what the link does."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, update

from mailer.db import Store, Tx
from mailer.db.schema import confirmation, submission
from mailer.outbox import Sender
from mailer.submissions import codes, expiring, links
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.confirm import awaiting, let_go

TRIES = 10
"""Wrong codes after which those of a mail no longer count; its link does, for ever."""


class Answer(StrEnum):
    """What came of a code."""

    DONE = "done"  # the letters are on their way, or no longer wait
    MALFORMED = "malformed"  # no code of ours looks like that
    WRONG = "wrong"  # not one of this mailbox; or typed wrongly too often, which nobody is told
    OVER = "over"  # of an older mail to this mailbox, whose time is over


def enter(store: Store, receipt: str, typed: str, *, sender: Sender) -> Answer | None:
    """Let the submission of a receipt go, if the code is of an open mail to its mailbox.

    None for a receipt that is not there. Only this submission goes, whatever else waits for the
    mailbox: whoever reads its mail has this receipt before them, and no other. When no mail to the
    mailbox is open any more, what waits is cancelled instead, and the receipt says why.
    """
    code = codes.read(typed)
    with store.write() as tx:
        row = tx.execute(select(submission).where(submission.c.receipt == receipt)).one_or_none()
        if row is None:
            return None
        one_at_a_time(tx, row.mailbox)
        now = store.now(tx)
        waiting = awaiting(tx, row.id)
        if not waiting:
            return Answer.DONE
        if not code:
            return Answer.MALFORMED
        mailed = links.open_ones(tx, row.mailbox, now)
        if not mailed:
            expiring.cancel(tx, waiting, now=now)
            return Answer.DONE
        if _fits(tx, code, mailed, store.pepper(tx)):
            let_go(tx, row, now=now, sender=sender, by="code")
            return Answer.DONE
        before = links.closed_ones(tx, row.mailbox, now)
        return Answer.OVER if _fits(tx, code, before, store.pepper(tx)) else Answer.WRONG


def _fits(tx: Tx, code: str, mailed: Sequence[Row[Any]], pepper: bytes) -> bool:
    """True when a code is of one of these mails; if not, that is noted of each."""
    tried = [link for link in mailed if link.code and link.tries < TRIES]
    if any(hmac.compare_digest(codes.keyed(code, one.token, pepper), one.code) for one in tried):
        return True
    these = confirmation.c.token.in_([link.token for link in tried])
    tx.execute(update(confirmation).where(these).values(tries=confirmation.c.tries + 1))
    return False
