"""What the lanes of some queues allow right now, held locked while letters are taken by it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Double,
    Integer,
    Row,
    Select,
    Update,
    bindparam,
    cast,
    func,
    or_,
    select,
    update,
)

from mailer.db import Tx, given
from mailer.db.schema import lane, queue
from mailer.outbox import lanes
from mailer.outbox.pace import Bucket, end_of_day


class Allowances:
    """The buckets of mailboxes, domains and of one account, as one worker may spend them.

    The rows are locked until the transaction ends; what another worker has locked allows nothing
    to this one. `limited` says that the account has limits of its own; `reserve` is the share of
    them that is kept for mail to people.
    """

    def __init__(
        self, tx: Tx, waiting: Sequence[Row[Any]], *, now: float, account: str, limited: bool,
        reserve: float,
    ) -> None:  # fmt: skip
        self._tx = tx
        self._now = now
        self._reserve = reserve
        self._account = lanes.of_account(account) if limited else ""
        wanted = {row.mailbox for row in waiting} | {row.domain for row in waiting if row.domain}
        wanted |= {self._account} if limited else set()
        dialect = tx.dialect.name
        rows = tx.execute(_locked(dialect), given.rows(dialect, [{"id": key} for key in wanted]))
        self._buckets = {row.id: lanes.bucket(row) for row in rows}
        self._spent: dict[str, Bucket] = {}
        self._served: list[str] = []
        self._probed: set[str] = set()

    def of(self, row: Row[Any], most: int) -> int:
        """How many letters of a queue may leave now, `most` at the most."""
        allowed = self._allowed(row, most)
        # Whoever was shut out by what others took in this very claim, or by an account that lets
        # nobody go, is next, not last.
        if allowed or not (self._spent.keys() & self._lanes(row) or self._account_is_spent()):
            self._served.append(row.id)
        return allowed

    def _account_is_spent(self) -> bool:
        bucket = self._buckets.get(self._account)
        return bucket is not None and not bucket.reserved(self._reserve).allowance(self._now, 1)

    def _allowed(self, row: Row[Any], most: int) -> int:
        for key in self._lanes(row):
            bucket = self._buckets.get(key)
            if bucket is None:
                return 0
            if key == self._account and row.id != lanes.PEOPLE:
                bucket = bucket.reserved(self._reserve)
            most = bucket.allowance(self._now, most)
        if row.failures:  # its mailbox refused letters for a while: one finds out
            most = min(most, int(row.mailbox not in self._probed))
        if row.ceiling:
            most = min(most, row.ceiling - self._buckets[row.mailbox].today(self._now))
        return max(0, most)

    def spend(self, row: Row[Any], taken: int) -> None:
        """Note that so many letters of a queue leave."""
        if row.failures:
            self._probed.add(row.mailbox)
        for key in self._lanes(row):
            zone = "UTC" if key == self._account else row.timezone or "UTC"
            bucket = self._buckets[key].spent(taken, self._now, end_of_day(self._now, zone))
            self._buckets[key] = self._spent[key] = bucket

    def write(self) -> None:
        """Write what was spent, and which queues had their turn."""
        spent = [
            {
                "id": key, "full_at": repr(bucket.full_at), "day_count": str(bucket.day_count),
                "day_ends": repr(bucket.day_ends),
            }
            for key, bucket in self._spent.items()
        ]  # fmt: skip
        dialect = self._tx.dialect.name
        if spent:
            self._tx.execute(_spend(dialect), {"now_": self._now, **given.rows(dialect, spent)})
        for key in self._probed:
            lanes.await_probe(self._tx, key, self._now)
        if self._served:
            served = given.rows(dialect, [{"id": key} for key in self._served])
            self._tx.execute(_serve(dialect), {"now_": self._now, **served})

    def _lanes(self, row: Row[Any]) -> list[str]:
        """The lanes a queue stands in; a domain without a pace of its own is none."""
        found = [row.mailbox] + [row.domain] * bool(row.domain_pace)
        return found + [self._account] * bool(self._account)


@cache
def _locked(dialect: str) -> Select[Any]:
    row = given.table(dialect, "id")
    # Domains that limit nothing stay unlocked: several workers serve them at once.
    counts = or_(lane.c.pace_count > 0, lane.c.day_most > 0, ~lane.c.id.startswith("domain:"))
    # Not against FOR KEY SHARE: a letter that enters holds that on its lane, and must neither
    # wait for a claim nor hide the lane from it.
    found = select(lane).join_from(row, lane, lane.c.id == row.c.id).where(counts)
    return found.with_for_update(skip_locked=True, key_share=True, of=lane)


@cache
def _spend(dialect: str) -> Update:
    row = given.table(dialect, "id", "full_at", "day_count", "day_ends")
    now = bindparam("now_", type_=Double)
    return (
        update(lane)
        .where(lane.c.id == row.c.id)
        .values(
            full_at=cast(row.c.full_at, Double), day_count=cast(row.c.day_count, Integer),
            day_ends=cast(row.c.day_ends, Double),
            first_at=func.coalesce(lane.c.first_at, now),
        )
    )  # fmt: skip


@cache
def _serve(dialect: str) -> Update:
    row = given.table(dialect, "id")
    now = bindparam("now_", type_=Double)
    return update(queue).where(queue.c.id == row.c.id).values(served_at=now)
