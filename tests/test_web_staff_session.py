"""The session of somebody signed in: its cookie, how long it lasts, and how it ends."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from mailer import accounts
from mailer.campaigns import links
from mailer.config import Settings
from mailer.db import Store
from mailer.submissions import data_links, erase_links, unsubscribing
from mailer.web import create_app
from mailer.web.signing import Signer
from tests.conftest import Clock
from tests.staff_browser import EMAIL, PASSWORD, Browser, member


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


def signature(signed: str) -> bytes:
    """What stands behind the last dot of a signed value."""
    made = signed.rpartition(".")[2]
    return base64.urlsafe_b64decode(made + "=" * (-len(made) % 4))


@pytest.fixture
def anywhere(settings: Settings, store: Store) -> Flask:
    """The same pages where the whole world can reach them."""
    public = Settings(
        home=settings.home,
        secret_keys=("k" * 40,),
        base_url="https://letters.example",
        transports=("smtp://127.0.0.1:9?tls=none",),
        from_address="letters@campaign.example",
    )
    return create_app(public, store)


def cookies_of(app: Flask, store: Store, base: str) -> dict[str, set[str]]:
    """The cookies of somebody who has signed in, with their rules."""
    member(store)
    browser = Browser(app)
    shown = browser.get("/staff/sign-in", base_url=base)
    found = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
    assert found
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": found[1]}
    referrer = {"Referer": f"{base}/staff/sign-in"}
    answer = browser.client.post("/staff/sign-in", data=form, base_url=base, headers=referrer)
    assert answer.status_code == 303
    parts = [
        [part.strip() for part in one.split(";")] for one in answer.headers.getlist("Set-Cookie")
    ]
    return {one[0].partition("=")[0]: set(one[1:]) for one in parts}


def test_the_cookie_in_development(app: Flask, store: Store) -> None:
    found = cookies_of(app, store, "http://127.0.0.1")
    assert found["mailer"] == {"HttpOnly", "Path=/", "SameSite=Lax"}
    assert found["mailer-browser"] >= {"HttpOnly", "Path=/", "SameSite=Strict"}
    assert len(found) == 2


def test_both_cookies_and_all_links_are_signed_by_sha_256(browser: Browser, store: Store) -> None:
    member(store)
    browser.sign_in()
    kept = [browser.client.get_cookie(name) for name in ("mailer", "mailer-browser")]
    signed = [one.value for one in kept if one]
    assert len(signed) == 2
    keys, url, mailbox, day = ("k" * 40,), "https://letters.example", "f" * 40, 1_800_000_000.0
    signed += [
        Signer(keys, lambda: day).sign("exams", "a" * 26, "f" * 64),
        erase_links.link(url, keys, mailbox, day),
        data_links.link(url, keys, mailbox, day),
        unsubscribing.link(url, keys, mailbox),
        links.link(url, keys, "exams", now=day),
    ]
    assert {len(signature(one)) for one in signed} == {32}


def test_the_cookie_everywhere_else(anywhere: Flask, store: Store) -> None:
    found = cookies_of(anywhere, store, "https://letters.example")
    assert found["__Host-mailer"] == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert found["__Host-mailer-browser"] >= {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"}
    assert len(found) == 2


@pytest.mark.parametrize("path", ["/", "/privacy", "/outbox/", "/robots.txt", "/no-such-page"])
def test_no_public_page_sets_a_cookie(browser: Browser, store: Store, path: str) -> None:
    assert "Set-Cookie" not in browser.get(path, follow_redirects=True).headers
    member(store)
    browser.sign_in()
    assert "Set-Cookie" not in browser.get(path, follow_redirects=True).headers


def test_signing_out_ends_the_session_and_not_only_the_cookie(
    browser: Browser, app: Flask, store: Store
) -> None:
    member(store)
    browser.sign_in()
    cookie = browser.client.get_cookie("mailer")
    assert cookie
    answer = browser.post("/staff/sign-out", page="/staff/account")
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert "You are signed out" in browser.get(answer.location).text
    thief = Browser(app)
    thief.client.set_cookie("mailer", cookie.value)
    assert not thief.signed_in()


def test_a_session_ends_after_half_an_hour_without_a_page(
    browser: Browser, store: Store, clock: Clock
) -> None:
    member(store)
    browser.sign_in()
    clock.pass_(29 * 60)
    assert browser.signed_in()
    clock.pass_(31 * 60)
    answer = browser.get("/staff/?state=failed")
    assert answer.status_code == 303
    assert "Your session is over" in browser.get(answer.location).text
    form = {"email": EMAIL, "password": PASSWORD, "next": "/staff/?state=failed"}
    assert browser.post("/staff/sign-in", form).location == "/staff/?state=failed"


def test_a_session_ends_after_twelve_hours_at_the_latest(
    browser: Browser, store: Store, clock: Clock
) -> None:
    member(store)
    browser.sign_in()
    for _ in range(28):
        clock.pass_(25 * 60)
        assert browser.signed_in()
    clock.pass_(25 * 60)
    assert not browser.signed_in()


def test_signing_in_again_makes_a_new_session_and_ends_the_old(
    browser: Browser, app: Flask, store: Store
) -> None:
    member(store)
    browser.sign_in()
    old = browser.client.get_cookie("mailer")
    form = {"email": EMAIL, "password": PASSWORD}
    assert browser.post("/staff/sign-in", form, page="/staff/account").status_code == 303
    new = browser.client.get_cookie("mailer")
    assert old
    assert new
    assert new.value != old.value
    thief = Browser(app)
    thief.client.set_cookie("mailer", old.value)
    assert not thief.signed_in()
    assert browser.signed_in()


def test_a_disabled_account_is_out_at_once(browser: Browser, store: Store) -> None:
    member(store)
    browser.sign_in()
    accounts.disable(store, EMAIL)
    assert not browser.signed_in()


def test_the_role_is_said_as_a_person_in_french(browser: Browser, store: Store) -> None:
    member(store, role="organizer")
    browser.sign_in()
    assert "Organisatrice ou organisateur" in browser.get("/staff/account?lang=fr").text
