"""The campaign's page made once for many: every form its own id, and nothing old for long."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from werkzeug.test import TestResponse

from mailer.campaigns.library import Content
from mailer.db import Store
from mailer.outbox import lanes
from mailer.web import squeezed
from mailer.web.public import rendered
from mailer.web.services import services
from tests.conftest import Clock
from tests.web_public.homes import write_campaign
from tests.web_public.page import Page, Visitor


@pytest.fixture
def moments() -> Clock:
    """What kept pages are dated by."""
    return Clock(0.0)


@pytest.fixture
def app(make_app: Callable[..., Flask], moments: Clock) -> Flask:
    """The application with a clock that is ours around its pages."""
    made = make_app()
    with made.app_context():
        content = services().library.current
    made.wsgi_app = made.wsgi_app.inner.inner
    rendered.install(made, content=content, clock=moments)
    return made


@pytest.fixture
def questions(sqlite: Store) -> list[str]:
    """Every question that the database is asked."""
    asked: list[str] = []
    event.listen(sqlite.engine, "before_cursor_execute", lambda *words: asked.append(words[2]))
    return asked


def draft(html: str) -> str:
    return Page(html).values["draft"]


def without_draft(html: str) -> str:
    return html.replace(draft(html), "")


def test_a_page_is_made_once_and_every_visit_has_an_id_of_its_own(
    app: Flask, questions: list[str]
) -> None:
    client = app.test_client()
    pages = [client.get("/exams/").text for _ in range(5)]
    asked = len(questions)
    pages += [client.get("/exams/").text for _ in range(5)]
    assert len(questions) == asked > 0
    assert len({draft(html) for html in pages}) == 10
    assert len({without_draft(html) for html in pages}) == 1


def test_headers_are_those_of_a_page_just_made(app: Flask) -> None:
    client = app.test_client()
    first, second = (client.get("/exams/").headers for _ in range(2))
    assert sorted(first) == sorted(second)
    assert first["Cache-Control"] == "private, no-cache"
    assert first["Vary"] == "Accept-Encoding, Accept-Language"
    assert "ETag" not in first


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "*"])
def test_browsers_get_it_gzipped_and_it_says_the_same(app: Flask, accepted: str) -> None:
    client = app.test_client()
    plain = client.get("/exams/").text
    for _ in range(3):
        answer = client.get("/exams/", headers={"Accept-Encoding": accepted})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert int(answer.headers["Content-Length"]) == len(answer.data) < len(plain) / 2
        html = gzip.decompress(answer.data).decode()
        assert without_draft(html) == without_draft(plain)
    for refused in ("gzip;q=0", "identity", "nonsense;;q=x"):
        answer = client.get("/exams/", headers={"Accept-Encoding": refused})
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        {"lang": "fr"}, {"lang": "en"}, {"via": "union"}, {"lang": "fr", "via": "union"},
        {"lang": "de", "via": "nobody"}, {"lang": ["", "fr"]}, {"via": ["nobody", "union"]},
        {"utm_source": "<b>news"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("browser", ["", "fr-CA, en;q=0.5", "de", "xx;q=9;;"])
def test_a_kept_page_is_the_one_that_would_be_made(
    app: Flask, moments: Clock, query: dict[str, str], browser: str
) -> None:
    """Whatever else was asked for before it."""
    client = app.test_client()
    for others in ({}, {"lang": "fr"}, {"via": "union"}, query):
        client.get("/exams/", query_string=others, headers={"Accept-Language": "en"})
    headers = {"Accept-Language": browser}
    client.get("/exams/", query_string=query, headers=headers)
    kept = client.get("/exams/", query_string=query, headers=headers)
    moments.pass_(rendered.LIFE)
    made = client.get("/exams/", query_string=query, headers=headers)
    assert without_draft(kept.text) == without_draft(made.text)
    assert kept.headers["Content-Language"] == made.headers["Content-Language"]


def test_a_pause_is_told_after_a_second_and_not_later(
    app: Flask, sqlite: Store, clock: Clock, moments: Clock
) -> None:
    client, words = app.test_client(), "Sending is paused"
    assert words not in client.get("/exams/").text
    with sqlite.write() as tx:
        lanes.pause(tx, "campaign:exams", reason="why", actor="staff:1", now=clock.now)
    moments.pass_(rendered.LIFE - 0.01)
    assert words not in client.get("/exams/").text
    moments.pass_(0.01)
    assert words in client.get("/exams/").text


def test_the_count_and_the_last_day_are_never_older_than_a_second(
    app: Flask, home: Path, clock: Clock, moments: Clock
) -> None:
    write_campaign(home, "exams", closes="2027-01-15")  # the day it is
    client, visitor = app.test_client(), Visitor(app)
    assert "be the first" in client.get("/exams/").text
    visitor.send("exams")
    moments.pass_(rendered.LIFE)
    assert "be the first" not in client.get("/exams/").text
    clock.pass_(2 * 86400)
    moments.pass_(rendered.LIFE)
    assert "This campaign is closed." in client.get("/exams/").text


def test_a_page_that_took_long_to_make_is_as_old_as_its_beginning(moments: Clock) -> None:
    """What a view looked at before somebody else's page was kept does not outlive that page."""
    content = object()
    states = iter(["old", "new"])

    def slow(environ: dict[str, object], start: Callable[..., object]) -> list[bytes]:
        began, state = moments.now, next(states)
        if state == "old":  # while this one is being made, another visit comes and goes
            moments.pass_(0.9)
            list(pages(visit(), lambda *_: None))
        page = squeezed.squeeze([state.encode()])
        environ["mailer.page"] = rendered._Made(
            at=began, content=content, campaign=Named(), page=page
        )
        start("200 OK", [])
        return [page.whole(b"")]

    pages = rendered.Pages(slow, content=lambda: content, life=1.0, clock=moments)
    assert list(pages(visit(), lambda *_: None)) == [b"old"]
    assert list(pages(visit(), lambda *_: None)) == [b"new"]


