"""What browsers and strangers may not do: methods, frames, other sites, odd addresses."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from mailer.db import Store, schema
from mailer.web.blocked import LARGEST, QUIET, Told, broken_rule
from tests.web_public.page import TYPED, Page, Visitor
from tests.web_public.test_security import addresses_of
from tests.web_public.unions import write_coalition

EVIL = "https://evil.example"
ACCENTED = "https://xn--lettres-qubec-khb.test"
UNUSED = ("OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "CONNECT", "PROPFIND", "MADE-UP")


def report(**about: object) -> bytes:
    return json.dumps({"csp-report": about}).encode()


@pytest.mark.parametrize("method", UNUSED)
def test_only_methods_that_are_used_are_answered(app: Flask, method: str) -> None:
    used: dict[str, set[str]] = {}
    for path, _, methods in addresses_of(app):
        used[path] = used.get(path, set()) | methods - {"OPTIONS"}
    for path, methods in used.items():
        answer = app.test_client().open(path, method=method)
        assert answer.status_code in {404, 405}, f"{method} {path}"
        if answer.status_code == 405:
            allowed = set(answer.headers["Allow"].split(", "))
            assert methods <= allowed <= {"GET", "HEAD", "POST"}, path
        answer.close()


def test_no_answer_tells_what_it_was_made_with(app: Flask) -> None:
    for path, _, _ in addresses_of(app):
        for method in ("GET", "POST", "MADE-UP"):
            answer = app.test_client().open(path, method=method)
            said = f"{answer.headers}{answer.get_data().decode(errors='replace')}"
            assert not re.search(r"(?i)(werkzeug|flask|python|gunicorn|jinja2?)/?\s?\d", said), path
            answer.close()


def test_no_page_of_another_site_may_read_ours(app: Flask) -> None:
    for path, _, _ in addresses_of(app):
        answer = Visitor(app).get(path, Origin=EVIL)
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")], path
        answer.close()


def test_every_answer_says_what_it_is_and_in_which_letters(app: Flask) -> None:
    for path, _, _ in addresses_of(app):
        answer = Visitor(app).get(path)
        kind = answer.headers.get("Content-Type", "")
        if answer.data and ("text/" in kind or "xml" in kind or "javascript" in kind):
            assert "charset=utf-8" in kind.lower(), f"{path}: {kind}"
        assert not answer.data or kind, path
        answer.close()


@pytest.mark.parametrize(
    ("spelled", "origin"),
    [
        ("https://lettres-québec.test", ACCENTED), (ACCENTED.upper(), ACCENTED),
        ("https://Letters.Planted.TEST", "https://letters.planted.test"),
        ("https://letters.planted.test:443", "https://letters.planted.test"),
        ("https://letters.planted.test:8443/", "https://letters.planted.test:8443"),
    ],
)  # fmt: skip
def test_our_own_forms_are_taken_however_our_address_is_spelled(
    make_app: Callable[..., Flask], spelled: str, origin: str
) -> None:
    """Browsers write origins in one way; the Host is what a proxy made of it."""
    visitor = Visitor(make_app(base_url=spelled), Origin=origin)
    assert visitor.post("/exams/preview", TYPED).status_code == 200
    for other in (EVIL, origin.replace("https", "http"), f"{origin}.evil.example", "null", "[x"):
        assert visitor.post("/exams/preview", TYPED, Origin=other).status_code == 403, other


@pytest.mark.parametrize(
    "host", ["xn--lettres-qubec-khb.test", "Lettres.Planted.test", "lettres.planted.test:80"]
)
def test_the_site_that_was_asked_may_post_to_itself(app: Flask, host: str) -> None:
    origin = f"http://{host.lower().removesuffix(':80')}"
    visitor = Visitor(app, Host=host, Origin=origin)
    assert visitor.post("/exams/preview", TYPED).status_code == 200


@pytest.mark.parametrize("host", [f"{'a' * 64}.example", "a..example", "a b", "[::1", "x:y", ""])
def test_a_host_that_is_none_gets_a_plain_answer(app: Flask, host: str) -> None:
    answer = app.test_client().get("/", headers={"Host": host})
    assert answer.status_code in {200, 302, 400}
    assert "Content-Security-Policy" in answer.headers
    if host.startswith("aaa"):
        assert answer.status_code == 400
        assert answer.text.startswith("This request cannot be read")


@pytest.mark.parametrize("host", ["[x", "a b", "evil.example:99999", "user@evil.example", "😀"])
def test_no_host_makes_another_site_ours(app: Flask, host: str) -> None:
    answer = Visitor(app).post("/exams/preview", TYPED, Host=host, Origin=EVIL)
    assert answer.status_code in {400, 403}


def test_old_browsers_are_told_not_to_frame(app: Flask) -> None:
    visitor = Visitor(app)
    assert visitor.get("/exams/").headers["X-Frame-Options"] == "DENY"


def test_the_form_that_sites_may_frame_says_nothing_old(app: Flask) -> None:
    write_coalition(app.extensions["mailer"].settings.home, embed=["https://member.example"])
    answer = Visitor(app).get("/exams/embed")
    assert answer.status_code == 200
    assert "X-Frame-Options" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/.git/HEAD", "/.svn/entries", "/.env", "/static/../security.py",
     "/static/%2e%2e/__init__.py", "/media/../officials.yaml", "/media/%2e%2e%2fofficials.yaml",
     "/static//etc/passwd", "/media//etc/passwd", "/officials.yaml", "/var/mailer.db"],
)  # fmt: skip
def test_no_file_leaves_but_those_that_are_meant_to(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code in {404, 308}


def test_what_stands_twice_counts_once_and_an_address_fills_no_form(visitor: Visitor) -> None:
    twice = MultiDict([*TYPED.items(), ("email", "evil@x.example"), ("name", "Evil Twin")])
    shown = visitor.client.post("/exams/preview?email=evil@x.example&name=Evil", data=twice)
    values = Page(shown.text).values
    assert shown.status_code == 200
    assert (values["email"], values["name"]) == (TYPED["email"], TYPED["name"])
    assert "vil" not in shown.text.replace("privil", "").replace("civil", "")


def test_an_address_in_an_address_is_not_taken(visitor: Visitor, sqlite: Store) -> None:
    answer = visitor.client.post("/find?email=ann@x.example", data={})
    assert answer.status_code == 422
    for method in (visitor.client.get, visitor.client.head):
        answer = method("/exams/send", query_string=TYPED)
        assert answer.status_code == 303
        assert "@" not in answer.location
    with sqlite.read() as tx:
        assert not tx.execute(schema.submission.select()).all()


def test_a_broken_rule_is_told_once_and_nothing_else_of_a_report(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "https://letters.coalition.example/receipt/d63mgd2kk60cn34zbkak3ha8b4"
    sent = report(**{"document-uri": secret, "effective-directive": "script-src-elem",
                     "blocked-uri": EVIL, "script-sample": "alert('Ann Example')"})  # fmt: skip
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            answer = visitor.client.post(
                "/look/blocked", data=sent, content_type="application/csp-report"
            )
            assert (answer.status_code, answer.data) == (204, b"")
    assert [one.getMessage() for one in caplog.records] == [
        "a browser kept a page from breaking its rule script-src"
    ]


def test_every_policy_says_where_to_report(visitor: Visitor) -> None:
    assert "; report-uri /look/blocked;" in visitor.get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        (report(**{"effective-directive": "style-src-attr"}), "style-src"),
        (report(**{"violated-directive": "img-src 'self'"}), "img-src"),
        (report(**{"effective-directive": "worker-src\nforged line"}), None),
        (report(**{"effective-directive": ["script-src"]}), None),
        (report(), None),
        (b"{}", None),
        (b"[1]", None),
        (b"null", None),
        (b"\xff\xfe", None),
        (b"[" * LARGEST, None),
        (b"", None),
    ],
)
def test_only_rules_of_ours_are_read_from_a_report(sent: bytes, rule: str | None) -> None:
    assert broken_rule(sent) == rule


def test_a_rule_is_told_again_after_a_while() -> None:
    moments = iter([0.0, 1.0, 1.0, QUIET + 1.0])
    told = Told(lambda: next(moments))
    assert [told.is_new(rule) for rule in ("a", "a", "b", "a")] == [True, False, True, True]


@pytest.mark.parametrize("slug", ["exams", "none"])
def test_a_request_of_its_own_kind_is_answered_in_words(
    make_app: Callable[..., Flask], slug: str
) -> None:
    answer = make_app().test_client().open(f"/{slug}/preview", method="OPTIONS")
    assert answer.status_code == 405
    assert "This page opens from the form" in answer.text
