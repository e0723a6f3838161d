"""Two accounts of one provider are two: each has its limits, its pauses and its letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import lane, letter
from mailer.outbox import lanes
from mailer.transports import from_urls
from mailer.worker import drain, terms
from tests.conftest import Clock
from tests.providers import resend
from tests.providers.stub import playing
from tests.workers import states, write

FIRST, SECOND, THIRD = (f"resend://re_{name}?daily=100" for name in ("first", "second", "third"))


def names(*urls: str) -> list[str]:
    return [way.account for way in from_urls(urls, Path())]


def run(store: Store, *urls: str) -> None:
    """What a worker does first, with these settings."""
    terms.limit(store, from_urls(urls, Path()))


def rows(store: Store) -> dict[str, Row[Any]]:
    wanted = select(lane).where(lane.c.id.startswith("account:"))
    with store.read() as tx:
        return {row.id.removeprefix("account:"): row for row in tx.execute(wanted)}


def pause(store: Store, account: str) -> None:
    with store.write() as tx:
        key = lanes.of_account(account)
        lanes.pause(tx, key, reason="wait", actor="staff:kim", now=store.now(tx))
        tx.execute(update(lane).where(lane.c.id == key).values(first_at=1.0, day_count=7))


@pytest.mark.parametrize(
    "urls",
    [
        (FIRST, SECOND), (FIRST, SECOND, THIRD),
        ("postmark://aaa", "postmark://bbb"), ("brevo://xkeysib-a", "brevo://xkeysib-b"),
        ("ses://AKIA1:s@ca-central-1", "ses://AKIA2:s@ca-central-1"),
        ("smtp://ann:one@mail.example:587", "smtp://bob:one@mail.example:587"),
    ],
)  # fmt: skip
def test_each_has_a_name_that_shows_nothing_of_its_key(urls: tuple[str, ...]) -> None:
    found = names(*urls)
    assert len(set(found)) == len(urls)
    secrets = [url.partition("//")[2].partition("?")[0].partition("@")[0] for url in urls]
    assert not [one for one in found for secret in secrets if secret in one]
    assert names(*reversed(urls)) == found[::-1], "it does not hang on their order"


@pytest.mark.parametrize(
    "urls",
    [
        (FIRST,), (FIRST, "postmark://aaa"), ("postmark://aaa?stream=x", "postmark://bbb"),
        ("mailgun://k@a.example", "mailgun://k@b.example"), ("maildir:a", "maildir:b"),
    ],
)  # fmt: skip
def test_who_stands_alone_keeps_the_plain_name(urls: Sequence[str]) -> None:
    assert not [name for name in names(*urls) if "#" in name]


def test_a_new_password_of_a_user_changes_no_name() -> None:
    before = names("smtp://ann:old@m.example", "smtp://bob:b@m.example")
    assert names("smtp://ann:new@m.example", "smtp://bob:b@m.example") == before


def test_a_second_account_takes_over_no_count_and_escapes_no_pause(store: Store) -> None:
    run(store, FIRST)
    pause(store, "resend")
    run(store, FIRST, SECOND)
    found, (first, second) = rows(store), names(FIRST, SECOND)
    assert set(found) == {first, second}
    assert (found[first].paused, found[first].first_at, found[first].day_count) == (True, 1.0, 7)
    assert (found[second].paused, found[second].reason) == (True, "wait")
    assert (found[second].first_at, found[second].day_count) == (None, 0)
    assert {row.day_most for row in found.values()} == {100}
    run(store, FIRST, SECOND)
    assert rows(store) == found


def test_whoever_is_alone_again_keeps_what_was_known(store: Store) -> None:
    run(store, FIRST, SECOND)
    first, second = names(FIRST, SECOND)
    pause(store, second)
    run(store, FIRST)
    assert not rows(store)["resend"].paused, "the pause was the other's"
    run(store, FIRST, SECOND)
    assert rows(store)[second].paused
    run(store, SECOND)
    assert (rows(store)["resend"].paused, rows(store)["resend"].first_at) == (True, 1.0)
    assert set(rows(store)) == {"resend", first}


def test_a_new_key_of_one_of_two_loses_no_pause(store: Store) -> None:
    run(store, FIRST, SECOND)
    pause(store, names(FIRST, SECOND)[1])
    run(store, FIRST, THIRD)
    first, third = names(FIRST, THIRD)
    assert (rows(store)[first].paused, rows(store)[third].paused) == (False, True)


def test_letters_that_an_account_may_have_stay_its_own(store: Store) -> None:
    run(store, FIRST)
    write(store, 1)
    with store.write() as tx:
        tx.execute(update(letter).values(transport="resend"))
    run(store, FIRST, SECOND)
    with store.read() as tx:
        found = set(tx.execute(select(letter.c.transport)).scalars())
    assert found == {names(FIRST, SECOND)[0]}


def test_a_tool_sends_through_an_account_with_limits(
    settings: Settings, store: Store, clock: Clock
) -> None:
    write(store, 3)
    with playing(resend.Rules()) as stub:
        way = f"resend://{resend.KEY}?daily=4&reserve=0&api={stub.url}"
        drain(replace(settings, transports=(way,)), store)
        assert len(stub.taken) == 4
        clock.pass_(86_400)
        drain(replace(settings, transports=(way,)), store)
        assert len(set(stub.taken)) == 6
    assert states(store) == {"sent": 6}
