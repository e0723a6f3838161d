"""What guards the pages: headers on each of them, and who may post."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.web_public.page import TYPED, Page, Visitor, fields

MakeApp = Callable[..., Flask]
HERE = "https://letters.coalition.example"
OUTSIDE = {"base_url": HERE, "proxy_hops": 0}


@pytest.mark.parametrize("path", ["/exams/", "/none/", "/privacy", "/static/site.css", "/healthz"])
def test_every_answer_is_guarded(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    policy = answer.headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in answer.headers
    answer.close()


def test_https_stays_https(make_app: MakeApp) -> None:
    answer = Visitor(make_app(**OUTSIDE), Host="letters.coalition.example").get("/exams/")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_forms_of_other_sites_are_refused_with_help(app: Flask, headers: dict[str, str]) -> None:
    answer = Visitor(app, **headers).post("/exams/preview", TYPED)
    assert answer.status_code == 403
    assert "What you typed is still there" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    ],
)
def test_our_own_forms_are_let_through(app: Flask, headers: dict[str, str]) -> None:
    visitor = Visitor(app, **headers)
    shown = visitor.post("/exams/preview", TYPED)
    assert shown.status_code == 200
    assert visitor.post("/exams/send", fields(Page(shown.text))).status_code == 303


def test_behind_a_proxy_that_ends_tls_our_own_origin_counts(make_app: MakeApp) -> None:
    visitor = Visitor(make_app(**OUTSIDE), Host="letters.coalition.example", Origin=HERE)
    assert visitor.post("/exams/preview", TYPED).status_code == 200


@pytest.mark.parametrize("hops", [0, 1])
@pytest.mark.parametrize("forged", [{"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}])
def test_addresses_on_pages_are_ours_whatever_host_a_request_names(
    make_app: MakeApp, hops: int, forged: dict[str, str]
) -> None:
    answer = Visitor(make_app(**OUTSIDE | {"proxy_hops": hops}), **forged).get("/exams/")
    assert answer.status_code == 200, "a proxy may not pass the Host on"
    assert "evil.example" not in answer.text + str(answer.headers)
    assert f'href="{HERE}/exams/?lang=fr"' in answer.text


def test_pages_that_outlive_the_visit_are_kept_nowhere(visitor: Visitor) -> None:
    receipt = visitor.get(visitor.send("exams").headers["Location"])
    for answer in (receipt, visitor.get("/confirm/none"), visitor.get("/receipt/none")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_what_was_typed_is_kept_for_the_back_button_alone(visitor: Visitor) -> None:
    answers = [visitor.preview("exams"), visitor.preview("exams", name="")]
    answers += [visitor.post("/exams/", TYPED), visitor.send("exams")]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_a_form_with_its_own_id_is_shared_with_nobody_but_may_be_found(visitor: Visitor) -> None:
    answer = visitor.get("/exams/")
    assert "draft" in Page(answer.text).values
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "X-Robots-Tag" not in answer.headers


# Pages about somebody. Those on which people still write are kept for Back: see above.
PRIVATE = (
    "staff.", "receipts.", "confirming.", "acts.", "finding.", "data.", "paper.", "unsubscribe.",
    "draft.",
)  # fmt: skip
# A mail as its reader sees it, on this machine alone: it brings its own style, and runs nothing.
FRAMED_MAIL = "localbox.html"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


def addresses_of(app: Flask) -> Iterator[tuple[str, str, set[str]]]:
    """An address of every route, its endpoint and its methods."""
    filled = {"slug": "exams", "provider": "brevo", "filename": "site.css", "file": "logo.svg"}
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {name: filled.get(name, "a" * 26) for name in rule.arguments}
        values |= rule.defaults or {}
        converted = {
            name: 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else value
            for name, value in values.items()
            if name in rule._converters
        }
        yield adapter.build(rule.endpoint, converted), rule.endpoint, rule.methods or set()


def test_every_route_is_guarded_whatever_it_answers(make_app: MakeApp) -> None:
    """Each is asked for, posted to, and posted to from another site."""
    app = make_app(**OUTSIDE)
    visitor = Visitor(app, Host="letters.coalition.example")
    wrong, seen = [], 0
    for path, endpoint, methods in addresses_of(app):
        answers = [visitor.get(path), visitor.client.options(path), visitor.client.delete(path)]
        answers += [visitor.post(path, {}), visitor.post(path, {}, Origin="https://evil.example")]
        for answer in answers:
            seen += 1
            wrong += [f"{path}: {fault}" for fault in faults(endpoint, answer)]
            answer.close()
        proven = endpoint.partition(".")[0] in {"hooks", "unsubscribe"}
        if "POST" in methods and not proven:
            assert answers[-1].status_code in {403, 404, 405}, f"{path} takes another site's form"
        assert not [one for one in answers if one.status_code == 500], path
    assert not wrong
    assert seen > 200


def faults(endpoint: str, answer: TestResponse) -> Iterator[str]:
    """What one answer lacks."""
    for name, value in ALWAYS.items():
        if answer.headers.get(name) != value:
            yield f"{name} is {answer.headers.get(name)}"
    policy = answer.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "frame-ancestors" not in policy:
        yield f"its policy is {policy}"
    if "unsafe" in policy and endpoint != FRAMED_MAIL:
        yield "its policy lets scripts or styles stand in the page"
    if "Permissions-Policy" not in answer.headers:
        yield "no Permissions-Policy"
    if answer.headers.get("Cross-Origin-Resource-Policy") not in {"same-origin", "cross-origin"}:
        yield "no Cross-Origin-Resource-Policy"
    yield from of_cookies(endpoint, answer)
    private = endpoint.startswith(PRIVATE)
    if (
        private
        and answer.status_code not in {404, 405}
        and answer.headers.get("Cache-Control") != "no-store"
    ):
        yield f"{answer.status_code} may be kept: {answer.headers.get('Cache-Control')}"


def of_cookies(endpoint: str, answer: TestResponse) -> Iterator[str]:
    """What is wrong with the cookies of one answer: visitors get none."""
    for cookie in answer.headers.getlist("Set-Cookie"):
        flags = set(cookie.split("; "))
        if not endpoint.startswith("staff."):
            yield "a cookie"
        if not cookie.startswith("__Host-") or not {"Secure", "HttpOnly"} <= flags:
            yield f"the cookie {cookie.partition('=')[0]}"


def test_whoever_finds_a_weakness_is_told_where_to_write(make_app: MakeApp) -> None:
    path = "/.well-known/security.txt"
    assert Visitor(make_app()).get(path).status_code == 404
    answer = Visitor(make_app(contact="help@coalition.example", **OUTSIDE)).get(path)
    told = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert answer.mimetype == "text/plain"
    assert told["Contact"] == "mailto:help@coalition.example"
    assert told["Canonical"] == HERE + path
    until = datetime.fromisoformat(told["Expires"]).timestamp()
    assert 30 * 86400 < until - 1_800_000_000 < 365 * 86400
