"""The log: what staff see of all letters, and how they find one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask

from mailer.approvals import approve
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.submissions import accept
from mailer.web import create_app
from mailer.web.staff import wanted as asked
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients, supporter
from tests.staff_browser import Browser, member
from tests.staff_letters import found, letters, rows, write


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def staff(app: Flask, store: Store) -> Browser:
    member(store)
    browser = Browser(app)
    browser.enter()
    return browser


def test_an_empty_log_says_what_comes(staff: Browser) -> None:
    shown = staff.get("/staff/letters/").text
    assert "No letter has been written yet" in shown
    assert rows(shown) == 0


def test_the_log_shows_who_wrote_to_whom(staff: Browser, store: Store) -> None:
    made = write(store, 1)
    shown = staff.get("/staff/letters/").text
    assert rows(shown) == 2
    reference = f"{made.id[:5]}-{made.id[5:10]}".upper()
    for words in ("Minister 1", "Minister 2", "Zoë Supporter 1", "s1@supporter.example", reference):
        assert words in shown, words
    assert shown.count("Waiting to leave") >= 2
    assert '<time datetime="2027-01-15T08:00:00Z">Jan 15, 2027' in shown


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", 6),
        ("?campaign=exams", 4),
        ("?campaign=other", 2),
        ("?campaign=nothing", 0),
        ("?official=minister-1", 3),
        ("?state=queued", 4),
        ("?state=review", 2),
        ("?state=sent", 0),
        ("?state=review&official=minister-2", 1),
        ("?state=nonsense", 6),
        ("?kind=account", 6),
        ("?kind=confirmation", 0),
        ("?campaign=%00", 6),
        ("?before=%00_%00", 6),
        ("?before=nan_x&after=inf_%ff", 6),
        ("?state=review&state=sent", 2),
    ],
)
def test_filters_stand_in_the_address(
    staff: Browser, store: Store, filters: str, expected: int
) -> None:
    write(store, 0)
    write(store, 1, hold="a look")
    write(store, 2, about=campaign(slug="other"))
    shown = staff.get(f"/staff/letters/{filters}")
    assert shown.status_code == 200
    if "nan" not in filters:
        assert rows(shown.text) == expected
    assert ("No letter fits" in shown.text) == (rows(shown.text) == 0)


def test_chosen_filters_stay_chosen(staff: Browser, store: Store) -> None:
    write(store)
    shown = staff.get("/staff/letters/?campaign=exams&official=minister-1&state=queued").text
    for chosen in ("exams", "minister-1", "queued"):
        assert f'<option value="{chosen}" selected>' in shown
    assert 'name="official" value="minister-1"' in shown, "a search keeps them"


def test_states_are_counted_and_lead_to_their_letters(staff: Browser, store: Store) -> None:
    write(store, 0)
    write(store, 1, hold="a look")
    shown = staff.get("/staff/letters/").text
    counted = dict(re.findall(r'class="name">([^<]+)</span> <span class="figure">(\d+)<', shown))
    assert counted == {"All": "4", "Held": "2", "Waiting to leave": "2"}
    assert 'href="/staff/letters/?state=review"' in shown


@pytest.mark.parametrize(
    ("query", "expected"),
    [("zoe supporter 1", 2), ("S2@supporter", 2), ("supporter", 6), ("nobody", 0), ("%", 0)],
)
def test_search_by_name_and_address(
    staff: Browser, store: Store, query: str, expected: int
) -> None:
    for number in range(3):
        write(store, number)
    shown = found(staff, query)
    assert rows(shown) == expected
    assert f'value="{query}"' in shown


INJECTED = ("' OR '1'='1", '" OR ""="', "x') OR 1=1 --", "'; DROP TABLE letter; --", "%' || '\\")


def test_no_field_speaks_sql(staff: Browser, store: Store) -> None:
    """Neither does anything break, nor is more found, nor is anything changed."""
    write(store, 0)
    write(store, 1, about=campaign(slug="other"))
    for said in INJECTED:
        assert rows(found(staff, said)) == 0, said
        for name in asked.NAMES:
            shown = staff.get("/staff/letters/", query_string={"campaign": "exams", name: said})
            assert shown.status_code == 200, (name, said)
            known = name in {"state", "kind", "day"}  # from a list: what is not in it is not there
            assert rows(shown.text) == (2 if known else 0), (name, said)
        for place in ("before", "after"):
            shown = staff.get(
                "/staff/letters/", query_string={"campaign": "exams", place: f"1e12_{said}"}
            )
            assert rows(shown.text) == (2 if place == "before" else 0), (place, said)
    assert rows(staff.get("/staff/letters/").text) == 4


def test_search_by_reference(staff: Browser, store: Store) -> None:
    made, _ = write(store, 0), write(store, 1)
    shown = found(staff, f"{made.id[:5]}-{made.id[5:10]}".upper())
    assert rows(shown) == 2
    assert "Zoë Supporter 0" in shown
    assert "Zoë Supporter 1" not in shown


def test_searched_words_never_stand_in_an_address(staff: Browser, store: Store) -> None:
    for number in range(3):
        write(store, number)
    form = {"query": "s1@supporter.example", "state": "queued"}
    answer = staff.post("/staff/search", form, page="/staff/letters/")
    assert re.fullmatch(r"/staff/letters/\?state=queued&search=[0-9a-f]{8}", answer.location)
    shown = staff.get(answer.location).text
    links = re.findall(r'(?:href|action)="([^"]+)"', shown)
    assert not [link for link in links if "supporter.example" in unquote(link)]
    key = answer.location.rpartition("=")[2]
    assert [link for link in links if key in link], "the search goes on from page to page"
    assert rows(staff.get(answer.location).text) == 2, "Back and reload show it again"


def test_a_search_that_is_no_longer_kept_says_so(staff: Browser, store: Store) -> None:
    write(store)
    found_at = [
        staff.post("/staff/search", {"query": f"word {number}"}, page="/staff/letters/").location
        for number in range(6)
    ]
    assert "no longer kept" in staff.get(found_at[0]).text
    assert "no longer kept" not in staff.get(found_at[-1]).text


def test_searches_never_outgrow_the_cookie(staff: Browser) -> None:
    for number in range(5):
        words = "".join(chr(0x1F300 + (number * 97 + place * 7) % 0x2FF) for place in range(300))
        staff.post("/staff/search", {"query": words}, page="/staff/letters/")
    cookie = staff.client.get_cookie("mailer")
    assert cookie
    assert len(cookie.value) < 3500
    assert staff.signed_in()


def test_an_empty_search_shows_all(staff: Browser, store: Store) -> None:
    write(store)
    answer = staff.post(
        "/staff/search", {"query": "  \0 ", "kind": "letter"}, page="/staff/letters/"
    )
    assert answer.location == "/staff/letters/"


def test_pages_go_there_and_back(staff: Browser, store: Store, clock: Clock) -> None:
    for number in range(4):
        write(store, number, to=recipients(30))
        clock.pass_(60)
    path, seen, back = "/staff/letters/?state=queued", [], ""
    while path:
        shown = staff.get(path).text
        seen.append(re.findall(r'href="/staff/letters/([0-9a-z]{26})"', shown))
        older = re.search(r'rel="next" href="([^"]+)"', shown)
        newer = re.search(r'rel="prev" href="([^"]+)"', shown)
        assert bool(newer) == (len(seen) > 1)
        path = older[1].replace("&amp;", "&") if older else ""
        back = newer[1].replace("&amp;", "&") if newer else ""
    assert [len(page) for page in seen] == [50, 50, 20]
    assert len({one for page in seen for one in page}) == 120
    shown = staff.get(back).text
    assert re.findall(r'href="/staff/letters/([0-9a-z]{26})"', shown) == seen[1]
    assert 'rel="prev"' in shown
    assert 'rel="next"' in shown
    assert "state=queued" in back


def test_a_hostile_name_is_text(staff: Browser, store: Store) -> None:
    who = supporter(name='<script>alert(1)</script>"{{7*7}}', email="x@supporter.example")
    accept(store, draft(who))
    (one, _) = letters(store)
    for path in ("/staff/letters/", f"/staff/letters/{one}"):
        shown = staff.get(path).text
        assert "<script>" not in shown
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;{{7*7}}" in shown


def test_problems_of_the_files_stand_above_the_log(
    settings: Settings, store: Store, home: Path
) -> None:
    (home / "officials.yaml").write_text("officials:\n  - id: one\n    nane: <b>One</b>\n")
    member(store)
    browser = Browser(create_app(settings, store))
    browser.enter()
    shown = browser.get("/staff/").text
    assert re.search(r"<code>officials\.yaml:3:\d+</code>", shown)
    assert re.search(r"\d problems? in the campaign", shown)
    assert "did you mean name?" in shown
    assert "<b>One" not in shown


def test_good_files_need_no_banner(staff: Browser) -> None:
    shown = staff.get("/staff/").text
    assert "in the campaign&#39;s files" not in shown
    assert "in the campaign's files" not in shown


def test_moments_are_told_in_the_time_zone_of_the_settings(
    settings: Settings, store: Store
) -> None:
    toronto = Settings(home=settings.home, secret_keys=("k" * 40,), timezone="America/Toronto")
    write(store, 1)
    member(store)
    browser = Browser(create_app(toronto, store))
    browser.enter()
    shown = browser.get("/staff/letters/").text
    assert re.search(r'<time datetime="2027-01-15T08:00:00Z">Jan 15, 2027, 3:00\sAM</time>', shown)
    one, _ = letters(store)
    assert "EST</time>" in browser.get(f"/staff/letters/{one}").text


def test_campaigns_that_wait_for_approval_are_named(settings: Settings, store: Store) -> None:
    """Where letters really leave: unseen otherwise, as visitors find nothing or older words."""
    member(store)
    relay = ("smtp://127.0.0.1:2525?tls=none",)
    link = 'href="/staff/campaigns/proctoring'
    home = settings.home
    file = home / "templates" / "letters" / "proctoring.md"
    file.write_text(
        re.sub(r'(?m)^status = ".*"', 'status = "live"', file.read_text("utf-8")), "utf-8"
    )
    at_home, sends = (
        Browser(create_app(replace(settings, transports=ways), store))
        for ways in (settings.transports, relay)
    )
    for browser in (at_home, sends):
        browser.enter()
    assert link not in at_home.get("/staff/").text
    shown = sends.get("/staff/").text
    assert "proctoring is not shown yet: it waits for approval" in shown
    assert link in shown
    approve(store, Library(home).current(), "proctoring", actor="test")
    assert link not in sends.get("/staff/").text
    file.write_text(file.read_text("utf-8") + "\nOne more word.\n", "utf-8")
    later = Browser(create_app(replace(settings, transports=relay), store))
    later.enter()
    shown = later.get("/staff/").text
    assert "Edits of proctoring wait for approval" in shown
    assert link in shown
    assert "is not shown yet" not in shown
