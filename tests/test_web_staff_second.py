"""Signing in with a second factor, and what stops whoever guesses without stopping the owner."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from mailer import accounts, audit
from mailer.accounts import second
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter_text
from mailer.errors import OverLimit
from mailer.limits import Caller
from mailer.limits import staff as limits
from mailer.limits.staff import Trial
from mailer.web import create_app
from tests.conftest import Clock
from tests.staff_browser import EMAIL, PASSWORD, Browser, member

SETUP = "/staff/account/second-factor"
FAR = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}


@pytest.fixture
def store(new_sqlite: Callable[[], str], clock: Clock) -> Iterator[Store]:
    """One engine is enough here: accounts themselves are tested on both."""
    opened = Store(new_sqlite(), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


def set_up(browser: Browser, clock: Clock) -> tuple[str, list[str]]:
    """Turn the second factor on as its owner does; the app's secret and the recovery codes."""
    shown = browser.get(SETUP).text
    found = re.search(r'class="key">([A-Z2-7 ]+)<', shown)
    assert found
    assert "<svg" in shown
    assert "style=" not in shown.partition("<svg")[2].partition("</svg>")[0]
    secret = found[1].replace(" ", "")
    code = pyotp.TOTP(secret).at(int(clock.now))
    answer = browser.post(SETUP, {"code": code, "password": PASSWORD})
    assert answer.status_code == 200
    codes = re.findall(r"<li><code>([^<]+)</code>", answer.text)
    assert len(codes) == 10
    clock.pass_(60)
    return secret, codes


def give(browser: Browser, code: str, wanted: str = "") -> TestResponse:
    return browser.post("/staff/sign-in/code", {"code": code, "next": wanted})


def test_from_set_up_to_signing_in_with_a_code(app: Flask, store: Store, clock: Clock) -> None:
    member(store)
    first = Browser(app)
    first.sign_in()
    secret, codes = set_up(first, clock)
    page = first.get(SETUP).text
    assert "10 recovery codes are left" in page
    assert not any(code in page for code in (*codes, secret)), "shown once"
    browser = Browser(app)
    answer = browser.sign_in()
    assert answer.status_code == 303
    assert answer.location.startswith("/staff/sign-in/code")
    assert not browser.signed_in(), "the password alone opens nothing"
    assert give(browser, "").status_code == 422
    wrong = give(browser, "000000")
    assert wrong.status_code == 422
    assert "This code does not fit" in wrong.text
    code = pyotp.TOTP(secret).at(int(clock.now))
    assert give(browser, code, "/staff/news/").location == "/staff/news/"
    assert browser.signed_in()
    other = Browser(app)
    other.sign_in()
    assert give(other, code).status_code == 422, "a code counts once"
    assert give(other, codes[0]).status_code == 303


def test_the_code_is_waited_for_ten_minutes_and_only_after_the_password(
    app: Flask, store: Store, clock: Clock
) -> None:
    member(store)
    browser = Browser(app)
    assert "/staff/sign-in" in browser.get("/staff/sign-in/code").location
    browser.sign_in()
    set_up(browser, clock)
    slow = Browser(app)
    slow.sign_in()
    clock.pass_(601)
    turned = slow.get("/staff/sign-in/code")
    assert "slow=1" in turned.location
    assert "Begin again with your password" in slow.get(turned.location).text


@pytest.mark.parametrize("path", [SETUP, f"{SETUP}/codes", f"{SETUP}/remove"])
def test_what_guards_the_account_asks_for_the_password_again(
    app: Flask, store: Store, clock: Clock, path: str
) -> None:
    owner = member(store)
    browser = Browser(app)
    browser.enter()
    if path != SETUP:
        set_up(browser, clock)
    for typed, said in (("", "Enter your password"), ("not my password", "not your password")):
        answer = browser.post(path, {"password": typed, "code": "123456"}, page=SETUP)
        assert answer.status_code == 422
        assert said in answer.text
    found = accounts.find(store, owner.id)
    assert found
    assert found.second_factor == (path != SETUP)


