"""The form in a frame: on the sites that the campaign names, and what it leads to on our own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.web_public.homes import write_campaign
from tests.web_public.page import TYPED, Page, Visitor, fields
from tests.web_public.unions import GUILD, MEMBER, UNION, write_coalition

MakeApp = Callable[..., Flask]
OTHER = "https://letters.member.example:8443"
HERE = "https://letters.coalition.example"


@pytest.fixture(autouse=True)
def coalition(home: Path) -> None:
    """The campaign `exams` may be shown on two sites."""
    write_coalition(home, embed=[MEMBER, OTHER])


def framers(visitor: Visitor, path: str) -> str:
    """Who may show a page in a frame."""
    policy = visitor.get(path).headers["Content-Security-Policy"]
    found = re.findall(r"frame-ancestors ([^;]+)", policy)
    assert len(found) == 1
    return str(found[0])


def test_the_sites_of_the_list_may_frame_the_form_and_nothing_else(visitor: Visitor) -> None:
    assert framers(visitor, "/exams/embed") == f"{MEMBER} {OTHER}"
    receipt = visitor.send("exams").location
    for path in ("/", "/exams/", "/none/embed", receipt, "/privacy", "/staff/sign-in"):
        assert framers(visitor, path) == "'none'", path
    for answer in (visitor.preview("exams"), visitor.preview("exams", name="")):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_frame_is_guarded_in_every_other_way(visitor: Visitor) -> None:
    framed, page = visitor.get("/exams/embed").headers, visitor.get("/exams/").headers
    assert framed["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert page["Cross-Origin-Resource-Policy"] == "same-origin"
    policies = [
        re.sub(r"frame-ancestors [^;]+", "", one["Content-Security-Policy"])
        for one in (framed, page)
    ]
    assert policies[0] == policies[1]
    assert "X-Frame-Options" not in framed
    assert framed["X-Robots-Tag"] == "noindex"
    assert framed["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in framed


@pytest.mark.parametrize("keys", [{}, {"embed": []}, {"embed": [MEMBER], "status": "draft"}])
def test_without_a_list_there_is_no_such_page(
    visitor: Visitor, home: Path, keys: dict[str, object]
) -> None:
    write_campaign(home, "alone", **keys)
    assert visitor.get("/alone/embed").status_code == 404
    assert visitor.post("/alone/embed", TYPED).status_code == 404
    assert framers(visitor, "/alone/embed") == "'none'"


def test_what_is_checked_and_sent_opens_on_top(visitor: Visitor) -> None:
    answer = visitor.get("/exams/embed?via=union")
    forms = re.findall(r"<form [^>]*>", answer.text)
    assert len(forms) == 1
    assert 'target="_top"' in forms[0]
    assert 'action="/exams/preview"' in forms[0]
    page = Page(answer.text)
    assert page.values["via"] == "union"
    assert 'target="_top"' not in visitor.get("/exams/").text
    for words, link in page.links.items():
        if not link.startswith(("#", "mailto:")):
            assert re.search(rf'href="{re.escape(link)}"[^>]* target="_blank"', answer.text), words
    assert UNION in answer.text.rpartition("<details")[0]
    assert GUILD in answer.text


def test_the_frame_says_whose_form_it_is(make_app: MakeApp) -> None:
    visitor = Visitor(make_app(base_url=HERE), Host="evil.example")
    answer = visitor.get("/exams/embed?via=guild")
    assert "what you check and send opens on letters.coalition.example" in answer.text
    assert f'<link rel="canonical" href="{HERE}/exams/">' in answer.text
    assert "evil.example" not in answer.text
    assert 'data-sites="https://member.example https://letters.member.example:8443"' in answer.text


def test_the_language_changes_inside_the_frame_and_keeps_everything(visitor: Visitor) -> None:
    page = visitor.get("/exams/embed?via=union").text
    toggle = re.search(r'<button [^>]*formaction="([^"]+)"[^>]*formtarget="_self"', page)
    assert toggle
    assert toggle[1] == "/exams/embed?lang=fr"
    typed = {**fields(Page(page)), **TYPED, "consent-guild": "yes"}
    french = visitor.post(toggle[1], typed)
    assert french.status_code == 200
    assert "frame-ancestors https://member.example" in french.headers["Content-Security-Policy"]
    kept = Page(french.text)
    assert kept.language == "fr"
    for name in ("name", "email", "personal", "postal_code"):
        assert kept.values[name].replace("\r\n", "\n") == TYPED[name]
    assert (kept.values["via"], kept.values["consent-guild"]) == ("union", "yes")
    assert 'target="_top"' in french.text


def test_an_embedded_form_is_our_own_form(visitor: Visitor) -> None:
    """A frame of ours posts as same-origin, whatever page it stands on."""
    page = fields(Page(visitor.get("/exams/embed?via=union").text))
    typed = {**page, **TYPED}
    ours = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert visitor.post("/exams/preview", typed, **ours).status_code == 200
    for origin in (MEMBER, "null", OTHER):
        theirs = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        for path in ("preview", "send", "embed"):
            assert visitor.post(f"/exams/{path}", typed, **theirs).status_code == 403, (
                origin,
                path,
            )


@pytest.mark.parametrize("via", ["nobody", "", "😀", "x" * 20_001, '"><script>', "‮"])
def test_a_link_of_nobody_is_no_link(visitor: Visitor, via: str) -> None:
    answer = visitor.client.get("/exams/embed", query_string={"via": via})
    assert answer.status_code == 200
    assert "via" not in Page(answer.text).values
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"status": "closed"}, "This campaign is closed."),
        ({"opens": "2099-01-01"}, "This campaign opens on January 1, 2099"),
        ({"status": "trial"}, "This campaign is being tried out"),
    ],
)
def test_every_phase_has_its_words(
    visitor: Visitor, home: Path, keys: dict[str, str], words: str
) -> None:
    write_coalition(home, embed=[MEMBER], **keys)
    answer = visitor.get("/exams/embed?via=union")
    assert words in answer.text
    assert '/exams/?via=union"' in answer.text
    posted = visitor.post("/exams/embed?lang=en", TYPED)
    assert "Let exams be quiet." in posted.text, "what was typed is still there"
