"""What came back, as staff see it; and an account that waits for somebody to act."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from mailer import events, outbox
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import Next, SendError
from mailer.outbox import lanes
from mailer.status import Kind
from mailer.submissions import accept
from mailer.transports.api.base import News, Said
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients
from tests.staff_browser import Browser, member
from tests.staff_letters import hand_over, letters, send, settle, write

PAGE = "/staff/news/"

_people = itertools.count()


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    """One engine will do: what the pages ask of the database is tested with events."""
    return new_sqlite()


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(replace(settings, transports=("smtp://127.0.0.1:2525?tls=none",)), store)


@pytest.fixture
def browser(app: Flask, store: Store) -> Browser:
    member(store, role="moderator")
    opened = Browser(app)
    opened.enter()
    return opened


def words(browser: Browser, page: str) -> str:
    """What a page says, without its tags."""
    answer = browser.get(page)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]).split())


def tell(store: Store, id_: str, said: Said, about: str = "", **more: Any) -> None:
    with store.write() as tx:
        news = News(id=id_, letter=about, said=said, **{"kind": said.value, **more})
        events.record(tx, "brevo", news, now=store.now(tx))


def sent(store: Store, clock: Clock) -> str:
    write(store, next(_people), to=recipients(1))
    return send(store, clock)[0].id


def test_a_quiet_day(browser: Browser) -> None:
    assert "Nothing waits for a look." in words(browser, PAGE)
    assert "needs a look" not in words(browser, "/staff/")


def test_the_first_page_says_that_something_needs_a_look(
    browser: Browser, store: Store, clock: Clock
) -> None:
    key = sent(store, clock)
    tell(store, "1", Said.BOUNCED, key, code="554 5.7.1", note="<b>spam</b>, we think")
    assert "1 message that came back needs a look." in words(browser, "/staff/")
    said = words(browser, PAGE)
    assert "1 message needs a look" in said
    assert "Came back undelivered" in said
    assert "554 5.7.1 &lt;b&gt;spam&lt;/b&gt;, we think" in said
    assert f'href="/staff/letters/{key}"' in browser.get(PAGE).text


def test_what_nobody_can_read_is_shown_as_it_came(browser: Browser, store: Store) -> None:
    with store.write() as tx:
        events.note_unread(tx, "brevo", b"<what>", "not JSON", now=store.now(tx))
    said = words(browser, PAGE)
    assert "It cannot be read not JSON" in said
    assert "&lt;what&gt;" in said


def test_what_was_looked_at_goes_and_what_came_meanwhile_stays(
    browser: Browser, store: Store, clock: Clock
) -> None:
    for number in range(2):
        tell(store, str(number), Said.COMPLAINED, sent(store, clock))
        clock.pass_(60)
    until = re.search(r'name="until" value="([^"]+)"', browser.get(PAGE).text)
    assert until
    tell(store, "new", Said.COMPLAINED, sent(store, clock))
    answer = browser.post("/staff/news/seen", {"until": until[1]}, page=PAGE)
    assert (answer.status_code, answer.location) == (303, "/staff/news/?done=seen")
    assert "1 message needs a look" in words(browser, PAGE)
    browser.post("/staff/news/seen", {"until": "9e99"}, page=PAGE)
    assert "Done: nothing waits for a look." in words(browser, f"{PAGE}?done=seen")


@pytest.mark.parametrize("until", ["", "x", "nan", "-1"])
def test_an_odd_moment_clears_nothing(
    browser: Browser, store: Store, clock: Clock, until: str
) -> None:
    tell(store, "1", Said.COMPLAINED, sent(store, clock))
    browser.post("/staff/news/seen", {"until": until}, page=PAGE)
    assert "1 message needs a look" in words(browser, PAGE)


def test_a_viewer_looks_and_clears_nothing(app: Flask, store: Store, clock: Clock) -> None:
    tell(store, "1", Said.COMPLAINED, sent(store, clock))
    member(store, "vic@coalition.example")
    viewer = Browser(app)
    viewer.enter("vic@coalition.example")
    assert "A moderator, an organizer or an administrator" in words(viewer, PAGE)
    answer = viewer.post("/staff/news/seen", {"until": "9e9"}, page="/staff/account")
    assert answer.status_code == 403
    assert "1 message needs a look" in words(viewer, PAGE)


def test_a_stranger_sees_nothing(app: Flask) -> None:
    assert app.test_client().get(PAGE).status_code == 303


def test_refused_calls_are_told_with_their_number(
    browser: Browser, store: Store, clock: Clock
) -> None:
    with store.write() as tx:
        for _ in range(3):
            events.count(tx, "hook brevo refused", now=clock.now)
        events.count(tx, "hook resend unreadable", now=clock.now - 3 * 86400)
    first = words(browser, "/staff/")
    assert "/hooks/brevo : 3 calls refused: not proven." in first
    assert "resend" not in first, "that was days ago"
    assert "/hooks/resend 1 call that cannot be read" in words(browser, PAGE)


def test_addresses_of_supporters_that_do_not_work_are_counted(
    browser: Browser, store: Store, clock: Clock
) -> None:
    accept(store, draft(about=campaign(confirm=True)))
    tell(store, "1", Said.BOUNCED, send(store, clock)[0].id, code="550 5.1.1")
    assert "Requests to confirm 1" in words(browser, PAGE)
    assert "needs a look" not in words(browser, "/staff/")
    (key,) = letters(store, Kind.CONFIRMATION)
    assert "Came back" in words(browser, f"/staff/letters/{key}")


def test_a_letters_page_tells_what_its_provider_said(
    browser: Browser, store: Store, clock: Clock
) -> None:
    key = sent(store, clock)
    tell(store, "1", Said.DEFERRED, key, note="busy", at=clock.now - 20)
    tell(store, "2", Said.OTHER, key, kind="opened_twice")
    tell(store, "3", Said.DELIVERED, key, code="250", note="2.0.0 taken")
    said = words(browser, f"/staff/letters/{key}")
    assert "Put off: it is tried again from there busy brevo: deferred" in said
    assert "opened_twice" in said
    assert "by the mail provider" in said


def test_an_official_whose_mailbox_is_dead_stands_still_for_all_to_see(
    browser: Browser, store: Store, clock: Clock
) -> None:
    tell(store, "1", Said.BOUNCED, sent(store, clock), code="550 5.1.1")
    assert "Paused: Letters to minister-1." in words(browser, "/staff/")
    said = words(browser, "/staff/lanes/")
    assert "the mailbox does not take letters any more (550 5.1.1)" in said
    assert "by a message that came back" in said
    answer = browser.post(
        "/staff/lanes/resume", {"lane": "official:minister-1"}, page="/staff/lanes/"
    )
    assert answer.status_code == 303
    with store.read() as tx:
        assert lanes.paused(tx) == {}


def test_an_account_that_is_stopped_says_so_on_every_page(
    app: Flask, browser: Browser, store: Store, clock: Clock
) -> None:
    write(store, 1)
    wrong = SendError("the key is not known", Next.STOP, code="401", account=True)
    one, _ = hand_over(store, clock)
    (way,) = app.extensions["mailer"].transports
    done = outbox.Outcome(letter=one, account=way.account, error=wrong)
    with store.write() as tx:
        outbox.settle(tx, "w", [done], now=clock.now)
    assert f"Stopped until somebody acts: The server {way.account}." in words(browser, "/staff/")
    assert "401 the key is not known" in words(browser, "/staff/lanes/")
    late, _ = hand_over(store, clock)
    settle(store, clock, late, SendError("nobody answers", Next.STOP))
    assert "Stopped until" in words(browser, "/staff/"), "another account's trouble is its own"
