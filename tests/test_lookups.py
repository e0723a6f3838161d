"""Lookups: remembered for all, at most 60 a minute, and never in the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from mailer import lookups
from mailer.db import Store
from mailer.db.schema import district_lookup
from mailer.districts.represent import Boundary, BusyError
from mailer.errors import OutboundError
from tests.conftest import Clock

DAY = 86_400.0
NORTH = (Boundary(set="a-b", name="North"),)


class Service:
    """Answers with its districts, or fails as it is told; keeps when it was asked."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.says: tuple[Boundary, ...] = NORTH
        self.fails: OutboundError | None = None
        self.asked: list[tuple[float, str]] = []

    def __call__(self, code: str) -> tuple[Boundary, ...]:
        self.asked.append((self.clock.now, code))
        if self.fails:
            raise self.fails
        return self.says


@pytest.fixture
def service(clock: Clock) -> Service:
    return Service(clock)


def code(number: int) -> str:
    """One of many different codes."""
    return f"K{number // 1000 % 10}A {number // 100 % 10}B{number // 10 % 10}{number}"


def test_an_answer_is_remembered_for_everybody(
    store: Store, clock: Clock, service: Service
) -> None:
    assert lookups.find(store, "K1A 0B1", service) == NORTH
    clock.pass_(179 * DAY)
    assert lookups.find(store, "k1a0b1", service) == NORTH
    assert [asked for _, asked in service.asked] == ["K1A0B1"]
    clock.pass_(2 * DAY)
    service.says = ()
    assert lookups.find(store, "K1A 0B1", service) == ()
    assert len(service.asked) == 2


def test_that_nothing_is_known_is_remembered_for_a_week(
    store: Store, clock: Clock, service: Service
) -> None:
    service.says = ()
    assert lookups.find(store, "K1A 0B1", service) == ()
    clock.pass_(6 * DAY)
    assert lookups.find(store, "K1A 0B1", service) == ()
    assert len(service.asked) == 1
    clock.pass_(2 * DAY)
    service.says = NORTH
    assert lookups.find(store, "K1A 0B1", service) == NORTH


def test_an_old_answer_is_better_than_none_and_forgotten_after_a_year(
    store: Store, clock: Clock, service: Service
) -> None:
    lookups.find(store, "K1A 0B1", service)
    clock.pass_(200 * DAY)
    service.fails = OutboundError("away")
    assert lookups.find(store, "K1A 0B1", service) == NORTH
    assert lookups.find(store, "K1A 0B1", service) == NORTH
    assert len(service.asked) == 2
    clock.pass_(200 * DAY)
    service.fails = None
    lookups.find(store, "K2A 0B1", service)
    with store.read() as tx:
        assert list(tx.execute(select(district_lookup.c.code)).scalars()) == ["K2A0B1"]


def test_a_launch_with_ten_new_codes_a_second_asks_sixty_in_any_minute(
    new_sqlite: Callable[[], str], clock: Clock, service: Service
) -> None:
    store = Store(new_sqlite(), clock=clock)
    answers = 0
    for number in range(1200):
        answers += lookups.find(store, code(number), service) is not None
        clock.pass_(0.1)
    store.close()
    moments = [moment for moment, _ in service.asked]
    worst = max(sum(begin <= one < begin + 60.0 for one in moments) for begin in moments)
    assert worst <= 60
    assert 95 <= answers == len(moments) <= 100  # two minutes of it, and what was saved up


def test_a_burst_gets_what_is_saved_up_and_the_rest_an_answer_at_once(
    store: Store, clock: Clock, service: Service
) -> None:
    found = [lookups.find(store, code(number), service) for number in range(30)]
    assert found == [NORTH] * 20 + [None] * 10
    clock.pass_(60.0)
    found = [lookups.find(store, code(100 + number), service) for number in range(30)]
    assert found == [NORTH] * 20 + [None] * 10


def test_a_failing_service_is_left_alone_for_longer_each_time(
    store: Store, clock: Clock, service: Service
) -> None:
    service.fails = OutboundError("away")
    begins = clock.now
    while len(service.asked) < 8:
        assert lookups.find(store, "K1A 0B1", service) is None
        clock.pass_(1.0)
    moments = [moment - begins for moment, _ in service.asked]
    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert waits == [10.0, 30.0, 60.0, 120.0, 300.0, 300.0, 300.0]
    service.fails = None
    clock.pass_(300.0)
    assert lookups.find(store, "K1A 0B1", service) == NORTH
    assert lookups.find(store, "K2A 0B1", service) == NORTH


def test_it_is_left_alone_as_long_as_it_asks(store: Store, clock: Clock, service: Service) -> None:
    service.fails = BusyError(600.0)
    lookups.find(store, "K1A 0B1", service)
    service.fails = None
    clock.pass_(599.0)
    assert lookups.find(store, "K1A 0B1", service) is None
    clock.pass_(2.0)
    assert lookups.find(store, "K1A 0B1", service) == NORTH


def test_while_it_fails_one_question_at_a_time_finds_out(
    store: Store, clock: Clock, service: Service
) -> None:
    service.fails = OutboundError("away")
    lookups.find(store, "K1A 0B1", service)
    clock.pass_(11.0)
    service.fails, inner = None, []

    def slow(_: str) -> tuple[Boundary, ...]:
        inner.append(lookups.find(store, "K2A 0B1", service))  # somebody else, meanwhile
        return NORTH

    assert lookups.find(store, "K1A 0B1", slow) == NORTH
    assert inner == [None]


def test_questions_that_fail_together_are_one_failure(
    store: Store, clock: Clock, service: Service
) -> None:
    def both(_: str) -> tuple[Boundary, ...]:
        service.fails = OutboundError("away")
        lookups.find(store, "K2A 0B1", service)
        raise OutboundError("away")

    assert lookups.find(store, "K1A 0B1", both) is None
    clock.pass_(10.0)
    service.fails = None
    assert lookups.find(store, "K1A 0B1", service) == NORTH


def test_all_machines_together_keep_to_the_limit(
    database_url: str, clock: Clock, service: Service
) -> None:
    machines = [Store(database_url, clock=clock) for _ in range(4)]
    start = threading.Barrier(4)

    def ask(at: int) -> int:
        start.wait()
        numbers = range(at * 1000, at * 1000 + 15)
        return sum(lookups.find(machines[at], code(one), service) is not None for one in numbers)

    with ThreadPoolExecutor(4) as pool:
        answered = sum(pool.map(ask, range(4)))
    with machines[0].read() as tx:
        kept = tx.execute(select(func.count()).select_from(district_lookup)).scalar_one()
    for machine in machines:
        machine.close()
    assert answered == kept == len(service.asked) == lookups.PACE.burst
