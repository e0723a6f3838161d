"""A worker and its ledger over an API that takes batches, on both databases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from mailer import sendlog
from mailer.db import Store
from mailer.db.schema import lane, letter
from mailer.outbox import lanes
from mailer.sendlog import Filter
from mailer.transports import Transport, from_url
from mailer.worker import Worker
from tests.conftest import Clock
from tests.providers import postmark, resend
from tests.providers.stub import Stub, Trouble, playing
from tests.workers import states, work, write

WAYS = {
    "postmark": (postmark.Rules, f"postmark://{postmark.TOKEN}?batch=7&timeout=1"),
    "resend": (resend.Rules, f"resend://{resend.KEY}?batch=7&timeout=1&requests=1000"),
}


@pytest.fixture(params=WAYS)
def site(request: pytest.FixtureRequest, store: Store) -> Iterator[tuple[Stub, Transport]]:
    rules, url = WAYS[request.param]
    with playing(rules()) as stub:
        way = from_url(f"{url}&api={stub.url}", Path())
        if way.limits:
            with store.write() as tx:
                lanes.limit_account(tx, way.account, way.limits.pace, 0, store.now(tx))
        yield stub, way


def worker(store: Store, way: Transport) -> Worker:
    return Worker(
        store, [way], "w1", connections=10,
        envelope=lambda claimed, _: f"b-{claimed.id}@campaign.example",
    )  # fmt: skip


def flagged(store: Store) -> set[str]:
    return {row.id for row in sendlog.rows(store, Filter()) if row.possibly_twice}


def test_many_letters_leave_in_few_requests_each_once(
    site: tuple[Stub, Transport], store: Store
) -> None:
    stub, way = site
    write(store, 20)
    one = worker(store, way)
    work(one)
    one.close()
    assert states(store) == {"sent": 40}
    assert len(stub.taken) == len(set(stub.taken)) == 40
    assert len(stub.seen) <= 20
    rows = list(sendlog.rows(store, Filter()))
    assert {row.id for row in rows} == set(stub.taken)
    with store.read() as tx:
        assert all(tx.execute(select(letter.c.provider_id)).scalars())


def test_an_account_that_is_stopped_holds_everything_and_loses_nothing(
    site: tuple[Stub, Transport], store: Store, clock: Clock
) -> None:
    stub, way = site
    stub.suspended = True
    write(store, 20)
    one = worker(store, way)
    for _ in range(6):
        work(one)
        clock.pass_(60)
    assert states(store) == {"queued": 40}
    assert len(stub.seen) <= 2 + 6, "one letter now and then finds out"
    with store.read() as tx:
        assert set(tx.execute(select(letter.c.attempts)).scalars()) == {0}
        account = lanes.of_account(way.account)
        assert tx.execute(select(lane.c.failures).where(lane.c.id == account)).scalar_one() > 0
    stub.suspended = False
    clock.pass_(600)
    work(one)
    assert states(store) == {"sent": 40}
    assert len(stub.taken) == 40
    assert flagged(store) == set()
    one.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_on_the_way_nothing_is_lost_and_nothing_doubled_unseen(
    site: tuple[Stub, Transport], store: Store, clock: Clock, seed: int
) -> None:
    stub, way = site
    chance = random.Random(seed)
    troubles = [one for one in Trouble if one is not Trouble.SLOW]
    write(store, 25)
    one = worker(store, way)
    for _ in range(30):
        for _ in range(chance.randrange(3)):
            trouble = chance.choice(troubles)
            stub.trouble(trouble, status=chance.choice([500, 502, 503, 429]), after=1.0)
        work(one)
        clock.pass_(chance.choice([1.0, 70.0, 400.0]))
    stub.turns.clear()
    for _ in range(10):
        clock.pass_(4000.0)
        work(one)
    one.close()
    found = states(store)
    assert set(found) <= {"sent", "uncertain"}, found
    times = Counter(stub.taken)
    assert {name for name, count in times.items() if count > 1} <= flagged(store)
    assert max(times.values()) <= 2
    sent = {row.id for row in sendlog.rows(store, Filter()) if row.state == "sent"}
    assert sent <= set(times), "none is called sent that was not taken"
    doubted = {row.id for row in sendlog.rows(store, Filter()) if row.state == "uncertain"}
    assert doubted <= flagged(store)


@pytest.mark.parametrize("down", ["suspended", "busy", "away"])
def test_while_one_account_is_stopped_its_letters_leave_by_the_next(
    store: Store, clock: Clock, down: str
) -> None:
    """Also those of which it was asked: it said that it has none of them."""
    with playing(postmark.Rules()) as first, playing(postmark.Rules()) as second:
        ways = [
            from_url(f"postmark://{postmark.TOKEN}?stream={name}&api={stub.url}", Path())
            for name, stub in (("one", first), ("two", second))
        ]
        if down == "away":
            first.close()
        first.suspended = down == "suspended"
        first.trouble(Trouble.STATUS, 50, status=429, after=3600.0)
        write(store, 20)
        one = Worker(
            store, ways, "w1", connections=10,
            envelope=lambda claimed, _: f"b-{claimed.id}@campaign.example",
        )  # fmt: skip
        for _ in range(8):
            work(one)
            clock.pass_(20)
        assert states(store) == {"sent": 40}
        assert (len(first.taken), len(second.taken)) == (0, 40)
        assert flagged(store) == set()
        one.close()


def test_a_letter_that_one_account_may_have_is_never_offered_to_another(
    store: Store, clock: Clock
) -> None:
    with playing(postmark.Rules()) as first, playing(postmark.Rules()) as second:
        ways = [
            from_url(f"postmark://{postmark.TOKEN}?stream={name}&api={stub.url}", Path())
            for name, stub in (("one", first), ("two", second))
        ]
        first.trouble(Trouble.CUT_AFTER)
        first.trouble(Trouble.STATUS, 50, status=503)
        write(store, 3)
        one = Worker(
            store, ways, "w1", connections=1,
            envelope=lambda claimed, _: f"b-{claimed.id}@campaign.example",
        )  # fmt: skip
        for _ in range(8):
            work(one)
            clock.pass_(400)
        assert states(store) == {"queued": 6}, "they wait for the account that may have them"
        assert flagged(store) == set(first.taken)
        first.turns.clear()
        clock.pass_(4000)
        work(one)
        assert states(store) == {"sent": 6}
        assert second.taken == []
        one.close()
