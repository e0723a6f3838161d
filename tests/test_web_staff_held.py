"""A held letter leaves or is withdrawn: by those who may, once, and never against the rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from mailer import sendlog
from mailer.accounts import Account
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter
from mailer.status import State
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import recipients
from tests.staff_browser import Browser, member
from tests.staff_letters import letters, write

RELAY = ("smtp://127.0.0.1:2525?tls=none",)


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def moderator(store: Store) -> Account:
    return member(store, role="moderator")


def signed_in(app: Flask) -> Browser:
    browser = Browser(app)
    browser.enter()
    return browser


def held(store: Store) -> str:
    write(store, 1, hold="a look", to=recipients(1))
    (one,) = letters(store)
    return f"/staff/letters/{one}"


def decide(browser: Browser, page: str, verb: str) -> TestResponse:
    return browser.post(f"{page}/{verb}", page=page)


def last(store: Store, page: str) -> tuple[State, str, str]:
    shown = sendlog.letter_page(store, page.rpartition("/")[2])
    assert shown
    return shown.row.state, shown.row.reason, shown.events[-1].actor


def test_it_is_let_go(app: Flask, store: Store, moderator: Account, clock: Clock) -> None:
    page, browser = held(store), signed_in(app)
    clock.pass_(600)
    answer = decide(browser, page, "leave")
    assert answer.status_code == 303
    assert last(store, page) == (State.QUEUED, "", f"staff:{moderator.id}")
    with store.read() as tx:
        row = tx.execute(select(letter.c.due_at, letter.c.person)).one()
    assert row.due_at == clock.now
    assert row.person, "it stays the one letter of its person"
    shown = browser.get(answer.location).text
    assert "Done: it leaves in its turn." in shown
    assert "Released; waiting to leave" in shown
    assert "by staff" in shown
    assert "Let it leave" not in shown


@pytest.mark.usefixtures("moderator")
def test_it_is_withdrawn_and_its_person_may_write_again(app: Flask, store: Store) -> None:
    page, browser = held(store), signed_in(app)
    answer = decide(browser, page, "withdraw")
    assert answer.status_code == 303
    state, reason, actor = last(store, page)
    assert (state, reason) == (State.CANCELLED, "withdrawn by staff")
    assert actor.startswith("staff:")
    shown = browser.get(answer.location).text
    assert "Done: it is withdrawn and never leaves" in shown
    assert "It was withdrawn before it left." in shown
    write(store, 1, to=recipients(1))
    with store.read() as tx:
        states = set(tx.execute(select(letter.c.state).where(letter.c.kind == "letter")).scalars())
    assert states == {State.CANCELLED, State.QUEUED}


@pytest.mark.usefixtures("moderator")
@pytest.mark.parametrize("verb", ["leave", "withdraw"])
def test_what_is_no_longer_held_is_left_alone(app: Flask, store: Store, verb: str) -> None:
    page, browser = held(store), signed_in(app)
    with store.write() as tx:
        tx.execute(update(letter).values(state=State.SENT))
    answer = decide(browser, page, verb)
    assert last(store, page)[0] is State.SENT
    assert "Nothing was changed" in browser.get(answer.location).text
    assert "Done:" not in browser.get(f"{page}?done=withdraw").text


@pytest.mark.parametrize("verb", ["leave", "withdraw"])
def test_who_may_only_look_decides_nothing(app: Flask, store: Store, verb: str) -> None:
    member(store, role="viewer")
    page, browser = held(store), signed_in(app)
    shown = browser.get(page).text
    assert "A moderator, an organizer or an administrator decides" in shown
    assert f"{page}/{verb}" not in shown
    assert decide(browser, page, verb).status_code == 403
    assert last(store, page)[0] is State.REVIEW


@pytest.mark.usefixtures("moderator")
def test_nothing_is_decided_without_a_token_or_a_session(app: Flask, store: Store) -> None:
    page, browser = held(store), signed_in(app)
    assert browser.client.post(f"{page}/leave").status_code == 400
    away = Browser(app).client.post(f"{page}/leave")
    assert "/staff/sign-in" in away.headers["Location"]
    assert last(store, page)[0] is State.REVIEW


@pytest.mark.usefixtures("moderator")
def test_where_letters_really_leave_the_unapproved_stay(settings: Settings, store: Store) -> None:
    page = held(store)
    browser = signed_in(create_app(replace(settings, transports=RELAY), store))
    shown = browser.get(page).text
    assert "It cannot leave" in shown
    assert f"{page}/leave" not in shown
    assert "Nothing was changed" in browser.get(decide(browser, page, "leave").location).text
    assert last(store, page)[0] is State.REVIEW
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))
    decide(browser, page, "leave")
    assert last(store, page)[0] is State.QUEUED


def test_no_text_that_cannot_be_an_id_reaches_the_database(
    app: Flask, store: Store, moderator: Account
) -> None:
    assert moderator.id
    browser, page = signed_in(app), held(store)
    for name in ("%00", "a" * 25, "A" * 26, "a" * 25 + "%00", "a" * 26 + "%0A", "é" * 26):
        for rest in ("", "/message.eml"):
            assert browser.get(f"/staff/letters/{name}{rest}").status_code == 404, name
        assert browser.post(f"/staff/letters/{name}/leave", page=page).status_code == 404, name
