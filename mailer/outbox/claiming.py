"""Which letters a worker may take now: queue by queue, as pace, hours and ceilings allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Double, Row, Select, Update, bindparam, func, select, update

from mailer.db import Tx, given
from mailer.db.schema import lane, letter, letter_text, queue
from mailer.message import Mail
from mailer.outbox import enclosures, lanes, moves, queues
from mailer.outbox.allowances import Allowances
from mailer.outbox.entry import mail_of
from mailer.outbox.waiting import Way, of_way, turns, waiting
from mailer.status import Kind, State


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A letter that this worker holds."""

    id: str
    attempt: int
    lease: float  # until when, as written: tells this claim from any other
    mail: Mail
    lane: str = lanes.PEOPLE  # of its mailbox
    probes: bool = False  # its mailbox refused another letter for a while: this one tries it


def claim(
    tx: Tx, worker: str, *, now: float, lease: float, most: int, way: Way
) -> list[Claimed]:  # fmt: skip
    """Take up to `most` due letters for `lease` seconds, as pace, hours and ceilings allow.

    Queue by queue: with few paced officials and a million letters nearly every due row is blocked,
    and asking the rows would read them all. Mail to people comes first; then the campaigns share.
    """
    groups = turns(waiting(tx, now, way))
    if not groups:
        return []
    allowances = None
    if way.delivers:
        allowances = Allowances(
            tx, [row for group in groups for row in group], now=now, account=way.account,
            limited=way.limited, reserve=way.reserve,
        )  # fmt: skip
    values: dict[str, Any] = {
        "worker_": worker, "now_": now, "until_": now + lease, "accounts_": way.accounts
    }  # fmt: skip
    taken: list[str] = []
    for later, group in zip(range(len(groups) - 1, -1, -1), groups, strict=True):
        left = most - len(taken)
        budget = left if group[0].id == queues.PEOPLE else -(-left // (later + 1))
        taken += _serve(tx, group, budget, allowances, _take(way.delivers, way.bound), values)
    if allowances:
        allowances.write()
    return _load(tx, taken)


def _serve(
    tx: Tx, group: Sequence[Row[Any]], budget: int, allowances: Allowances | None, take: Update,
    values: dict[str, Any],
) -> list[str]:  # fmt: skip
    """Take up to `budget` letters from the queues of one campaign, in equal shares."""
    taken: list[str] = []
    for index, row in enumerate(group):
        share = -(-(budget - len(taken)) // (len(group) - index))
        if share <= 0:
            break
        allowed = allowances.of(row, share) if allowances else share
        if allowed > 0:
            one = values | {"queue_": row.id, "most_": allowed}
            ids = tx.execute(take, one).scalars().all()
            if ids and allowances:
                allowances.spend(row, len(ids))
            taken += ids
    return taken


def release(
    tx: Tx, worker: str, ids: Sequence[str], *, now: float, fenced: bool = False
) -> None:  # fmt: skip
    """Give back letters of this worker for which surely no dot was sent; they lost nothing.

    `fenced` takes them back from behind the fence, too: where a commit's fate is not known.
    """
    if not ids:
        return
    values = {
        "attempts": letter.c.attempts - 1, "lease_until": None, "dated_at": moves.undated(),
    }  # fmt: skip
    event = moves.Event(now=now, actor="worker", note="given back")
    come_from = {State.CLAIMED, State.DOT} if fenced else {State.CLAIMED}
    ours = [letter.c.worker == worker]
    moves.move(tx, ids, State.QUEUED, event, come_from=come_from, where=ours, values=values)


def held(tx: Tx, worker: str) -> set[str]:
    """The letters this worker has claimed and not fenced."""
    theirs = select(letter.c.id).where(moves.is_state(State.CLAIMED), letter.c.worker == worker)
    return set(tx.execute(theirs).scalars())


def next_due(tx: Tx) -> float | None:
    """When the next queued letter is due by its own clock (pace aside), or None."""
    first = select(func.min(letter.c.due_at)).where(moves.is_state(State.QUEUED))
    found = tx.execute(first).scalar()
    return None if found is None else float(found)


@cache
def _take(delivers: bool, bound: bool) -> Update:
    now = bindparam("now_", type_=Double)
    due = (
        select(letter.c.id)
        .where(letter.c.queue == bindparam("queue_"))
        .where(moves.is_state(State.QUEUED), letter.c.due_at <= now)
        .order_by(letter.c.priority, letter.c.due_at)
        .limit(bindparam("most_"))
        .with_for_update(skip_locked=True, key_share=True)
    )
    due = due.where(of_way(bound=bound))
    # A plain subquery would be run again for each row by PostgreSQL, and pass the limit.
    first = (due.where(letter.c.cleared) if delivers else due).cte("due")
    return (
        update(letter)
        .where(letter.c.id.in_(select(first.c.id)), moves.is_state(State.QUEUED))
        .values(
            state=State.CLAIMED.value, worker=bindparam("worker_"),
            lease_until=bindparam("until_"), changed_at=now,
            attempts=letter.c.attempts + 1,
            # A letter that may have been taken before keeps its date: the bytes stay the same.
            dated_at=func.coalesce(letter.c.dated_at, now),
        )
        .returning(letter.c.id)
    )  # fmt: skip


@cache
def _texts(dialect: str) -> Select[Any]:
    row = given.table(dialect, "id")
    return (
        select(
            letter_text,
            letter.c.id,
            letter.c.kind,
            letter.c.attempts,
            letter.c.priority,
            letter.c.dated_at,
            letter.c.lease_until,
            queue.c.mailbox,
            lane.c.failures,
        )
        .join_from(row, letter, letter.c.id == row.c.id)
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .join(queue, queue.c.id == letter.c.queue)
        .join(lane, lane.c.id == queue.c.mailbox)
    )


def _load(tx: Tx, ids: Sequence[str]) -> list[Claimed]:
    if not ids:
        return []
    found = tx.execute(
        _texts(tx.dialect.name), given.rows(tx.dialect.name, [{"id": key} for key in ids])
    ).all()
    along = enclosures.of(tx, [row.id for row in found if row.kind == Kind.REPLY])
    return [
        Claimed(
            id=row.id,
            attempt=row.attempts,
            lease=row.lease_until,
            mail=mail_of(row, Kind(row.kind), row.dated_at, along.get(row.id, b"")),
            lane=row.mailbox,
            probes=row.failures > 0,
        )
        # In the order in which they entered: their rows lie together, and share their words.
        for row in sorted(found, key=lambda row: (row.priority, row.id))
    ]
