"""A worker whose database goes away in the middle of its commits, and leases that run out."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle

import pytest
from sqlalchemy import event, select

from mailer import outbox, sendlog
from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_event
from mailer.errors import SendError, StoreError
from mailer.outbox import Outcome, Way
from mailer.sendlog import Filter
from mailer.status import Kind
from mailer.transports import Answer, Parcel
from mailer.worker import Worker
from tests.conftest import Clock
from tests.factories import SENDER
from tests.fakes import FakeTransport
from tests.workers import states, until, work, worker, write

AWAY = "the database is away"


class Shaky(Store):
    """A store whose write fails as `plan` says: before it begins, before its commit, or after."""

    plan: Callable[[], str] = staticmethod(lambda: "")

    @contextmanager
    def write(self) -> Iterator[Tx]:
        how = self.plan()
        if how == "before":
            raise StoreError(AWAY)
        with super().write() as tx:
            yield tx
            if how == "inside":
                raise StoreError(AWAY)
        if how == "after":
            raise StoreError(AWAY)


def shaky_worker(url: str, clock: Clock, way: FakeTransport) -> tuple[Worker, Shaky]:
    store = Shaky(url, clock=clock)
    return worker(store, way), store  # type: ignore[arg-type]


def work_through(one: Worker, clock: Clock, rounds: int) -> None:
    for _ in range(rounds):
        with suppress(StoreError):
            if not one.round():
                clock.pass_(1)


@pytest.mark.parametrize("seed", range(4))
def test_no_dot_without_its_fence_and_nothing_lost_whatever_the_database_does(
    database_url: str, clock: Clock, seed: int
) -> None:
    """The server asks the ledger at each dot: the letter must stand behind its fence."""
    chance, way = random.Random(seed), FakeTransport()
    judge = Store(database_url, clock=clock)
    one, store = shaky_worker(database_url, clock, way)

    def look(parcel: Parcel) -> None:
        with judge.read() as tx:
            found = select(letter.c.state, letter.c.sha256).where(letter.c.id == parcel.letter)
            row = tx.execute(found).one()
        assert row.state == "dot", "a dot without a fence"
        way.took(parcel)
        if chance.random() < 0.1:
            raise SendError("cut", maybe_accepted=True)
        way.accepted.remove(parcel)  # the fake adds it

    def maybe_refused(_: Parcel) -> None:
        if chance.random() < 0.1:
            raise SendError("450 later")

    way.on_commit, way.on_stage = look, maybe_refused
    write(judge, 15)
    store.plan = lambda: chance.choice(["", "", "before", "inside", "after"])
    work_through(one, clock, 150)
    store.plan = lambda: ""
    for _ in range(12):
        work(one)
        clock.pass_(4000)
    one.close()
    taken = Counter(parcel.letter for parcel in way.accepted)
    rows = {row.id: row for row in sendlog.rows(judge, Filter())}
    assert len(rows) == 30
    for row in rows.values():
        assert row.state in {"sent", "uncertain"}, row
        assert row.state != "sent" or taken[row.id], "called sent and never taken"
        assert taken[row.id] < 2 or row.possibly_twice, "twice, and nobody says so"
    with judge.read() as tx:
        assert set(tx.execute(select(letter.c.lease_until)).scalars()) == {None}
    judge.close()
    store.close()


def test_an_outcome_whose_commit_was_lost_is_not_written_twice(
    database_url: str, clock: Clock
) -> None:
    way = FakeTransport()
    one, store = shaky_worker(database_url, clock, way)
    write(store, 5)
    store.plan = cycle(["", "", "after"]).__next__
    work_through(one, clock, 40)
    store.plan = lambda: ""
    work(one)
    clock.pass_(2)
    work(one)
    assert states(store) == {"sent": 10}
    assert len(way.accepted) == 10
    with store.read() as tx:
        told = tx.execute(
            select(letter_event.c.letter).where(letter_event.c.state == "sent")
        ).scalars()
        assert Counter(told).most_common(1)[0][1] == 1
    store.close()


def test_a_claim_whose_commit_was_lost_is_given_back_at_the_stop(
    database_url: str, clock: Clock
) -> None:
    one, store = shaky_worker(database_url, clock, FakeTransport())
    write(store, 5)
    store.plan = lambda: "after"
    with pytest.raises(StoreError):
        one.round()
    assert states(store)["claimed"] > 0
    store.plan = lambda: ""
    one.close()
    assert states(store) == {"queued": 10}
    with store.read() as tx:
        assert set(tx.execute(select(letter.c.attempts)).scalars()) == {0}
    store.close()


def test_a_stop_while_the_database_is_away_waits_only_for_what_it_must_write(
    database_url: str, clock: Clock
) -> None:
    one, store = shaky_worker(database_url, clock, FakeTransport())
    store.plan = lambda: "before"
    with pytest.raises(StoreError):
        one.round()
    began = time.monotonic()
    one.close()
    assert time.monotonic() < began + 5
    store.close()


def test_at_a_stop_what_was_answered_is_written_once_the_database_is_back(
    database_url: str, clock: Clock
) -> None:
    way, asked = FakeTransport(), iter(range(1000))
    one, store = shaky_worker(database_url, clock, way)
    write(store, 2)
    until(one, lambda: len(way.accepted) >= 4)
    store.plan = lambda: "before" if next(asked) < 2 else ""
    one.close()
    assert states(store) == {"sent": 4}
    store.close()


def test_the_failure_of_an_old_copy_leaves_the_newer_one_alone(store: Store, clock: Clock) -> None:
    """Its lease ran out and the same worker claimed it anew: that copy's dot is out."""
    write(store, 1, officials=1)
    way = Way(account="fake:relay")

    def take() -> outbox.Claimed:
        with store.write() as tx:
            (one,) = outbox.claim(tx, "w", now=clock.now, lease=60.0, most=1, way=way)
        return one

    old = take()
    clock.pass_(100)
    with store.write() as tx:
        outbox.reap(tx, now=clock.now)
    clock.pass_(1)
    new = take()
    with store.write() as tx:
        assert outbox.fence(tx, "w", [(new, "0" * 64)], now=clock.now, lease=60.0) == {new.id}
        late = Outcome(
            letter=old, account="fake:relay", error=SendError("hung up"), dotted=False
        )  # fmt: skip
        outbox.settle(tx, "w", [late], now=clock.now)
        outbox.release(tx, "w", [old.id], now=clock.now)
    assert states(store) == {"dot": 1}
    yes = Outcome(letter=new, account="fake:relay", answer=Answer(text="ok", code="250"))
    with store.write() as tx:
        outbox.settle(tx, "w", [yes], now=clock.now)
    assert states(store) == {"sent": 1}


