"""The organisations as staff see them: what to give to each, and what has come of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from mailer.config import Settings
from mailer.db import Store
from mailer.submissions import accept, consents
from mailer.submissions.consents import Wording
from mailer.web import create_app
from tests.factories import draft, supporter
from tests.staff_browser import Browser, member
from tests.web_public.homes import write_campaign, write_home
from tests.web_public.unions import MEMBER, write_coalition

PAGE = "/staff/coalition/"
HERE = "https://letters.coalition.example"
UNION = Wording(organisation="union", language="en", words="Yes.", privacy="https://u.example/p")


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    """One engine will do: what the page asks of the database is tested with consents."""
    return new_sqlite()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one campaign that a site may show, and one that none may."""
    folder = write_home(tmp_path / "small")
    write_coalition(folder, embed=[MEMBER], title="Quiet <exams>")
    write_campaign(folder, "work")
    return folder


@pytest.fixture
def app(settings: Settings, home: Path, store: Store) -> Flask:
    return create_app(replace(settings, home=home, base_url=HERE, second_factor=()), store)


@pytest.fixture
def browser(app: Flask, store: Store) -> Browser:
    member(store)
    opened = Browser(app)
    opened.enter()
    return opened


def words(text: str) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text.partition("<main")[2])).split())


def row(browser: Browser, name: str) -> str:
    """What the line of an organisation says, in the first campaign."""
    lines = re.findall(r"<tr>.*?</tr>", browser.get(PAGE).text, re.DOTALL)
    found = [one for one in lines if name in one]
    assert found, name
    return words(f"<main>{found[0]}")


def test_each_organisation_has_a_link_and_numbers(browser: Browser, store: Store) -> None:
    assert row(browser, "Example Union").endswith("Via its link 0 Agree to it 0")
    assert f"{HERE}/exams/?via=union" in row(browser, "Example Union")
    assert row(browser, "Quiet Society").endswith("Via its link 0 Agree to it does not ask")
    tokens = [
        accept(store, draft(supporter(email=f"s{number}@x.example"), via="union", agreed=(UNION,)))
        for number in range(3)
    ]
    accept(store, draft(supporter(email="ben@x.example"), via="left"))
    consents.withdraw(store, tokens[0], "union")
    assert row(browser, "Example Union").endswith("Via its link 3 Agree to it 2 1 took it back")
    assert "left The campaign's file does not name it any more. Via its link 1" in row(
        browser, "left"
    )
    assert "4 people have written" in words(browser.get(PAGE).text)


def test_the_snippet_frames_the_form_and_leads_there_without_scripts(browser: Browser) -> None:
    page = browser.get(PAGE).text
    snippets = [html.unescape(one) for one in re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page,
                                                         re.DOTALL)]  # fmt: skip
    assert len(snippets) == 3
    first = snippets[0]
    assert f'<iframe src="{HERE}/exams/embed?via=union" title="Quiet &lt;exams&gt;"' in first
    assert f'<a href="{HERE}/exams/?via=union">Quiet &lt;exams&gt;</a>' in first
    assert f'told.origin === "{HERE}"' in first
    assert "<script>" not in page, "it is shown, not run"
    assert words(page).count(f"These sites may show the form: {MEMBER}.") == 1
    assert 'embed = ["https://member.example"]' in words(page), "how to let one, where none may"


def test_in_french(browser: Browser) -> None:
    said = words(browser.get(f"{PAGE}?lang=fr").text)
    assert "Guilde d'exemple" in said
    assert "Par son lien" in said


def test_a_stranger_and_a_partner_see_nothing(app: Flask, store: Store) -> None:
    assert app.test_client().get(PAGE).status_code == 303
    member(store, "pat@union.example", role="partner")
    partner = Browser(app)
    partner.enter("pat@union.example")
    assert partner.get(PAGE).status_code == 403


def test_without_a_campaign_it_says_so(settings: Settings, store: Store, tmp_path: Path) -> None:
    home = write_home(tmp_path / "empty")
    member(store)
    browser = Browser(create_app(replace(settings, home=home), store))
    browser.enter()
    assert "There is no campaign yet." in words(browser.get(PAGE).text)


def test_a_campaign_of_nobody_says_so(settings: Settings, store: Store, tmp_path: Path) -> None:
    home = write_home(tmp_path / "alone")
    write_campaign(home, "alone")
    file = home / "templates" / "letters" / "alone.md"
    text = file.read_text("utf-8")
    start, end = text.index("[[organisations]]"), text.index("+++", 5)
    file.write_text(text[:start] + text[end:], "utf-8")
    member(store)
    browser = Browser(create_app(replace(settings, home=home), store))
    browser.enter()
    assert "The campaign's file names no organisation." in words(browser.get(PAGE).text)