class Named:
    languages = ("en",)
    organisations = ()


def visit() -> dict[str, str]:
    return {"REQUEST_METHOD": "GET", "PATH_INFO": "/exams/"}


def test_changed_files_are_shown_as_soon_as_they_are_in_use(
    make_app: Callable[..., Flask], questions: list[str]
) -> None:
    app = make_app()
    with app.app_context():
        in_use = [services().library.current()]
    app.wsgi_app = app.wsgi_app.inner.inner
    rendered.install(app, content=lambda: in_use[-1], clock=lambda: 0.0)
    client = app.test_client()
    client.get("/exams/")
    asked = len(questions)
    client.get("/exams/")
    assert len(questions) == asked
    in_use.append(Content())
    client.get("/exams/")
    assert len(questions) > asked


@pytest.mark.parametrize("path", ["/nothing/", "/", "/privacy", "/exams/preview", "/robots.txt"])
def test_nothing_else_is_kept(app: Flask, path: str, questions: list[str]) -> None:
    client = app.test_client()
    assert client.get(path).status_code == client.get(path).status_code
    assert list(app.wsgi_app._shelves) == []


def test_whoever_posts_is_never_given_what_is_kept(app: Flask) -> None:
    client = app.test_client()
    client.get("/exams/")
    form = {"name": "Ann Example", "language": "en"}
    assert Page(client.post("/exams/", data=form).text).values["name"] == "Ann Example"
    assert Page(client.get("/exams/").text).values["name"] == ""


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.binary(max_size=64))
def test_what_is_put_together_is_gzip(pieces: list[bytes], between: bytes) -> None:
    page = squeezed.squeeze(pieces)
    assert gzip.decompress(page.gzipped(between)) == page.whole(between) == between.join(pieces)


def test_what_does_not_fit_a_block_is_refused() -> None:
    page = squeezed.squeeze([b"", b""])
    assert gzip.decompress(page.gzipped(b"x" * 65535)) == b"x" * 65535
    with pytest.raises(ValueError, match="65,535"):
        page.gzipped(b"x" * 65536)


@pytest.mark.parametrize("file", ["site.css", "site.js", "favicon.svg"])
def test_texts_of_the_site_come_gzipped_to_who_can_read_that(app: Flask, file: str) -> None:
    def get(**headers: str) -> TestResponse:
        return app.test_client().get(f"/static/{file}", headers=headers, buffered=True)

    plain, small = get(), get(**{"Accept-Encoding": "gzip"})
    assert gzip.decompress(small.data) == plain.data
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Content-Encoding" not in plain.headers
    part = get(Range="bytes=0-9", **{"Accept-Encoding": "gzip"})
    assert (part.status_code, part.data) == (206, plain.data[:10])
    kept = get(**{"Accept-Encoding": "gzip", "If-None-Match": small.headers["ETag"]})
    assert (kept.status_code, kept.data) == (304, b"")
