"""Rubbish at every address and in every field, by a visitor, a supporter and staff: no page fails.

Addresses come from the application's own map and names of fields from its templates, so that what
is added is fuzzed, too.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.routing import Rule

from mailer import accounts
from mailer.config import Settings
from mailer.db import Store, schema
from mailer.transports.api import HOOKS
from mailer.transports.api.base import Asks, Call, Hook, Once
from mailer.web import create_app
from tests.conftest import ROOT, Clock
from tests.hunting import times
from tests.message.mails import HOSTILE
from tests.providers.ways import JSON, ODD, RUBBISH
from tests.staff_browser import EMAIL, Browser, member
from tests.staff_letters import send, write

_NAME = re.compile(r'\bname="([a-z_-]+)"|request\.(?:form|args)[.a-z]*[(\[]"(\w+)"')
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SOURCES = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "mailer" / "web").rglob("*.py")]
NAMES = sorted({a or b for one in SOURCES for a, b in _NAME.findall(one.read_text("utf-8"))})

WORDS = [
    "", "0", "-1", "1e309", "9" * 30, "nan", "true", "[]", "\0", "a\0b", "\ud800", "\u202e", "é",
    "%", "%00", "_", "'", '"', "' OR 1=1 --", "..", "../../etc/passwd", "//a.example", "\\", "*",
    "2026-13-45", "0000-00-00", "99999-01-01", "kim@coalition.example", "viewer", "admin", "csv",
    "review", "queued", "proctoring", "leave", "everything", "romano", "x" * 5000, "{{7*7}}", "\n",
    "<b>", "ABC DEF", "123456", *HOSTILE,
]  # fmt: skip
UNREADY = {"health.ready", "hooks.receive"}
"""Pages that may say that something is not at hand: no worker runs here, nor a provider."""

words = st.one_of(st.sampled_from(WORDS), st.text(max_size=30))
often = settings(
    max_examples=times(20, 3_000), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.fixture
def app(settings: Settings, store: Store, clock: Clock) -> Flask:
    """Pages with letters in several states, staff, and webhooks that have keys."""
    for number in range(3):
        write(store, number, hold="a look" if number == 2 else "")
    send(store, clock)
    member(store, role="admin")
    keys = dict.fromkeys(("postmark", "mailgun", "sendgrid", "resend", "brevo"), ("a:key" * 9,))
    return create_app(replace(settings, hooks=keys, sns_topic="arn:aws:sns:x:1:y"), store)


@pytest.fixture
def known(store: Store) -> list[str]:
    """Ids, tokens and receipts that exist: what is nearly one of them goes further than rubbish."""
    columns = (
        schema.letter.c.id, schema.submission.c.id, schema.submission.c.receipt,
        schema.account.c.id, schema.confirmation.c.token,
    )  # fmt: skip
    with store.read() as tx:
        found = [str(one) for each in columns for one in tx.execute(select(each)).scalars()]
    return [*found, accounts.invite(store, "new@coalition.example", "viewer")]


def paths(app: Flask, method: str) -> list[Rule]:
    found = [one for one in app.url_map.iter_rules() if method in (one.methods or ())]
    return sorted(found, key=str)


USUAL = {
    "slug": ["proctoring"],
    "decision": ["leave", "withdraw", "hold", "cancel", "try-again", "give-up", "answered"],
    "act": ["disable", "sign-out", "reset", "remove-factor"],
    "provider": sorted(HOOKS),
}  # fmt: skip
"""Parts of addresses that lead further than rubbish does."""


def filled(rule: Rule, data: st.DataObject, some: st.SearchStrategy[str]) -> str:
    """An address of this rule."""
    parts = {
        name: surely_text(data.draw(st.one_of(st.sampled_from(USUAL.get(name, ["x"])), some)))
        or "x"
        for name in sorted(rule.arguments)
    }
    return str(rule.build(parts, append_unknown=False)[1]) if parts else str(rule.rule)


def nearly(known: list[str]) -> st.SearchStrategy[str]:
    """Something that exists, cut, grown, or as it is; or rubbish."""
    real = st.sampled_from(known)
    cut = st.builds(lambda text, at: text[:at], real, st.integers(0, 30))
    return st.one_of(real, real.map(str.upper), real.map(lambda text: f"{text}.x"), cut, words)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_page_fails(
    app: Flask, store: Store, known: list[str], clock: Clock, method: str
) -> None:
    """Signed in as an administrator, who may open all there is."""
    rules, staff = paths(app, method), Browser(app)
    some = nearly([*known, *WORDS[24:40]])
    fields = st.dictionaries(st.sampled_from(NAMES), st.one_of(some, st.lists(some, max_size=3)))

    @often
    @given(st.data())
    def try_one(data: st.DataObject) -> None:
        rule = data.draw(st.sampled_from(rules))
        typed: dict[str, Any] = data.draw(fields)
        place = filled(rule, data, some)
        staff.enter(EMAIL)
        clock.pass_(600)
        found = TOKEN.search(staff.get("/staff/account").text)
        typed["csrf_token"] = found[1] if found else ""
        sent = {"data": surely({**typed, **uploaded(rule, typed)})}
        query = {"query_string": surely(typed)}
        more: Any = query if method == "GET" else sent
        with staff.client.open(place, method=method, **more) as answer:
            unready = answer.status_code == 503 and rule.endpoint in UNREADY
            assert answer.status_code < 500 or unready, f"{method} {place}"
            assert "Content-Security-Policy" in answer.headers

    try_one()


def surely(typed: dict[str, Any]) -> dict[str, Any]:
    """Fields without what no program can put on the wire as text: half a character."""
    return {
        name: [surely_text(one) for one in value] if isinstance(value, list) else surely_text(value)
        for name, value in typed.items()
    }


def surely_text(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def uploaded(rule: Rule, typed: dict[str, Any]) -> dict[str, Any]:
    """A file, where the page takes one."""
    if rule.endpoint != "staff.try_file":
        return {}
    text = str(typed).encode("utf-8", "replace")
    return {"file": (io.BytesIO(text), "officials.yaml")}


class Trusting:
    """A provider's webhook whose calls need no proof: what is read of them is tried."""

    def __init__(self, hook: Hook) -> None:
        self._hook = hook
        self.name = hook.name

    def verify(self, call: Call, keys: object, now: float) -> None:
        """Believe everybody."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hook, name)


@pytest.fixture
def trusting(settings: Settings, store: Store) -> Iterator[Flask]:
    known: dict[str, Any] = {name: Trusting(hook) for name, hook in HOOKS.items()}
    app = create_app(settings, store, known=known, fetch=lambda _url, _hosts: None)
    yield app
    app.extensions["mailer"].counting.write(store)


@often
@given(provider=st.sampled_from(sorted(HOOKS)), body=st.one_of(RUBBISH, st.sampled_from(ODD)))
def test_no_webhook_fails(trusting: Flask, app: Flask, provider: str, body: bytes) -> None:
    """Of whoever proves to be the provider, and of strangers: who are refused."""
    for kind in ("application/json", "multipart/form-data; boundary=x", ""):
        proven = trusting.test_client().post(f"/hooks/{provider}", data=body, content_type=kind)
        assert proven.status_code in {200, 400, 401, 403, 406}
    stranger = app.test_client().post(f"/hooks/{provider}", data=body)
    assert stranger.status_code in {401, 503}


def test_a_hook_that_trusts_reads_as_the_provider_s_own_does() -> None:
    for hook in HOOKS.values():
        trusting: Any = Trusting(hook)
        assert isinstance(trusting, Once) == isinstance(hook, Once)
        assert isinstance(trusting, Asks) == isinstance(hook, Asks)


@pytest.fixture
def behind(settings: Settings, new_sqlite: Callable[[], str]) -> Iterator[dict[int, Flask]]:
    """The pages behind no proxy, one, and two."""
    store = Store(new_sqlite())
    yield {hops: create_app(replace(settings, proxy_hops=hops), store) for hops in range(3)}
    store.close()


@often
@given(
    name=st.sampled_from(
        ["Host", "Origin", "Referer", "Accept-Language", "X-Forwarded-For", "X-Forwarded-Proto",
         "X-Forwarded-Host", "Forwarded", "Cookie", "Sec-Fetch-Site", "Content-Type",
         "Content-Length", "Authorization", "If-None-Match", "Range", "Accept-Encoding", "Accept"]
    ),
    value=st.one_of(words, JSON.map(str)), hops=st.integers(0, 2),
)  # fmt: skip
def test_no_header_breaks_a_page(
    behind: dict[int, Flask], name: str, value: str, hops: int
) -> None:
    line = "".join(c for c in value if c.isprintable() and ord(c) < 256)
    for place in ("/", "/proctoring/", "/staff/sign-in", "/metrics"):
        answer = behind[hops].test_client().get(place, headers={name: line})
        assert answer.status_code < 500