def test_a_worker_that_slept_past_its_lease_sends_nothing(database_url: str, clock: Clock) -> None:
    """Letters claimed, staged, or ready: all are another's by now."""
    store, way = Store(database_url, clock=clock), FakeTransport()
    hold = threading.Event()
    way.on_stage = lambda _: hold.wait(30) and None
    write(store, 10)
    one, other = worker(store, way), worker(store, FakeTransport())
    one.round()
    clock.pass_(100_000)
    assert other.reap([]) > 4
    clock.pass_(1)
    work(other)
    assert states(store) == {"sent": 20}
    hold.set()
    work(one)
    one.close()
    assert way.accepted == []
    assert states(store) == {"sent": 20}
    store.close()


def test_a_worker_with_nothing_to_do_asks_little(store: Store) -> None:
    """Each look at an empty queue is a handful of statements."""
    one = worker(store, FakeTransport("fake:first"), FakeTransport("fake:second"))
    work(one)
    said: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    for _ in range(10):
        assert one.round() == 0
    assert len(said) <= 10 * 8, said[:12]
    assert not any(word in line.upper() for line in said for word in ("UPDATE", "INSERT"))
    one.close()


def test_a_server_that_thinks_costs_no_computing(store: Store) -> None:
    way, slow = FakeTransport(), threading.Event()
    way.on_commit = lambda _: slow.wait(30) and None
    write(store, 5)
    one = worker(store, way)
    until(one, lambda: states(store)["dot"] == 4)
    for _ in range(3):
        one.round()
    before, began = time.process_time(), time.monotonic()
    for _ in range(3):
        one.round()
    assert time.process_time() - before < 0.5
    assert time.monotonic() - began > 1.0, "a round waits for an answer"
    slow.set()
    one.close()


def test_a_confirmation_does_not_wait_behind_what_was_claimed_ahead(store: Store) -> None:
    """The lines are slow, and letters wait: whoever asks for a link is next all the same."""
    way, order = FakeTransport(), []
    way.on_commit = lambda parcel: order.append(parcel.recipient) or time.sleep(0.05)
    write(store, 150)
    one = worker(store, way, connections=2)
    until(one, lambda: len(order) > 20)
    with store.write() as tx:
        outbox.post(
            tx, Kind.CONFIRMATION, to="ann@supporter.example", subject="Confirm", text="A link.",
            sender=SENDER, from_name="Letters", language="en", now=store.now(tx),
        )  # fmt: skip
        tx.execute(letter.update().values(cleared=True))
    before = len(order)
    until(one, lambda: "ann@supporter.example" in order)
    assert order.index("ann@supporter.example") <= before + 30
    one.close()
