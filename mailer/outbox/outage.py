"""When every way out fails: the deadline of letters that could have left begins, and ends.

A letter that waits for its pace, its hours or its turn is not failing. So while the outage lasts,
only as many letters of each queue begin their deadline as its lanes would have let go by now.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update

from mailer.db import Tx
from mailer.db.schema import lane, letter
from mailer.outbox import lanes, moves
from mailer.outbox.reaping import BATCH
from mailer.outbox.retries import RetryPlan
from mailer.outbox.waiting import Way, waiting
from mailer.status import State


def began(tx: Tx, accounts: Sequence[str]) -> float | None:
    """Since when none of `accounts` works; None while one does, or when staff paused one."""
    ids = [lanes.of_account(account) for account in accounts]
    found = select(lane.c.failures, lane.c.paused, lane.c.since).where(lane.c.id.in_(ids))
    rows = tx.execute(found).all()
    if len(rows) < len(ids) or not all(row.failures and not row.paused for row in rows):
        return None
    return max(row.since or 0.0 for row in rows)


def note(tx: Tx, way: Way, *, since: float, now: float) -> int:
    """Begin the deadline of letters that would have left since the outage began; say how many."""
    rows = waiting(tx, now, way)
    rates = _rates(tx, rows, way)
    noted = 0
    for row in rows:
        values = {"queue_": row.id, "since_": since, "now_": now}
        begun = tx.execute(_BEGUN, values).scalar_one()
        rate = rates[row.id]
        most = min(BATCH, math.ceil(rate * (now - since)) - begun) if rate else BATCH
        if most > 0:
            noted += tx.execute(_BEGIN, values | {"most_": most}).rowcount
    return noted


def failing(tx: Tx, accounts: Sequence[str]) -> list[str]:
    """Those of `accounts` that do not work, and that nobody paused."""
    ids = {lanes.of_account(account): account for account in accounts}
    down = select(lane.c.id).where(lane.c.id.in_(ids), lane.c.failures > 0, ~lane.c.paused)
    return [ids[key] for key in tx.execute(down).scalars()]


def give_up(
    tx: Tx, plan: RetryPlan, *, now: float, bound: Collection[str] = ()
) -> int:  # fmt: skip
    """Fail letters whose deadline is over, a thousand at most; say how many.

    Where other accounts work, only those that are `bound` to one that does not: its server may
    have them already.
    """
    over = select(letter.c.id).where(
        moves.is_state(State.QUEUED), letter.c.tried_at < now - plan.deadline
    )
    if bound:
        over = over.where(letter.c.transport.in_(bound))
    found = tx.execute(over.limit(BATCH)).scalars().all()
    event = moves.Event(now=now, actor="mailer", note="no server could be reached")
    come_from, values = {State.QUEUED}, {"reason": "deadline"}
    return len(moves.move(tx, found, State.FAILED, event, come_from=come_from, values=values))


def _rates(tx: Tx, rows: Sequence[Row[Any]], way: Way) -> dict[str, float]:
    """Letters a second that each queue would get of its lanes; 0 where nothing limits it."""
    account = lanes.of_account(way.account)
    shared = {row.id: {row.mailbox, row.domain, account} for row in rows}
    sharing = Counter(key for keys in shared.values() for key in keys)
    found = tx.execute(select(lane).where(lane.c.id.in_([key for key in sharing if key])))
    limits = {row.id: _rate(row) / sharing[row.id] for row in found if _rate(row)}
    return {
        queue: min((limits[key] for key in keys if key in limits), default=0.0)
        for queue, keys in shared.items()
    }


def _rate(row: Row[Any]) -> float:
    by_pace = row.pace_count / row.pace_seconds if row.pace_count else math.inf
    by_day = row.day_most / 86400.0 if row.day_most else math.inf
    return 0.0 if by_pace == by_day == math.inf else min(by_pace, by_day)


_QUEUED = (letter.c.queue == bindparam("queue_"), moves.is_state(State.QUEUED))
_BEGUN = select(func.count()).where(*_QUEUED, letter.c.tried_at >= bindparam("since_"))
_NEXT = (
    select(letter.c.id)
    .where(*_QUEUED, letter.c.tried_at.is_(None), letter.c.due_at <= bindparam("now_"))
    .order_by(letter.c.priority, letter.c.due_at)
    .limit(bindparam("most_"))
    .with_for_update(skip_locked=True, key_share=True)
    .cte("next")
)
_BEGIN = (
    update(letter)
    .where(letter.c.id.in_(select(_NEXT.c.id)), letter.c.tried_at.is_(None))
    .values(tried_at=bindparam("now_"))
)