def test_it_can_be_removed_and_new_codes_made(app: Flask, store: Store, clock: Clock) -> None:
    member(store)
    browser = Browser(app)
    browser.enter()
    _, codes = set_up(browser, clock)
    form = {"password": PASSWORD}
    fresh = browser.post(f"{SETUP}/codes", form, page=SETUP)
    assert fresh.status_code == 200
    assert codes[0] not in fresh.text
    gone = browser.post(f"{SETUP}/remove", form, page=SETUP)
    assert "The second factor is removed" in browser.get(gone.location).text
    assert Browser(app).sign_in().location == "/staff/"


def test_the_audit_tells_what_let_somebody_in(app: Flask, store: Store, clock: Clock) -> None:
    member(store)
    browser = Browser(app)
    browser.enter()
    _, codes = set_up(browser, clock)
    again = Browser(app)
    again.sign_in()
    give(again, codes[0])
    entries = audit.page(store, audit.Wanted(act="sign-in"), 4).entries
    assert entries[0].details == {"by": "code"}
    assert {one.details["by"] for one in entries[1:]} == {"password"}


def test_a_link_by_mail_does_not_go_round_it(app: Flask, store: Store, clock: Clock) -> None:
    member(store)
    browser = Browser(app)
    browser.enter()
    set_up(browser, clock)
    work = app.extensions["mailer"]
    accounts.request_reset(store, EMAIL, sender=work.sender, language="en")
    token = _mailed(store)
    new = "seven loud green frogs"
    thief = Browser(app)
    answer = thief.post(f"/staff/reset/{token}", {"new": new, "again": new})
    assert "/staff/sign-in/code" in answer.location
    assert not thief.signed_in()


def _mailed(store: Store) -> str:
    with store.read() as tx:
        body = str(tx.execute(select(letter_text.c.body)).scalar_one())
    return body.partition("/staff/reset/")[2].split()[0]


@pytest.mark.parametrize(
    ("role", "named", "must"),
    [
        *((role, accounts.ROLES, True) for role in accounts.ROLES),
        ("organizer", ("organizer", "admin"), True),
        ("viewer", ("organizer", "admin"), False),
    ],
)
def test_who_signs_in_must_have_one_where_others_can_reach_the_pages(
    settings: Settings, store: Store, role: str, named: tuple[str, ...], must: bool
) -> None:
    assert settings.second_factor == accounts.ROLES
    public = replace(settings, base_url="https://letters.example", second_factor=named)
    member(store, role=role)
    for app, led in (
        (create_app(public, store), must),
        (create_app(replace(public, second_factor=()), store), False),
        (create_app(settings, store), False),
    ):
        browser = Browser(app)
        base = "https://letters.example" if app.config["SESSION_COOKIE_SECURE"] else ""
        signed_in(browser, base)
        room = "/staff/partner/" if role == "partner" else "/staff/news/"
        answer = browser.get(room, **({"base_url": base} if base else {}))
        assert (answer.status_code == 303) == led
        if led:
            assert answer.location == f"{SETUP}?must=1"
            shown = browser.get(answer.location, base_url=base)
            assert "a password alone is not enough" in shown.text
            assert room not in shown.text, "what does not open yet is not offered"
            assert browser.get("/staff/account", base_url=base).status_code == 200


def signed_in(browser: Browser, base: str) -> None:
    more = {"base_url": base, "headers": {"Referer": f"{base}/staff/sign-in"}} if base else {}
    shown = browser.get("/staff/sign-in", **more)
    found = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
    assert found
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": found[1]}
    assert browser.client.post("/staff/sign-in", data=form, **more).status_code == 303


def tried(store: Store, account: str, times: int, browser: str = "") -> None:
    """Somebody has tried before: the form's own work, hashing, is not what is counted."""
    trial = Trial(caller=Caller(network="203.0.113.9/32"), account=account, browser=browser)
    for _ in range(times):
        with store.write() as tx:
            limits.try_password(tx, trial, store.pepper(tx), store.now(tx))


