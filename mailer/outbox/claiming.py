"""Which letters a worker may take now: queue by queue, as pace, hours and ceilings allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Double,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    update,
)

from mailer.db import Tx, given
from mailer.db.schema import lane, letter, letter_text, queue
from mailer.message import Mail
from mailer.outbox import lanes, moves, queues
from mailer.outbox.allowances import Allowances
from mailer.outbox.entry import mail_of
from mailer.status import Kind, State

QUEUES_AT_ONCE = 16
"""Queues that one claim serves: some letters from each cost less than one from very many."""

CANDIDATES = 500
"""Queues that one claim looks at, those that were served longest ago first."""


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A letter that this worker holds."""

    id: str
    attempt: int
    lease: float  # until when, as written: tells this claim from any other
    mail: Mail
    lane: str = lanes.PEOPLE  # of its mailbox
    probes: bool = False  # its mailbox refused another letter for a while: this one tries it


@dataclass(frozen=True, kw_only=True)
class Way:
    """By what a claim's letters are to leave."""

    account: str
    delivers: bool = True  # it really sends: only then do approval, pace and hours matter
    limited: bool = False  # the account has a pace or a daily limit
    reserve: float = 0.1  # the share of it that is kept for mail to people
    others: frozenset[str] = frozenset()  # further accounts; what they may have is left to them


def claim(
    tx: Tx, worker: str, *, now: float, lease: float, most: int, way: Way
) -> list[Claimed]:  # fmt: skip
    """Take up to `most` due letters for `lease` seconds, as pace, hours and ceilings allow.

    Queue by queue: with few paced officials and a million letters nearly every due row is blocked,
    and asking the rows would read them all. Mail to people comes first; then the campaigns share.
    """
    groups = _turns(waiting(tx, now, way))
    if not groups:
        return []
    allowances = None
    if way.delivers:
        allowances = Allowances(
            tx, [row for group in groups for row in group], now=now, account=way.account,
            limited=way.limited, reserve=way.reserve,
        )  # fmt: skip
    values: dict[str, Any] = {
        "worker_": worker, "now_": now, "until_": now + lease, "others_": sorted(way.others)
    }  # fmt: skip
    taken: list[str] = []
    for later, group in zip(range(len(groups) - 1, -1, -1), groups, strict=True):
        left = most - len(taken)
        budget = left if group[0].id == queues.PEOPLE else -(-left // (later + 1))
        taken += _serve(tx, group, budget, allowances, values)
    if allowances:
        allowances.write()
    return _load(tx, taken)


def _serve(
    tx: Tx, group: Sequence[Row[Any]], budget: int, allowances: Allowances | None,
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
            ids = tx.execute(_take(delivers=bool(allowances)), one).scalars().all()
            if ids and allowances:
                allowances.spend(row, len(ids))
            taken += ids
    return taken


def waiting(tx: Tx, now: float, way: Way) -> list[Row[Any]]:
    """The queues with something due that nothing keeps back."""
    stands = lanes.paused(tx)
    if lanes.EVERYTHING in stands:
        return []
    found = tx.execute(_QUEUES[way.delivers], {"now_": now}).all()
    return [row for row in found if not (stands and _switches(row) & stands.keys())]


def _switches(row: Row[Any]) -> set[str]:
    """All that may be paused and would stop this queue."""
    named = {row.mailbox, row.domain}
    if row.id != queues.PEOPLE:
        named |= {lanes.of_campaign(row.campaign), lanes.of_official(row.official)}
    return named


def _turns(found: Sequence[Row[Any]]) -> list[list[Row[Any]]]:
    """The queues to serve now, by campaign: people first, then whoever was served longest ago.

    Each campaign gets as many turns as any other, however many officials it writes to.
    """
    campaigns: dict[str | None, list[Row[Any]]] = {}
    for row in sorted(found, key=lambda row: (row.id != queues.PEOPLE, row.served_at, row.id)):
        campaigns.setdefault(row.campaign, []).append(row)
    each = max(1, QUEUES_AT_ONCE // max(1, len(campaigns)))
    groups = [rows[:each] for rows in campaigns.values()]
    return groups[:QUEUES_AT_ONCE]


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


def _queues(*, delivers: bool) -> Select[Any]:
    """Queues with something due, in their office's hours, that their lanes let go."""
    now = bindparam("now_", type_=Double)
    mailbox, domain = lane.alias("mailbox"), lane.alias("domain")
    # A scalar, not EXISTS: that could become a join over all that is queued.
    due = select(1).where(
        letter.c.queue == queue.c.id, moves.is_state(State.QUEUED), letter.c.due_at <= now
    )
    found = (
        select(
            queue.c.id, queue.c.campaign, queue.c.official, queue.c.mailbox, queue.c.domain,
            queue.c.timezone, queue.c.ceiling, queue.c.served_at, mailbox.c.failures,
            domain.c.pace_count.label("domain_pace"),
        )
        .join_from(queue, mailbox, mailbox.c.id == queue.c.mailbox)
        .outerjoin(domain, domain.c.id == queue.c.domain)
        .where(due.limit(1).scalar_subquery().is_not(None))
        .order_by(queue.c.served_at)
        .limit(CANDIDATES)
    )  # fmt: skip
    if not delivers:
        return found
    # What is spent for now is left out here: much of it must not stand before what is open.
    below = or_(
        queue.c.ceiling == 0, mailbox.c.day_count < queue.c.ceiling,
        mailbox.c.day_ends.is_(None), mailbox.c.day_ends <= now,
    )  # fmt: skip
    passable = or_(domain.c.id.is_(None), lanes.has_allowance(domain, now))
    shut = and_(mailbox.c.failures > 0, mailbox.c.closed_until > now)
    return found.where(
        queues.is_open(now), below, ~func.coalesce(shut, false()), passable,
        lanes.has_allowance(mailbox, now),
    )  # fmt: skip


_QUEUES = {delivers: _queues(delivers=delivers) for delivers in (True, False)}


@cache
def _take(*, delivers: bool) -> Update:
    now = bindparam("now_", type_=Double)
    due = (
        select(letter.c.id)
        .where(letter.c.queue == bindparam("queue_"))
        .where(moves.is_state(State.QUEUED), letter.c.due_at <= now)
        .order_by(letter.c.priority, letter.c.due_at)
        .limit(bindparam("most_"))
        .with_for_update(skip_locked=True, key_share=True)
    )
    others: BindParameter[Any] = bindparam("others_", expanding=True)
    due = due.where(letter.c.transport.not_in(others))
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
    )
    return [
        Claimed(
            id=row.id,
            attempt=row.attempts,
            lease=row.lease_until,
            mail=mail_of(row, Kind(row.kind), row.dated_at),
            lane=row.mailbox,
            probes=row.failures > 0,
        )
        for row in found
    ]
