"""A code from the mail that asks to confirm, typed on a receipt: it does what the link does."""

from __future__ import annotations

import hmac
from enum import StrEnum

from sqlalchemy import select, update

from mailer.db import Store
from mailer.db.schema import confirmation, submission
from mailer.outbox import Sender
from mailer.submissions import codes, links
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.confirm import is_waiting, let_go

TRIES = 10
"""Wrong codes after which those of a mail no longer count; its link does, for ever."""


class Answer(StrEnum):
    """What came of a code."""

    DONE = "done"  # the letters are on their way, or no longer wait
    MALFORMED = "malformed"  # no code of ours looks like that
    WRONG = "wrong"  # not one of this mailbox; or typed wrongly too often, which nobody is told


def enter(store: Store, receipt: str, typed: str, *, sender: Sender) -> Answer | None:
    """Let the submission of a receipt go, if the code is of an open mail to its mailbox.

    None for a receipt that is not there. Only this submission goes, whatever else waits for the
    mailbox: whoever reads its mail has this receipt before them, and no other.
    """
    code = codes.read(typed)
    with store.write() as tx:
        row = tx.execute(select(submission).where(submission.c.receipt == receipt)).one_or_none()
        if row is None:
            return None
        one_at_a_time(tx, row.mailbox)
        now = store.now(tx)
        if not is_waiting(tx, row.id):
            return Answer.DONE
        if not code:
            return Answer.MALFORMED
        tried = [
            link
            for link in links.open_ones(tx, row.mailbox, now)
            if link.code and link.tries < TRIES
        ]
        key = store.pepper(tx)
        if any(hmac.compare_digest(codes.keyed(code, one.token, key), one.code) for one in tried):
            let_go(tx, row, now=now, sender=sender)
            return Answer.DONE
        these = confirmation.c.token.in_([link.token for link in tried])
        tx.execute(update(confirmation).where(these).values(tries=confirmation.c.tries + 1))
    return Answer.WRONG
