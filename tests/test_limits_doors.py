"""The other doors: looking for receipts, codes, mails once more, districts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mailer import limits
from mailer.db import Store
from mailer.errors import OverLimit
from mailer.limits import Caller, Rules, Writer
from mailer.limits.rules import MAILS, SPARES
from tests.conftest import Clock
from tests.test_limits import HERE, THREE

DOORS: tuple[tuple[str, Callable[..., object], object], ...] = (
    ("finding", limits.look_for_receipts, HERE),
    ("codes", limits.enter_code, "0" * 26),
    ("again", limits.ask_again, HERE),
)


@pytest.mark.parametrize(("name", "door", "who"), DOORS)
def test_every_other_door_has_its_own_limit(
    store: Store, clock: Clock, name: str, door: Callable[..., object], who: object
) -> None:
    rules = replace(Rules(), **{name: THREE})

    def knock() -> None:
        with store.write() as tx:
            door(tx, rules, who, store.pepper(tx), store.now(tx))

    for _ in range(3):
        knock()
    with pytest.raises(OverLimit, match="too often"):
        knock()
    clock.pass_(10)
    knock()


def test_who_looks_up_too_often_chooses_from_the_list(store: Store) -> None:
    rules = Rules(districts=THREE)
    with store.write() as tx:
        key, now = store.pepper(tx), store.now(tx)
        found = [limits.look_up_district(tx, rules, HERE, key, now) for _ in range(5)]
    assert found == [True] * 3 + [False] * 2


def test_mails_to_confirm_are_counted_over_all_spellings(store: Store) -> None:
    rules = Rules(mails=THREE)
    with store.write() as tx:
        found = [
            limits.mail(tx, rules, HERE, email, store.pepper(tx), store.now(tx))
            for email in (
                "a@x.example",
                "a+1@x.example",
                "a+2@x.example",
                "A+3@X.example",
                "b@x.fr",
            )
        ]
    assert found == [True, True, True, False, True]


def test_made_up_spellings_do_not_keep_the_owner_s_own_from_a_mail(
    store: Store,
) -> None:
    rules = replace(Rules(), mails=THREE)

    def ask(email: str, place: str) -> bool:
        with store.write() as tx:
            caller = Caller(network=place)
            return limits.mail(tx, rules, caller, email, store.pepper(tx), store.now(tx))

    for number in range(9):
        assert ask(f"ann.lee+{number}@x.example", "192.0.2.7/32") == (number < 3)
    dots = ("a.nnlee", "an.nlee", "annl.ee", "annle.e")
    assert [ask(f"{one}@x.example", "192.0.2.7/32") for one in dots] == [True] * 3 + [False]
    assert ask("Ann.Lee@X.example", "198.51.100.1/32")
    assert not ask("ann.lee@x.example", "198.51.100.1/32"), "one of these a day"


def test_no_mailbox_gets_more_however_many_places_mean_it_harm(store: Store) -> None:
    names = [f"{'a' * at}.{'a' * (30 - at)}" for at in range(1, 30)]
    with store.write() as tx:
        given = [
            limits.mail(
                tx, Rules(), Caller(network=f"192.0.2.{at}/32"), f"{one}@x.example",
                store.pepper(tx), store.now(tx),
            )
            for at, one in enumerate([*names, *(f"{one}+t" for one in names), *reversed(names)])
        ]  # fmt: skip
    assert MAILS.burst < sum(given) <= MAILS.burst + SPARES.burst


def test_nothing_that_is_shared_slows_a_network_that_the_settings_name(store: Store) -> None:
    rules = replace(Rules(), finding=THREE, again=THREE, districts=THREE)
    known = replace(HERE, trusted=True)
    with store.write() as tx:
        key, now = store.pepper(tx), store.now(tx)
        for _ in range(5):
            limits.look_for_receipts(tx, rules, known, key, now)
            limits.ask_again(tx, rules, known, key, now)
            assert limits.look_up_district(tx, rules, known, key, now)


def test_one_address_is_asked_to_confirm_wherever_it_writes_from(store: Store) -> None:
    rules = replace(Rules(), mailbox=THREE)
    writer = Writer(caller=replace(HERE, trusted=True), email="a@x.example", campaign="exams")
    with store.write() as tx:
        key, now = store.pepper(tx), store.now(tx)
        asked = [limits.write(tx, rules, writer, key, now).ask for _ in range(4)]
    assert asked == [False] * 3 + [True]
