"""Two ways out: who carries what while one of them is down, hangs, or may have a letter already."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import select

from mailer.db import Store
from mailer.db.schema import lane, letter
from mailer.errors import Next, SendError
from mailer.transports import Parcel
from tests.conftest import Clock
from tests.fakes import FakeTransport
from tests.workers import states, until, work, worker, write

DOWN = SendError("connection refused", Next.STOP)


def two() -> tuple[FakeTransport, FakeTransport]:
    return FakeTransport("fake:first"), FakeTransport("fake:second")


def names(way: FakeTransport) -> Counter[str]:
    return Counter(parcel.letter for parcel in way.accepted)


def failing(error: SendError, *, times: int) -> Callable[[Parcel], None]:
    """Raise an error for the first so many letters."""
    left = threading.Semaphore(times)

    def act(_: Parcel) -> None:
        if left.acquire(blocking=False):
            raise error

    return act


def test_the_first_carries_all_while_it_works(store: Store) -> None:
    first, second = two()
    write(store, 10)
    work(worker(store, first, second))
    assert (len(first.accepted), second.connected) == (20, 0)


def test_what_was_claimed_for_the_first_goes_by_the_second_at_once(
    store: Store, clock: Clock
) -> None:
    """Only what the first refused itself waits, for a second; the rest was never with it."""
    first, second = two()
    first.down = DOWN
    write(store, 20)
    one = worker(store, first, second)
    work(one)
    assert len(second.accepted) >= 40 - 4
    clock.pass_(1)
    work(one)
    assert states(store) == {"sent": 40}
    assert max(names(second).values()) == 1
    with store.read() as tx:
        assert set(tx.execute(select(letter.c.attempts)).scalars()) == {1}
        assert set(tx.execute(select(letter.c.transport)).scalars()) == {"fake:second"}


@pytest.mark.parametrize("phase", ["on_stage", "on_commit"])
def test_a_first_that_stops_in_the_middle(store: Store, clock: Clock, phase: str) -> None:
    """It carries some, then its account is blocked: before the dot, or in answer to it."""
    first, second = two()
    write(store, 15)

    def blocked(_: Parcel) -> None:
        if len(first.accepted) >= 5:
            raise SendError("account blocked", Next.STOP, code="550 5.7.501")

    setattr(first, phase, blocked)
    one = worker(store, first, second)
    for _ in range(3):
        work(one)
        clock.pass_(1)
    both = names(first) + names(second)
    assert max(both.values()) == 1
    stuck = states(store)["queued"]
    # Those whose dot was asked at the first: on its lines, right behind those, and as probes.
    assert stuck <= (0 if phase == "on_stage" else 4 + 4 + 3)
    setattr(first, phase, lambda _: None)
    clock.pass_(400)
    work(one)
    assert states(store) == {"sent": 30}


def test_the_first_comes_back(store: Store, clock: Clock) -> None:
    first, second = two()
    first.down = DOWN
    write(store, 3)
    one = worker(store, first, second)
    work(one)
    clock.pass_(10)
    work(one)
    clock.pass_(1)
    work(one)
    assert len(second.accepted) == 6
    first.down = None
    clock.pass_(400)
    write(store, 1)
    work(one)
    assert first.accepted, "the probe went by the first"
    before = len(second.accepted)
    write(store, 5)
    work(one)
    assert len(second.accepted) == before
    assert states(store) == {"sent": 18}


def test_a_probe_that_hangs_holds_up_nobody(store: Store, clock: Clock) -> None:
    first, second = two()
    hung = threading.Event()
    first.down = DOWN
    write(store, 1)
    one = worker(store, first, second)
    work(one)
    first.on_connect = lambda: hung.wait(30)
    clock.pass_(10)
    write(store, 10)
    until(one, lambda: len(second.accepted) >= 21)
    assert states(store)["claimed"] == 1, "the probe"
    write(store, 5)
    until(one, lambda: len(second.accepted) >= 31)
    assert first.connected <= 5 + 1, "one probe, however long it takes"
    hung.set()
    clock.pass_(2)
    work(one)
    clock.pass_(2)
    work(one)
    assert states(store) == {"sent": 32}


def test_a_first_that_hangs_without_a_word_is_passed_by(
    new_sqlite: Callable[[], str], clock: Clock
) -> None:
    """It takes no connection and refuses none: after some seconds the others go by the second."""
    store = Store(new_sqlite(), clock=clock)
    first, second = two()
    hung = threading.Event()
    first.on_connect = lambda: hung.wait(60)
    write(store, 10)
    one = worker(store, first, second)
    until(one, lambda: len(second.accepted) == 20 - 4)
    write(store, 5)
    until(one, lambda: len(second.accepted) == 30 - 4)
    hung.set()
    until(one, lambda: states(store) == {"sent": 30})
    assert len(first.accepted) == 4
    one.close()
    store.close()


@pytest.mark.parametrize("doubt", [True, False], ids=["no answer", "refused for now"])
def test_what_the_first_may_have_is_never_offered_to_the_second(
    store: Store, clock: Clock, doubt: bool
) -> None:
    """Its dot was asked there. It waits until the first is back, while all others leave."""
    first, second = two()
    error = SendError("cut" if doubt else "451 later", maybe_accepted=doubt)
    first.on_commit = failing(error, times=2)
    write(store, 1)
    one = worker(store, first, second)
    work(one)
    assert states(store) == {"queued": 2}
    first.down = DOWN
    for _ in range(20):
        clock.pass_(700)
        write(store, 1)
        work(one)
    clock.pass_(2)
    work(one)
    assert states(store) == {"queued": 2, "sent": 40}
    assert len(second.accepted) == 40
    first.down = None
    clock.pass_(4000)
    work(one)
    clock.pass_(4000)
    work(one)
    assert states(store) == {"sent": 42}
    assert len(first.accepted) == 2
    assert not names(first) & names(second)


def test_what_the_first_refused_before_the_dot_may_go_by_the_second(
    store: Store, clock: Clock
) -> None:
    first, second = two()
    first.on_stage = failing(SendError("450 later"), times=2)
    write(store, 1)
    one = worker(store, first, second)
    work(one)
    assert states(store) == {"queued": 2}
    first.down = DOWN
    for wait in (400, 1):
        clock.pass_(wait)
        work(one)
    assert states(store) == {"sent": 2}
    assert len(second.accepted) == 2


def test_one_server_of_many_lines_that_goes_down_is_one_failure(store: Store, clock: Clock) -> None:
    """Its lines fail one after the other; the next probe is not put off for each of them."""
    way = FakeTransport("fake:first")
    order = iter(range(100))
    lock = threading.Lock()

    def slowly() -> None:
        with lock:
            number = next(order)
        time.sleep(0.15 * number)

    way.on_connect, way.down = slowly, DOWN
    write(store, 10)
    one = worker(store, way)
    work(one)
    with store.read() as tx:
        row = tx.execute(select(lane).where(lane.c.id == "account:fake:first")).one()
    assert (row.failures, row.closed_until) == (1, clock.now + 5)


def test_a_slow_dot_holds_up_nobody_nor_the_letter_behind_it(store: Store) -> None:
    way, slow = FakeTransport(), threading.Event()
    first = threading.Lock()

    def think(_: Parcel) -> None:
        if first.acquire(blocking=False):
            slow.wait(30)

    way.on_commit = think
    write(store, 10)
    one = worker(store, way, connections=2)
    until(one, lambda: states(store) == {"sent": 19, "dot": 1})
    slow.set()
    one.close()
    assert states(store) == {"sent": 20}


def test_both_slow_and_nothing_is_claimed_that_cannot_leave(store: Store) -> None:
    """While every line thinks, what waits is left to others: nobody holds what he cannot send."""
    way, slow = FakeTransport(), threading.Event()
    way.on_commit = lambda _: slow.wait(30) and None
    write(store, 20)
    one = worker(store, way, connections=2)
    until(one, lambda: states(store) == {"dot": 2, "queued": 38})
    for _ in range(3):
        one.round()
    assert states(store) == {"dot": 2, "queued": 38}
    slow.set()
    until(one, lambda: states(store) == {"sent": 40})
    one.close()


def test_a_stop_with_two_ways_leaves_nothing_leased(store: Store, clock: Clock) -> None:
    first, second = two()
    hung = threading.Event()
    first.down = DOWN
    write(store, 10)
    one = worker(store, first, second)
    second.on_commit = lambda _: hung.wait(30) and None
    until(one, lambda: states(store)["dot"] >= 4)
    first.on_connect = lambda: hung.wait(30)
    clock.pass_(400)
    until(one, lambda: first.connected > 4)
    began = time.monotonic()
    one.close(grace=0.2)
    assert time.monotonic() < began + 10
    hung.set()
    with store.read() as tx:
        assert set(tx.execute(select(letter.c.lease_until)).scalars()) == {None}
        flagged = tx.execute(select(letter.c.id).where(letter.c.possibly_twice)).all()
    assert len(flagged) == 4
    assert set(states(store)) <= {"queued", "sent"}
