"""The links that let somebody in once, and the passwords chosen behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from mailer import accounts
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter, letter_text
from mailer.web import create_app
from tests.conftest import Clock
from tests.staff_browser import EMAIL, PASSWORD, Browser, member

NEW = "seven loud green frogs"


@pytest.fixture
def store(new_sqlite: Callable[[], str], clock: Clock) -> Iterator[Store]:
    """One engine is enough here: accounts themselves are tested on both."""
    opened = Store(new_sqlite(), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


def both(password: str) -> dict[str, str]:
    return {"new": password, "again": password}


def mailed(store: Store) -> list[tuple[str, str]]:
    """To whom mails about accounts wait to leave, and their text."""
    statement = select(letter_text.c.to_address, letter_text.c.body).join(
        letter, letter.c.id == letter_text.c.letter
    )
    with store.read() as tx:
        found = tx.execute(statement.where(letter.c.kind == "account")).all()
    return [(row.to_address, row.body) for row in found]


def test_the_link_of_mailer_up_signs_in_once(app: Flask, store: Store) -> None:
    link = f"/staff/enter/{accounts.local_admin(store)}"
    browser = Browser(app)
    assert browser.client.head(link).status_code == 204
    answer = browser.get(link)
    assert (answer.status_code, answer.location) == (303, "/staff/")
    assert "admin@localhost" in browser.get("/staff/account").text
    again = browser.get(link)
    assert again.status_code == 410
    assert "You are signed in as admin@localhost" in again.text
    other = Browser(app).get(link)
    assert other.status_code == 410
    assert "make run" in other.text


@pytest.mark.parametrize(
    "request_",
    [
        {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"headers": {"Host": "letters.example"}},
    ],
)
def test_the_link_works_only_at_this_machine(
    app: Flask, store: Store, request_: dict[str, dict[str, str]]
) -> None:
    link = f"/staff/enter/{accounts.local_admin(store)}"
    assert Browser(app).get(link, **request_).status_code == 404
    assert Browser(app).get(link).status_code == 303, "a refused visit must not use it up"


def test_the_link_is_nothing_outside_development(settings: Settings, store: Store) -> None:
    public = Settings(
        home=settings.home, secret_keys=("k" * 40,), base_url="https://letters.example"
    )
    link = f"/staff/enter/{accounts.local_admin(store)}"
    app = create_app(public, store)
    assert Browser(app).get(link, base_url="https://letters.example").status_code == 404
    assert Browser(app).get(link, base_url="https://127.0.0.1").status_code in {301, 404}


def test_an_invitation_sets_a_password_once(app: Flask, store: Store) -> None:
    link = f"/staff/invitation/{accounts.invite(store, EMAIL, 'organizer')}"
    browser = Browser(app)
    shown = browser.get(link)
    assert shown.status_code == 200
    assert EMAIL in shown.text
    assert browser.get(link).status_code == 200, "looking at it does not use it up"
    answer = browser.post(link, both(NEW))
    assert (answer.status_code, answer.location) == (303, "/staff/")
    assert browser.signed_in()
    over = Browser(app).get(link)
    assert over.status_code == 410
    assert "whoever invited you" in over.text
    assert Browser(app).sign_in(EMAIL, NEW).status_code == 303


def test_an_invitation_grows_old(app: Flask, store: Store, clock: Clock) -> None:
    link = f"/staff/invitation/{accounts.invite(store, EMAIL, 'viewer')}"
    clock.pass_(7 * 86400 + 1)
    assert Browser(app).get(link).status_code == 410


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        ("", "", "Enter a new password"),
        ("seven77", "seven77", "Use at least 15 characters"),
        ("password12345678", "password12345678", "easy to guess"),
        ("coalitioncoalition", "coalitioncoalition", "easy to guess"),
        ("x9" * 129, "x9" * 129, "Use a shorter password"),
        (NEW, NEW + "s", "The two new passwords differ"),
    ],
)
def test_passwords_that_will_not_do(
    browser: Browser, store: Store, new: str, again: str, said: str
) -> None:
    link = f"/staff/invitation/{accounts.invite(store, EMAIL, 'viewer')}"
    answer = browser.post(link, {"new": new, "again": again})
    assert answer.status_code == 422
    assert said in answer.text
    assert "<title>Error: " in answer.text
    assert not new or new not in answer.text
    assert browser.post(link, both(NEW)).status_code == 303, "the link still works"


@pytest.mark.parametrize(
    "password",
    ["zqxvkjwp mbthgyf", "mots français: été, Noël", "lantern orbit " * 9, "  spaced  out 47 "],
)
def test_passwords_are_taken_as_they_are(app: Flask, store: Store, password: str) -> None:
    link = f"/staff/invitation/{accounts.invite(store, EMAIL, 'viewer')}"
    assert Browser(app).post(link, both(password)).status_code == 303
    assert Browser(app).sign_in(EMAIL, password).status_code == 303
    assert Browser(app).sign_in(EMAIL, password[:-1]).status_code == 422, "nothing is cut off"
    assert Browser(app).sign_in(EMAIL, password.upper()).status_code == 422


def test_asking_for_a_new_password_answers_the_same_for_everybody(app: Flask, store: Store) -> None:
    member(store)
    said = set()
    for email in (EMAIL, "nobody@coalition.example"):
        browser = Browser(app)
        answer = browser.post("/staff/reset", {"email": email})
        assert answer.status_code == 303
        assert email not in answer.location
        said.add(browser.get(answer.location).text)
    assert len(said) == 1
    assert "If an account belongs to that address" in said.pop()
    assert [to for to, _ in mailed(store)] == [EMAIL]


@pytest.mark.parametrize(("typed", "said"), [("", "Enter your email"), ("kim", "name@example")])
def test_asking_with_no_address(browser: Browser, typed: str, said: str) -> None:
    answer = browser.post("/staff/reset", {"email": typed})
    assert answer.status_code == 422
    assert said in answer.text


def test_the_mailed_link_sets_a_new_password_and_ends_every_session(
    app: Flask, store: Store
) -> None:
    member(store)
    elsewhere, browser = Browser(app), Browser(app)
    elsewhere.sign_in()
    browser.post("/staff/reset", {"email": EMAIL})
    ((_, text),) = mailed(store)
    link = re.search(r"/staff/reset/\S+", text)
    assert link
    assert browser.post(link[0], both(NEW)).status_code == 303
    assert browser.signed_in()
    assert not elsewhere.signed_in()
    over = Browser(app).get(link[0])
    assert over.status_code == 410
    assert 'href="/staff/reset"' in over.text
    assert Browser(app).sign_in(EMAIL, PASSWORD).status_code == 422
    assert Browser(app).sign_in(EMAIL, NEW).status_code == 303


def test_a_link_for_one_purpose_opens_no_other_door(app: Flask, store: Store) -> None:
    invitation, enter = accounts.invite(store, EMAIL, "viewer"), accounts.local_admin(store)
    for path in (
        f"/staff/reset/{invitation}",
        f"/staff/enter/{invitation}",
        f"/staff/invitation/{enter}",
        f"/staff/reset/{enter}",
    ):
        assert Browser(app).get(path).status_code == 410


def test_changing_the_own_password_ends_the_other_sessions(app: Flask, store: Store) -> None:
    member(store)
    browser, elsewhere = Browser(app), Browser(app)
    browser.sign_in()
    elsewhere.sign_in()
    answer = browser.post("/staff/account", {"old": PASSWORD, **both(NEW)})
    assert answer.status_code == 303
    assert "Your password is changed" in browser.get(answer.location).text
    assert browser.signed_in()
    assert not elsewhere.signed_in()
    assert Browser(app).sign_in(EMAIL, NEW).status_code == 303


def test_the_session_is_a_new_one_once_the_password_was_asked_again(
    app: Flask, store: Store
) -> None:
    member(store)
    browser, thief = Browser(app), Browser(app)
    browser.sign_in()
    stolen = browser.client.get_cookie("mailer")
    assert stolen
    browser.post("/staff/account", {"old": PASSWORD, **both(NEW)})
    thief.client.set_cookie("mailer", stolen.value)
    assert browser.signed_in()
    assert not thief.signed_in()


def test_the_old_password_is_not_to_be_guessed(app: Flask, store: Store) -> None:
    member(store)
    browser = Browser(app)
    browser.sign_in()
    for number in range(10):
        browser.post("/staff/account", {"old": f"guess {number}", **both(NEW)})
    answer = browser.post("/staff/account", {"old": PASSWORD, **both(NEW)})
    assert "Too many tries" in answer.text
    assert accounts.sign_in(store, EMAIL, PASSWORD)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"old": "not it", **both(NEW)}, "This is not your password of today"),
        ({"old": "", **both(NEW)}, "Enter your password"),
        ({"old": PASSWORD, **both("short")}, "Use at least 15 characters"),
        ({"old": PASSWORD, "new": NEW, "again": "other"}, "The two new passwords differ"),
    ],
)
def test_a_change_that_fails_changes_nothing(
    app: Flask, store: Store, typed: dict[str, str], said: str
) -> None:
    member(store)
    browser = Browser(app)
    browser.sign_in()
    answer = browser.post("/staff/account", typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert Browser(app).sign_in().status_code == 303


def test_password_fields_let_managers_and_paste_work(browser: Browser, store: Store) -> None:
    shown = browser.get(f"/staff/invitation/{accounts.invite(store, EMAIL, 'viewer')}").text
    assert shown.count('autocomplete="new-password"') == 2
    assert shown.count('type="password"') == 2
    assert 'autocomplete="username"' in shown
    for forbidden in ("maxlength", "onpaste", "pattern="):
        assert forbidden not in shown
    assert 'autocomplete="current-password"' in browser.get("/staff/sign-in").text
