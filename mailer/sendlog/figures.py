"""What a machine that watches asks for: how much is where, and how long it has waited."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from mailer.db import Store, Tx
from mailer.db.schema import alert, letter, letter_count, queue
from mailer.outbox import is_state
from mailer.sendlog import lanes, pulse
from mailer.status import State


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Everything at one moment; as cheap with a million letters as with none."""

    letters: Mapping[tuple[str, str], int]  # by kind and state, as last counted (seconds ago)
    oldest_due: float  # seconds for which the first letter that may leave has waited; 0: none
    heard: float | None  # seconds since a worker was heard; None: never
    paused: int  # lanes
    failing: int
    stuck: int  # queues that nobody serves
    untold: int  # alerts that the URL has not taken yet


def figures(store: Store, *, accounts: Collection[str], delivers: bool) -> Figures:
    """The figures now; `accounts` are the transports in use, `delivers` that one really sends."""
    alarms = lanes.alarms(store, accounts=accounts, delivers=delivers)
    with store.read() as tx:
        now = store.now(tx)
        counted = select(
            letter_count.c.kind, letter_count.c.state, func.sum(letter_count.c.count).label("n")
        ).group_by(letter_count.c.kind, letter_count.c.state)
        letters = {(row.kind, row.state): int(row.n) for row in tx.execute(counted)}
        heard = pulse.heard(tx)
        untold = tx.execute(select(func.count()).select_from(alert)).scalar_one()
        return Figures(
            letters=letters, oldest_due=_oldest_due(tx, now),
            heard=None if heard is None else max(0.0, now - heard),
            paused=len(alarms.paused), failing=len(alarms.failing), stuck=alarms.stuck,
            untold=int(untold),
        )  # fmt: skip


def _oldest_due(tx: Tx, now: float) -> float:
    """Seconds for which the first due letter of any queue has waited; one probe for each queue."""
    first = (
        select(letter.c.due_at)
        .where(letter.c.queue == queue.c.id, is_state(State.QUEUED))
        .order_by(letter.c.priority, letter.c.due_at)
        .limit(1)
        .correlate(queue)
        .scalar_subquery()
    )
    dues = [row.due for row in tx.execute(select(first.label("due"))) if row.due is not None]
    return max(0.0, now - min(dues)) if dues else 0.0
