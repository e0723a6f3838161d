"""Why did I get this? The page that every letter names, for offices and their administrators."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.web_public.homes import OFFICIALS, write_campaign
from tests.web_public.page import Page, Visitor

_LINK = re.compile(r"https?://\S+/about/\S+")


def words(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    return " ".join(Page(answer.text).words.split())


@pytest.mark.parametrize(
    ("language", "line", "heading"),
    [
        ("en", "Why this letter reached you: ", "Why did this letter reach you?"),
        ("fr", "Pourquoi vous recevez cette lettre\u00a0: ", "Pourquoi recevez-vous cette lettre"),
    ],
)
def test_each_letter_ends_with_a_link_that_opens_in_its_language(
    visitor: Visitor, language: str, line: str, heading: str
) -> None:
    shown = Page(visitor.preview("exams", language=language).text)
    assert len(shown.letters) == 2
    for letter in shown.letters:
        last = letter.rpartition("\n")[2]
        (link,) = _LINK.findall(letter)
        assert last == f"{line}{link}"
        assert link == f"http://127.0.0.1:8000/about/exams?lang={language}"
    page = Page(visitor.get(link.removeprefix("http://127.0.0.1:8000")).text)
    assert page.language == language
    assert heading in page.title


def test_it_says_who_runs_this_and_whom_to_tell(make_app: Callable[..., Flask]) -> None:
    app = make_app(
        owner="Example Coalition", contact="help@coalition.example", from_address="l@c.example"
    )
    answer = Visitor(app).get("/about/")
    page = Page(answer.text)
    assert "These pages are run by Example Coalition." in page.words
    assert page.links["help@coalition.example"] == "mailto:help@coalition.example"
    assert "The sender is always l@c.example" in page.words
    assert "An answer goes straight to the person who wrote." in page.words
    assert "never more than 900 letters an hour" in page.words
    assert "pause all letters to your office" in page.words
    assert "Set-Cookie" not in answer.headers
    assert Page(Visitor(app).get("/").text).links  # led to the campaign


def test_without_a_contact_it_promises_no_address(visitor: Visitor) -> None:
    said = words(visitor, "/about/")
    assert "Tell the people who run these pages." in said
    assert "have not written their name here yet" in said
    assert "mailto:" not in visitor.get("/about/").text


def test_of_a_campaign_it_tells_more(home: Path, visitor: Visitor) -> None:
    (home / "officials.yaml").write_text(
        OFFICIALS.replace("tags: [exams]", "tags: [exams]\n    pace: 20/minute"), encoding="utf-8"
    )
    write_campaign(home, "careful", confirm=True, contact="us@c.example", closes="2030-01-31")
    visitor.send("exams")
    said = words(visitor, "/about/exams?lang=en")
    assert "It belongs to the campaign Quiet exams. 1 person has written so far." in said
    assert "does not ask people to confirm their address" in said
    assert "never more than 20 letters a minute in the long run" in said, "the quickest office's"
    careful = visitor.get("/about/careful?lang=en")
    said = " ".join(Page(careful.text).words.split())
    assert "It is open until January 31, 2030." in said
    assert "opened a link that we had mailed to their address" in said
    assert Page(careful.text).links["Quiet careful"] == "/careful/?lang=en"
    assert "mailto:us@c.example" in careful.text


@pytest.mark.parametrize("slug", ["gone", "draft", "x" * 300, "..", "%3Cscript%3E"])
def test_a_campaign_that_is_gone_or_hidden_leaves_the_page_as_it_is_for_all(
    home: Path, visitor: Visitor, slug: str
) -> None:
    write_campaign(home, "draft", status="draft")
    said = words(visitor, f"/about/{slug}?lang=en")
    assert "Why did this letter reach you?" in said
    assert "Quiet" not in said
    assert "It belongs to the campaign" not in said
    assert "<script>" not in visitor.get(f"/about/{slug}").text


def test_an_alias_is_told(make_app: Callable[..., Flask]) -> None:
    app = make_app(reply_alias="freemail", reply_domain="answers.c.example")
    assert "some letters have an address of ours for it" in words(Visitor(app), "/about/")


def test_every_page_leads_there(visitor: Visitor) -> None:
    assert Page(visitor.get("/privacy?lang=fr").text).links["Pour les bureaux"] == "/about/?lang=fr"
    assert Page(visitor.get("/exams/").text).links["For offices"] == "/about/exams"
    assert visitor.get("/about").headers["Location"].endswith("/about/")