def test_guessing_is_stopped_and_never_tells_who_has_an_account(
    app: Flask, store: Store, clock: Clock
) -> None:
    member(store)
    said = {}
    for email in (EMAIL, "nobody@coalition.example"):
        stranger = Browser(app)
        tried(store, email, 9)
        answers = [stranger.sign_in(email, "not the password") for _ in range(2)]
        assert [one.status_code for one in answers] == [422, 429]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
        assert "Too many tries" in answers[-1].text
        said[email] = re.sub(r'value="[^"]+"', "", answers[-1].text).replace(email, "EMAIL")
    assert len(set(said.values())) == 1
    assert Browser(app).sign_in().status_code == 429, "the right password, from somewhere new"
    clock.pass_(901)
    assert Browser(app).sign_in().status_code == 303


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(
    app: Flask, store: Store, clock: Clock
) -> None:
    member(store)
    own = Browser(app)
    own.sign_in()
    own.post("/staff/sign-out", page="/staff/account")
    tried(store, EMAIL, 10)
    assert Browser(app).sign_in().status_code == 429
    assert own.sign_in().status_code == 303
    assert own.signed_in()
    forged = Browser(app)
    forged.client.set_cookie("mailer-browser", "forged")
    assert forged.sign_in().status_code == 429
    kept = own.client.get_cookie("mailer-browser")
    assert kept
    assert kept.http_only
    other = Browser(app)
    other.client.set_cookie("mailer-browser", kept.value)
    form = {"email": "other@coalition.example", "password": "not the password"}
    tried(store, "other@coalition.example", 10)
    answer = other.post("/staff/sign-in", form)
    assert answer.status_code == 429, "it counts for the account that signed in with it alone"


def test_what_a_browser_keeps_gives_no_endless_tries(store: Store) -> None:
    tried(store, EMAIL, 10, browser="kept")
    with pytest.raises(OverLimit):
        tried(store, EMAIL, 1, browser="kept")
    tried(store, EMAIL, 1)


def test_one_place_cannot_try_many_accounts(app: Flask, store: Store) -> None:
    for number in range(60):
        tried(store, f"a{number}@x.example", 1)
    form = {"email": EMAIL, "password": "not the password"}
    assert Browser(app).post("/staff/sign-in", form, **FAR).status_code == 429
    assert Browser(app).post("/staff/sign-in", form).status_code == 422, "from elsewhere"


def test_one_place_asks_for_twenty_links_by_mail(app: Flask, store: Store, clock: Clock) -> None:
    far = Caller(network="203.0.113.9/32")
    for _ in range(20):
        with store.write() as tx:
            limits.ask_reset(tx, far, store.pepper(tx), store.now(tx))
    form = {"email": EMAIL}
    refused = Browser(app).post("/staff/reset", form, **FAR)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert Browser(app).post("/staff/reset", form).status_code == 303, "from elsewhere"
    clock.pass_(901)
    assert Browser(app).post("/staff/reset", form, **FAR).status_code == 303


def test_codes_are_guessed_five_times(app: Flask, store: Store, clock: Clock) -> None:
    owner = member(store)
    codes = second.prove(
        store, owner.id, pyotp.TOTP(second.offer(store, owner.id)).at(int(clock.now))
    )
    browser = Browser(app)
    browser.sign_in()
    tries = [give(browser, f"00000{number}").status_code for number in range(6)]
    assert tries == [422] * 5 + [429]
    assert give(browser, codes[0]).status_code == 429
    clock.pass_(500)
    assert give(browser, codes[0]).status_code == 303


def test_sessions_are_listed_and_ended_elsewhere(app: Flask, store: Store) -> None:
    member(store)
    here, there = Browser(app), Browser(app)
    here.sign_in()
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    form = {"email": EMAIL, "password": PASSWORD}
    there.post("/staff/sign-in", form, headers={"User-Agent": firefox})
    page = here.get("/staff/account").text
    assert "Firefox, Linux" in page
    found = re.findall(r'name="session" value="([0-9a-f]{64})"', page)
    assert len(found) == 1, "one's own session is ended by signing out"

    def end(browser: Browser, session: str, password: str = PASSWORD) -> int:
        form = {"session": session, "password": password}
        path = "/staff/account/sessions/end"
        return browser.post(path, form, page="/staff/account").status_code

    assert end(here, "nonsense") == 303
    assert there.signed_in()
    stranger = Browser(app)
    member(store, "other@coalition.example")
    stranger.sign_in("other@coalition.example")
    end(stranger, found[0])
    assert there.signed_in(), "only one's own"
    assert end(here, found[0], "") == end(here, found[0], "not it") == 422
    assert there.signed_in(), "whoever finds a browser open ends nothing"
    assert end(here, found[0]) == 303
    assert not there.signed_in()
    assert here.signed_in()
