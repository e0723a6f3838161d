"""Own words that many people send nearly alike; kept for a week, as where they came from is."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from mailer.db import Store, Tx
from mailer.db.schema import likeness, submission
from mailer.privacy import WEEK

SIMILAR = "many send nearly the same words"
"""Why staff look at what came after the first few."""

MANY = 5
"""People who may say nearly the same before staff look at what the next one says."""

KEPT = WEEK
"""Seconds for which anything here is kept."""


def note(tx: Tx, submission_id: str, bands: Sequence[str], now: float) -> None:
    """Keep what the own words of a submission are compared by."""
    if bands:
        rows = [{"band": band, "submission": submission_id, "at": now} for band in bands]
        tx.execute(insert(likeness), rows)


def is_similar(tx: Tx, bands: Sequence[str], mailbox: str, now: float) -> bool:
    """True when enough others have sent nearly these words within the week."""
    if not bands:
        return False
    values = {"bands_": list(bands), "since_": now - KEPT, "mailbox_": mailbox}
    return len(tx.execute(_OTHERS, values).all()) >= MANY


_OTHERS = (
    select(submission.c.mailbox)
    .join(likeness, likeness.c.submission == submission.c.id)
    .where(likeness.c.band.in_(bindparam("bands_", expanding=True)))
    .where(likeness.c.at > bindparam("since_"), submission.c.mailbox != bindparam("mailbox_"))
    .distinct()
    .limit(MANY)
)


def purge(store: Store) -> int:
    """Throw away what is older than a week; return of how many submissions or rows that was."""
    with store.write() as tx:
        old = store.now(tx) - KEPT
        known = (submission.c.network != "", submission.c.created_at <= old)
        gone = tx.execute(update(submission).where(*known).values(network="")).rowcount
        gone += tx.execute(delete(likeness).where(likeness.c.at <= old)).rowcount
    return int(gone)
