"""The other doors: looking for receipts, codes, mails once more, districts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mailer import limits
from mailer.db import Store
from mailer.errors import OverLimit
from mailer.limits import Rules
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
            limits.mail(tx, rules, email, store.pepper(tx), store.now(tx))
            for email in (
                "a@x.example",
                "a+1@x.example",
                "a+2@x.example",
                "A+3@X.example",
                "b@x.fr",
            )
        ]
    assert found == [True, True, True, False, True]
