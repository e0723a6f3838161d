"""What guards the pages: headers on each of them, and who may post."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

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
