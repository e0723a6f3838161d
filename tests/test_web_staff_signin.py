"""The door to the staff's pages: who gets in, how long they stay, and what nobody learns."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from argon2 import extract_parameters
from argon2.low_level import hash_secret, verify_secret
from flask import Flask

from mailer import accounts
from mailer.config import Settings
from mailer.db import Store
from mailer.web import create_app
from mailer.web.staff import roles
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


def without_tokens(text: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]+"', "", text)


OPEN = {
    "staff.sign_in", "staff.second_step", "staff.enter", "staff.invitation", "staff.ask_reset",
    "staff.reset",
}  # fmt: skip


def test_every_view_of_the_staff_says_who_may_open_it(app: Flask) -> None:
    views = {name: view for name, view in app.view_functions.items() if name.startswith("staff.")}
    assert len(views) > 15
    silent = {name for name, view in views.items() if roles.declared(view) is None}
    assert not silent
    assert {name for name, view in views.items() if roles.may(roles.STRANGER, view)} == OPEN


def test_a_view_that_says_nothing_is_shut_and_a_wrong_role_is_no_role() -> None:
    def silent() -> None: ...

    assert not any(roles.may(role, silent) for role in roles.ANYBODY)
    for names in ((), ("boss",), ("viewer", "ADMIN")):
        with pytest.raises(ValueError, match="not a role"):
            roles.open_to(*names)


def test_every_staff_page_needs_a_sign_in_but_the_few_that_are_named(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/staff")]
    for rule in rules:
        assert rule.endpoint.startswith("staff."), f"{rule} is not behind the guard"
        path = re.sub(r"<[^>]+>", "some", rule.rule)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = app.test_client().open(path, method=method)
            closed = answer.status_code == 303 and "/staff/sign-in" in answer.location
            lacks_password = rule.endpoint == "staff.second_step" and method == "GET"
            shut = rule.endpoint not in OPEN or lacks_password
            assert closed == shut, f"{method} {path}: {answer.status}"


def test_the_right_password_opens_the_log(browser: Browser, store: Store) -> None:
    member(store)
    answer = browser.sign_in()
    assert (answer.status_code, answer.location) == (303, "/staff/")
    assert browser.get("/staff/").status_code == 200
    again = browser.get("/staff/sign-in")
    assert (again.status_code, again.location) == (303, "/staff/")


def test_the_address_may_be_written_in_another_case(browser: Browser, store: Store) -> None:
    member(store)
    assert browser.sign_in(f"  {EMAIL.replace('coalition', 'COALITION')} ").status_code == 303


class Counted:
    """Watches what Argon2id is asked to do: its settings for each comparison, and new hashes."""

    def __init__(self) -> None:
        self.compared: list[str] = []
        self.made = 0

    def __enter__(self) -> Counted:
        sys.setprofile(self._look)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code is verify_secret.__code__:
            kept = extract_parameters(frame.f_locals["hash"].decode())
            self.compared.append(repr(kept))
        if event == "call" and frame.f_code is hash_secret.__code__:
            self.made += 1


def test_nothing_tells_whether_an_account_exists(app: Flask, store: Store) -> None:
    member(store)
    member(store, "gone@coalition.example")
    accounts.disable(store, "gone@coalition.example")
    accounts.invite(store, "invited@coalition.example", "viewer")
    said, work = set(), set()
    accounts.sign_in(store, "first@coalition.example", "makes what strangers are compared with")
    for email, password in (
        (EMAIL, "not the password"),
        ("nobody@coalition.example", PASSWORD),
        ("gone@coalition.example", PASSWORD),
        ("invited@coalition.example", PASSWORD),
    ):
        with Counted() as counted:
            answer = Browser(app).sign_in(email, password)
        assert answer.status_code == 422
        assert (len(counted.compared), counted.made) == (1, 0)
        work.add(counted.compared[0])
        assert PASSWORD not in answer.text
        said.add(without_tokens(answer.text).replace(email, "EMAIL"))
    assert len(said) == 1
    assert "do not belong together" in said.pop()
    assert len(work) == 1, "with the same settings, it takes as long"


def test_an_empty_form_says_what_to_enter(browser: Browser) -> None:
    answer = browser.post("/staff/sign-in", {"email": "", "password": ""})
    assert answer.status_code == 422
    assert "<title>Error: Sign in" in answer.text
    assert 'href="#email">Enter your email address<' in answer.text
    assert 'href="#password">Enter your password<' in answer.text


def test_what_was_typed_is_escaped_and_the_address_kept(browser: Browser) -> None:
    answer = browser.sign_in('"><script>alert(1)</script>@x.example', "whatever it is")
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "whatever it is" not in answer.text


@pytest.mark.parametrize("path", ["/staff/sign-in", "/staff/account", "/staff/reset"])
def test_a_form_without_its_token_helps_and_does_nothing(
    browser: Browser, store: Store, path: str
) -> None:
    member(store)
    if path == "/staff/account":
        browser.sign_in()
    typed = {"email": EMAIL, "password": PASSWORD, "old": PASSWORD, "new": "a secret of mine"}
    answer = browser.client.post(path, data={**typed, "again": "a secret of mine"})
    assert answer.status_code == 400
    assert "This form had grown old" in answer.text
    assert f'href="{path}"' in answer.text
    assert not any(word in answer.text for word in (PASSWORD, "a secret of mine", "Traceback"))
    browser.client.delete_cookie("mailer")
    assert browser.sign_in().status_code == 303


def test_a_form_of_another_site_is_refused(browser: Browser, store: Store) -> None:
    member(store)
    headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    form = {"email": EMAIL, "password": PASSWORD}
    answer = browser.post("/staff/sign-in", form, page="/staff/sign-in", headers=headers)
    assert answer.status_code == 403
    assert not browser.signed_in()


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/staff/",
        "//elsewhere.example/staff/",
        "/\\elsewhere.example/staff/",
        "/staff/\\..\\x",
        "/staff/../privacy",
        "/privacy",
        "javascript:alert(1)//staff/",
        "/staff/\r\nSet-Cookie: a=b",
        "http://[::1/staff/",
        "",
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(
    browser: Browser, store: Store, wanted: str
) -> None:
    member(store)
    form = {"email": EMAIL, "password": PASSWORD, "next": wanted}
    assert browser.post("/staff/sign-in", form).location == "/staff/"


def test_the_page_asked_for_comes_after_signing_in(browser: Browser, store: Store) -> None:
    member(store)
    turned = browser.get("/staff/?state=failed&lang=fr")
    shown = browser.get(turned.location)
    assert 'name="next" value="/staff/?state=failed&amp;lang=fr"' in shown.text
    assert '<html lang="fr"' in shown.text


def test_every_page_forbids_caches_to_keep_it(browser: Browser, store: Store) -> None:
    member(store)
    for path in ("/staff/sign-in", "/staff/reset", "/staff/invitation/x", "/staff/"):
        assert browser.get(path).headers["Cache-Control"] == "no-store"
    browser.sign_in()
    for path in ("/staff/", "/staff/account", "/staff/letters/none"):
        assert browser.get(path).headers["Cache-Control"] == "no-store", path


def test_a_partner_sees_no_letters(browser: Browser, store: Store) -> None:
    member(store, role="partner")
    browser.sign_in()
    for path in ("/staff/", "/staff/letters/some", "/staff/letters/some/message.eml"):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert "Not open to partner organisations" in answer.text
    assert browser.signed_in()


@pytest.mark.parametrize("role", ["viewer", "moderator", "organizer", "admin"])
def test_everybody_of_the_campaign_sees_the_log(browser: Browser, store: Store, role: str) -> None:
    member(store, role=role)
    browser.sign_in()
    assert browser.get("/staff/").status_code == 200


@pytest.mark.parametrize("path", ["/staff/sign-in", "/staff/reset"])
def test_arguments_named_like_those_of_the_program_do_no_harm(browser: Browser, path: str) -> None:
    strange = "endpoint=x&_scheme=javascript&_external=1&_anchor=a&token=b&lang=en&_method=POST"
    answer = browser.get(f"{path}?{strange}")
    assert answer.status_code == 200
    assert 'href="javascript' not in answer.text
    assert f'href="{path}?endpoint=x' in answer.text


def test_the_pages_speak_french(browser: Browser, store: Store) -> None:
    member(store)
    shown = browser.get("/staff/sign-in", headers={"Accept-Language": "fr"})
    assert '<html lang="fr"' in shown.text
    assert "Sign in" not in shown.text
    assert "Mot de passe" in shown.text
