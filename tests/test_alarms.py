"""Alarms: a campaign under attack is confirmed by mail until it is quiet; staff are told once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from mailer.db import Store
from mailer.db.schema import alarm, letter
from mailer.limits import Caller, Rules, alarms
from mailer.status import Kind
from tests.conftest import Clock
from tests.factories import SENDER
from tests.test_limits import THREE, write


@pytest.mark.parametrize(
    ("rules", "odd", "cause"),
    [(Rules(campaign=THREE), False, "many"), (Rules(odd=THREE), True, "odd")],
)
def test_an_attack_lets_all_be_confirmed_until_it_has_been_quiet(
    store: Store, clock: Clock, rules: Rules, odd: bool, cause: str
) -> None:
    places = (Caller(network=f"192.0.2.{number}/32") for number in range(250))

    def one(number: int, **more: object) -> bool:
        return write(store, rules, number, caller=next(places), **more).ask

    assert [one(number, odd=odd) for number in range(5)] == [False] * 3 + [True] * 2
    assert [found.cause for found in alarms.standing(store)] == [cause]
    assert alarms.asks(store, "exams")
    assert not alarms.asks(store, "other")
    clock.pass_(1800)  # quiet, but not for long enough
    assert one(10)
    for number in range(4):
        one(20 + number, odd=odd)  # another wave, and it lasts
    clock.pass_(alarms.QUIET - 1)
    assert one(30)
    clock.pass_(1.5)
    assert not one(31)
    assert alarms.standing(store) == ()


def test_staff_are_told_of_an_attack_once(store: Store, clock: Clock) -> None:
    def mails() -> int:
        counted = select(func.count()).select_from(letter).where(letter.c.kind == Kind.ALERT)
        with store.read() as tx:
            return int(tx.execute(counted).scalar_one())

    assert alarms.tell(store, SENDER, "staff@coalition.example") == ()
    for _ in range(3):
        with store.write() as tx:
            alarms.ring(tx, "exams", alarms.ODD, store.now(tx))
        told = alarms.tell(store, SENDER, "staff@coalition.example")
        clock.pass_(600)
    assert (len(told), mails()) == (0, 1)
    clock.pass_(alarms.QUIET)
    with store.write() as tx:
        alarms.ring(tx, "exams", alarms.MANY, store.now(tx))
    (line,) = alarms.tell(store, SENDER, "")
    assert "exams" in line
    assert "more letters than usual" in line
    assert mails() == 1  # nobody has an address for them
    clock.pass_(alarms.QUIET + alarms.KEPT + 1)
    with store.write() as tx:
        alarms.ring(tx, "other", alarms.ODD, store.now(tx))
    alarms.tell(store, SENDER, "")
    with store.read() as tx:
        assert tx.execute(select(alarm.c.campaign)).scalars().all() == ["other"]
