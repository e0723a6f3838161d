"""What staff decide beside the files: closed and open again, notices of a pause; private links."""

from __future__ import annotations

import pytest

from mailer import life
from mailer.campaigns import links
from mailer.db import Store
from mailer.outbox import lanes
from tests.conftest import Clock

SLUG, SWITCH = "exams", lanes.of_campaign("exams")
KEYS = ("k" * 40, "o" * 40)
URL = "https://letters.example"


def pause(store: Store, clock: Clock, notice: dict[str, str] | None = None) -> None:
    with store.write() as tx:
        lanes.pause(tx, SWITCH, reason="a vote", actor="x", now=clock.now)
        if notice is not None:
            life.tell(tx, SLUG, notice, of=clock.now)


def test_a_campaign_is_closed_once_and_opened_once(store: Store, clock: Clock) -> None:
    assert not life.is_closed(store, SLUG)
    for expected in (True, False):
        with store.write() as tx:
            assert life.close(tx, SLUG, now=clock.now) is expected
    assert life.is_closed(store, SLUG)
    assert life.closed(store) == {SLUG: clock.now}
    assert not life.is_closed(store, "another")
    for expected in (True, False):
        with store.write() as tx:
            assert life.reopen(tx, SLUG) is expected
    assert life.closed(store) == {}


def test_a_notice_lasts_as_long_as_its_pause(store: Store, clock: Clock) -> None:
    told = {"en": "The vote moved.", "fr": "Le vote est reporté."}
    assert life.notice(store, SLUG, SWITCH) == {}
    pause(store, clock, told)
    assert life.notice(store, SLUG, SWITCH) == told
    with store.write() as tx:
        lanes.resume(tx, SWITCH)
    assert life.notice(store, SLUG, SWITCH) == {}
    clock.pass_(60)
    pause(store, clock)
    assert life.notice(store, SLUG, SWITCH) == {}, "a later pause has no notice of an earlier one"
    pause(store, clock, {})
    assert life.notice(store, SLUG, SWITCH) == {}


def token(keys: tuple[str, ...] = KEYS, days: int = links.DAYS) -> str:
    made = links.link(URL, keys, SLUG, now=1e9, days=days)
    assert made.startswith(f"{URL}/{SLUG}/draft/")
    return made.rpartition("/")[2]


def test_a_link_opens_one_campaign_for_some_days() -> None:
    found = links.read(KEYS, SLUG, token(days=2), 1e9)
    assert found is not None
    assert (found.slug, found.over, found.ends_at) == (SLUG, False, 1e9 + 2 * 86400)
    late = links.read(KEYS, SLUG, token(days=2), 1e9 + 2 * 86400)
    assert late is not None
    assert late.over
    assert links.read(KEYS, "another", token(), 1e9) is None


def test_a_link_lives_as_long_as_its_key() -> None:
    old = token(keys=KEYS[1:])
    assert links.read(KEYS, SLUG, old, 1e9) is not None
    assert links.read(KEYS[:1], SLUG, old, 1e9) is None


@pytest.mark.parametrize("wrong", ["", "x", "é", "\U0001f4ee", "a.b", "." * 99])
def test_nothing_else_opens_one(wrong: str) -> None:
    assert links.read(KEYS, SLUG, wrong, 1e9) is None


def test_a_link_that_was_changed_opens_nothing() -> None:
    good = token()
    for wrong in (good + "x", good[:-1], good[1:], good.swapcase()):
        assert links.read(KEYS, SLUG, wrong, 1e9) is None
