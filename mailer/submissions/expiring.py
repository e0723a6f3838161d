"""Letters that nobody confirmed in time: they are cancelled when their last link is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from mailer import outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, submission
from mailer.outbox import Event, is_state
from mailer.status import Kind, State
from mailer.submissions import links

EXPIRED = "not confirmed in time"
"""The reason of such letters."""

BATCH = 500
"""Letters cancelled in one transaction: others must not wait for it."""

_EARLIER = 86400.0
"""Seconds by which a link may be older than what it opens: a day's most mails had been sent."""


def expire(store: Store) -> int:
    """Cancel what can no longer be confirmed; return how many letters that were."""
    with store.read() as tx:
        if not tx.execute(_overdue(store.now(tx))).first():
            return 0
    with store.write() as tx:
        now = store.now(tx)
        # Whoever confirms at this moment is first: nobody waits for anybody here.
        free = _overdue(now).with_for_update(of=letter, skip_locked=True)
        return cancel(tx, list(tx.execute(free).scalars()), now=now)


def cancel(tx: Tx, ids: Sequence[str], *, now: float) -> int:
    """Cancel those of some letters that still wait to be confirmed; how many did."""
    event = Event(now=now, actor="mailer", note=EXPIRED)
    values = {"reason": EXPIRED}
    states = {State.AWAITING}
    return len(outbox.move(tx, ids, State.CANCELLED, event, come_from=states, values=values))


def _overdue(now: float) -> Select[Any]:
    waiting = (
        select(letter.c.id)
        .join(submission, submission.c.id == letter.c.submission)
        .where(is_state(State.AWAITING), letter.c.kind == Kind.LETTER)
        .where(letter.c.created_at <= now - links.LIFE + _EARLIER)
        .where(~links.opens(now))
    )
    return waiting.order_by(letter.c.id).limit(BATCH)
