"""The lanes as people look at them: what is paused, what fails, and each queue's standing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, literal_column, select

from mailer.db import Store, Tx
from mailer.db.schema import lane, letter, queue
from mailer.outbox import forecast, is_state, lanes, stops
from mailer.outbox.forecast import Forecast, Line
from mailer.outbox.pace import Bucket
from mailer.outbox.roads import Roads
from mailer.sendlog.standing import (
    Account,
    Alarms,
    Failing,
    Overview,
    Paused,
    Queue,
    Standing,
    standing,
)
from mailer.status import State


def alarms(store: Store, *, accounts: Collection[str], delivers: bool) -> Alarms:
    """What stands still or fails; as cheap with a million letters as with none.

    `accounts` are the transports in use; `delivers` says that one of them really sends.
    """
    with store.read() as tx:
        now = store.now(tx)
        rows = tx.execute(_QUEUES).all()
        roads = Roads(tx, rows, now, accounts)
        stuck = sum(standing(roads, row, delivers=delivers) is Standing.STUCK for row in rows)
        return Alarms(paused=_paused(tx), failing=_failing(tx, accounts), stuck=stuck)


def overview(store: Store, *, accounts: Collection[str], delivers: bool) -> Overview:
    """Everything about the lanes; counts every letter that waits."""
    with store.read() as tx:
        now = store.now(tx)
        rows = tx.execute(_QUEUES).all()
        counts = _Counts(tx, now, rows)
        roads = Roads(tx, rows, now, accounts)
        ends = forecast.ends(tx, counts.lines(), now, accounts) if delivers else {}
        queues = [_queue(roads, row, counts, ends, delivers=delivers) for row in rows]
        return Overview(
            now=now, paused=_paused(tx), failing=_failing(tx, accounts),
            accounts=tuple(_account(tx, one, now) for one in accounts), queues=tuple(queues),
        )  # fmt: skip


def known(store: Store) -> frozenset[str]:
    """Every lane and switch that some letter has ever waited by."""
    with store.read() as tx:
        ids = set(tx.execute(select(lane.c.id)).scalars())
        named = tx.execute(select(queue.c.campaign, queue.c.official)).all()
    ids |= {lanes.of_campaign(row.campaign) for row in named if row.campaign}
    ids |= {lanes.of_official(row.official) for row in named if row.official}
    return frozenset(ids | {lanes.EVERYTHING, lanes.PEOPLE})


def is_paused(store: Store, campaign: str) -> bool:
    """True when staff have paused a campaign, or everything."""
    with store.read() as tx:
        return bool(lanes.paused(tx).keys() & {lanes.EVERYTHING, lanes.of_campaign(campaign)})


class _Counts:
    """How many letters are where, by queue."""

    def __init__(self, tx: Tx, now: float, queues: Sequence[Row[Any]]) -> None:
        self.waiting = {row.queue: row for row in tx.execute(_waiting(now))}
        self.under_way = dict(_pairs(tx, _BY_QUEUE.where(_UNDER_WAY)))
        self.held = _in_state(tx, State.REVIEW, queues)
        self.uncertain = _in_state(tx, State.UNCERTAIN, queues)

    def lines(self) -> dict[str, Line]:
        """What waits for officials."""
        return {
            key: Line(letters=row.waiting, due_at=row.last_due)
            for key, row in self.waiting.items()
            if key != lanes.PEOPLE
        }


def _pairs(tx: Tx, statement: Select[Any]) -> Iterator[tuple[str, int]]:
    return ((row.queue, row.number) for row in tx.execute(statement))


def _in_state(tx: Tx, state: State, queues: Sequence[Row[Any]]) -> dict[str, int]:
    """Letters in a state by queue: by the index of states alone, where an office has one queue."""
    there, offices = (_SETTLED, is_state(state)), defaultdict[tuple[str, str], list[str]](list)
    for row in queues:
        offices[row.campaign, row.official].append(row.id)
    found = dict(_pairs(tx, _BY_QUEUE.where(_OTHERS, *there)))
    for row in tx.execute(_BY_OFFICE.where(*there)):
        ids = offices[row.campaign, row.official]
        if len(ids) == 1:
            found[ids[0]] = row.number
        else:
            theirs = (letter.c.campaign == row.campaign, letter.c.official == row.official)
            found.update(_pairs(tx, _BY_QUEUE.where(_LETTERS, *there, *theirs)))
    return found


def _queue(
    roads: Roads, row: Row[Any], counts: _Counts, ends: Mapping[str, Forecast], *, delivers: bool
) -> Queue:
    course, waiting = roads.course(row, row.mailbox), counts.waiting.get(row.id)
    bucket, opens = course.bucket, course.window(roads.now)[0]
    return Queue(
        id=row.id, campaign=row.campaign or "", official=row.official or "", mailbox=row.mailbox,
        standing=standing(roads, row, delivers=delivers), paused_by=roads.pause(row),
        waiting=waiting.waiting if waiting else 0,
        deferred=int(waiting.deferred) if waiting else 0,
        under_way=counts.under_way.get(row.id, 0), held=counts.held.get(row.id, 0),
        uncertain=counts.uncertain.get(row.id, 0), sent_today=bucket.today(roads.now),
        ceiling=row.ceiling, pace_count=bucket.count, pace_seconds=bucket.seconds,
        hours=row.hours, timezone=row.timezone, opens_at=opens if opens > roads.now else None,
        tried_at=row.served_at or None, ends=ends.get(row.id),
    )  # fmt: skip


def _paused(tx: Tx) -> tuple[Paused, ...]:
    """What is paused, the widest first."""
    found = lanes.paused(tx).items()
    order = (lanes.EVERYTHING, lanes.PEOPLE)
    return tuple(
        Paused(lane=key, reason=pause.reason, actor=pause.actor, since=pause.since)
        for key, pause in sorted(found, key=lambda one: (one[0] not in order, one[0]))
    )


def _failing(tx: Tx, accounts: Collection[str]) -> tuple[Failing, ...]:
    """What fails now; accounts that are no longer in use do not count."""
    in_use, stopped = {lanes.of_account(one) for one in accounts}, stops.noted(tx)
    return tuple(
        Failing(
            lane=row.id, reason=row.reason, since=row.since or 0.0,
            probe_at=row.closed_until or 0.0, failures=row.failures,
            stopped=stops.is_one(stopped, row.id, row.since),
        )
        for row in tx.execute(_FAILING)
        if row.id in in_use or not row.id.startswith(lanes.of_account(""))
    )  # fmt: skip


def _account(tx: Tx, name: str, now: float) -> Account:
    key = lanes.of_account(name)
    row = tx.execute(select(lane).where(lane.c.id == key)).one_or_none()
    bucket = lanes.bucket(row) if row else Bucket()
    return Account(
        lane=key, name=name, paused=bool(row and row.paused), fails=bool(row and row.failures),
        sent_today=bucket.today(now), day_most=bucket.day_most, pace_count=bucket.count,
        pace_seconds=bucket.seconds,
    )  # fmt: skip


_SETTLED: ColumnElement[bool] = literal_column(
    "state NOT IN ('claimed', 'dot')"
)  # as the index of states has it
_UNDER_WAY: ColumnElement[bool] = literal_column(
    "lease_until IS NOT NULL AND state IN ('claimed', 'dot')"
)  # by the index of leases: each that is under way has one
_BY_QUEUE: Select[Any] = select(letter.c.queue, func.count().label("number")).group_by(
    letter.c.queue
)
_LETTERS: ColumnElement[bool] = literal_column("letter.kind = 'letter'")
_OTHERS: ColumnElement[bool] = literal_column("letter.kind <> 'letter'")
_OFFICE = (letter.c.campaign, letter.c.official)
_BY_OFFICE = select(*_OFFICE, func.count().label("number")).where(_LETTERS).group_by(*_OFFICE)
_FAILING = select(lane).where(lane.c.failures > 0, ~lane.c.paused).order_by(lane.c.id)


def _waiting(now: float) -> Select[Any]:
    put_off = case((letter.c.due_at > now, 1), else_=0)
    return (
        select(
            letter.c.queue,
            func.count().label("waiting"),
            func.sum(put_off).label("deferred"),
            func.max(letter.c.due_at).label("last_due"),
        )
        .where(is_state(State.QUEUED))
        .group_by(letter.c.queue)
    )


def _queues() -> Select[Any]:
    """All queues, each with the moment its first letter is due: one look at the index for each."""
    first = (
        select(letter.c.due_at)
        .where(letter.c.queue == queue.c.id, is_state(State.QUEUED))
        .order_by(letter.c.priority, letter.c.due_at)
        .limit(1)
    )
    found = select(queue, first.scalar_subquery().label("first_due"))
    return found.order_by(queue.c.campaign.is_(None), queue.c.campaign, queue.c.official)


_QUEUES = _queues()
