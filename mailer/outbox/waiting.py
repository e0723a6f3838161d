"""Which queues have something that may leave by a way now, and in which order they take turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Double,
    Row,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
)

from mailer.db import Tx
from mailer.db.schema import lane, letter, queue
from mailer.outbox import lanes, moves, queues
from mailer.status import State

QUEUES_AT_ONCE = 16
"""Queues that one claim serves: some letters from each cost less than one from very many."""

CANDIDATES = 500
"""Queues that one claim looks at, those that were served longest ago first."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """By what a claim's letters are to leave."""

    account: str
    delivers: bool = True  # it really sends: only then do approval, pace and hours matter
    limited: bool = False  # the account has a pace or a daily limit
    reserve: float = 0.1  # the share of it that is kept for mail to people
    others: frozenset[str] = frozenset()  # further accounts; what they may have is left to them
    bound: bool = False  # only what this account may have: everything else goes by another

    @property
    def accounts(self) -> list[str]:
        """The accounts by which a claim narrows its letters: see of_way."""
        return [self.account] if self.bound else sorted(self.others)


def waiting(tx: Tx, now: float, way: Way) -> list[Row[Any]]:
    """The queues with something due that nothing keeps back."""
    stands = lanes.paused(tx)
    if lanes.EVERYTHING in stands:
        return []
    values = {"now_": now} | ({"accounts_": way.accounts} if way.bound else {})
    found = tx.execute(_queues(way.delivers, way.bound), values).all()
    return [row for row in found if not (stands and _switches(row) & stands.keys())]


def _switches(row: Row[Any]) -> set[str]:
    """All that may be paused and would stop this queue."""
    named = {row.mailbox, row.domain}
    if row.id != queues.PEOPLE:
        named |= {lanes.of_campaign(row.campaign), lanes.of_official(row.official)}
    return named


def turns(found: Sequence[Row[Any]]) -> list[list[Row[Any]]]:
    """The queues to serve now, by campaign: people first, then whoever was served longest ago.

    Each campaign gets as many turns as any other, however many officials it writes to.
    """
    campaigns: dict[str | None, list[Row[Any]]] = {}
    for row in sorted(found, key=lambda row: (row.id != queues.PEOPLE, row.served_at, row.id)):
        campaigns.setdefault(row.campaign, []).append(row)
    each = max(1, QUEUES_AT_ONCE // max(1, len(campaigns)))
    groups = [rows[:each] for rows in campaigns.values()]
    return groups[:QUEUES_AT_ONCE]


def has_bound(tx: Tx, account: str, now: float) -> bool:
    """True when letters are due that only this account may carry: it may have them already."""
    return tx.execute(_BOUND, {"account_": account, "now_": now}).first() is not None


def of_way(*, bound: bool) -> ColumnElement[bool]:
    """A condition: no server but that of a claim's way may have the letter already."""
    accounts: BindParameter[Any] = bindparam("accounts_", expanding=True)
    theirs = letter.c.transport
    return theirs.in_(accounts) if bound else theirs.not_in(accounts)


_BOUND = select(letter.c.id).where(
    moves.is_state(State.QUEUED), literal_column("letter.transport <> ''"),
    letter.c.transport == bindparam("account_"), letter.c.due_at <= bindparam("now_"),
).limit(1)  # fmt: skip


@cache
def _queues(delivers: bool, bound: bool) -> Select[Any]:
    """Queues with something due, in their office's hours, that their lanes let go."""
    now = bindparam("now_", type_=Double)
    mailbox, domain = lane.alias("mailbox"), lane.alias("domain")
    # A scalar, not EXISTS: that could become a join over all that is queued.
    due = select(1).where(
        letter.c.queue == queue.c.id, moves.is_state(State.QUEUED), letter.c.due_at <= now
    )
    if bound:
        due = due.where(of_way(bound=True))
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
