"""The pages around the form, and those for what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from mailer.db import Store
from tests.conftest import Clock
from tests.web_public.homes import write_campaign, write_home
from tests.web_public.page import Page, Visitor

MakeApp = Callable[..., Flask]


def test_one_open_campaign_is_the_start_page(visitor: Visitor) -> None:
    answer = visitor.get("/?lang=fr")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/exams/?lang=fr")


def test_several_campaigns_are_listed_the_newest_first(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "old", date="2020-07-02")
    write_campaign(home, "new", date="2021-07-02", description="What is new")
    for slug, status in (("draft", "draft"), ("trial", "trial"), ("over", "closed")):
        write_campaign(home, slug, status=status)
    answer = visitor.get("/")
    links = list(Page(answer.text).links.values())
    listed = [link for link in links if link.count("/") == 2 and link != "/about/"]
    assert listed == ["/new/", "/old/", "/exams/"]
    assert "What is new" in answer.text


def test_without_a_campaign_the_start_page_says_so(tmp_path: Path, make_app: MakeApp) -> None:
    visitor = Visitor(make_app(home=write_home(tmp_path / "empty")))
    answer = visitor.get("/")
    assert answer.status_code == 200
    assert "No campaign is open" in answer.text


def test_unknown_campaigns_lead_to_the_open_ones(visitor: Visitor) -> None:
    answer = visitor.get("/exmas/")
    page = Page(answer.text)
    assert answer.status_code == 404
    assert page.title.startswith("There is no page here")
    assert page.links["Quiet exams"] == "/exams/"


@pytest.mark.parametrize("path", ["/exmas/", "/receipt/nothing", "/media/none.png"])
def test_a_page_that_is_not_there_says_so_in_each_language(visitor: Visitor, path: str) -> None:
    page = Page(visitor.get(path).text)
    assert page.links["Français"] == "?lang=fr"
    other = Page(visitor.get(f"{path}?lang=fr").text)
    assert other.language == "fr"
    assert other.links["English"] == "?lang=en"
    assert "Français" not in Page(visitor.client.delete("/exams/").text).links


def test_a_draft_does_not_exist_for_visitors(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "secret", status="draft")
    assert visitor.get("/secret/").status_code == 404
    assert visitor.preview("secret").status_code == 404


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"status": "closed"}, "This campaign is closed"),
        ({"closes": "2026-01-31"}, "This campaign is closed"),
        ({"opens": "2027-03-01"}, "This campaign opens on March 1, 2027"),
    ],
)
def test_a_campaign_that_is_not_open_keeps_what_was_typed(
    home: Path, visitor: Visitor, keys: dict[str, str], words: str
) -> None:
    write_campaign(home, "shut", **keys)
    read = visitor.get("/shut/")
    assert read.status_code == 200
    assert words in read.text
    assert "f-name" not in Page(read.text).ids
    for action in ("preview", "send"):
        answer = visitor.post(f"/shut/{action}", {"name": "Ann", "personal": "Long\n\nwords"})
        assert answer.status_code == 422
        assert words in answer.text
        assert "Long\n\nwords" in Page(answer.text).words


def test_days_are_those_of_the_campaign(home: Path, make_app: MakeApp, clock: Clock) -> None:
    """1,800,000,000 is 08:00 UTC on 15 January 2027: in Honolulu it is still the 14th."""
    write_campaign(home, "west", closes="2027-01-14", timezone="Pacific/Honolulu")
    write_campaign(home, "east", closes="2027-01-14", timezone="America/Toronto")
    visitor = Visitor(make_app())
    assert visitor.preview("west").status_code == 200
    assert visitor.preview("east").status_code == 422
    clock.pass_(3 * 3600)
    assert visitor.preview("west").status_code == 422


def test_when_nobody_can_be_written_to_the_campaign_says_why(home: Path, visitor: Visitor) -> None:
    officials = home / "officials.yaml"
    without = officials.read_text().replace("    tags:", "    do_not_mail: true\n    tags:")
    officials.write_text(without)
    write_campaign(home, "nobody", to=["north"], fallback_message="The post is vacant.")
    answer = visitor.get("/nobody/")
    assert "The post is vacant." in answer.text
    assert "f-name" not in Page(answer.text).ids
    assert visitor.preview("nobody").status_code == 422


@pytest.mark.parametrize("address", ["/exams/preview", "/exams/send"])
def test_addresses_of_forms_lead_to_the_campaign_when_opened(
    visitor: Visitor, address: str
) -> None:
    answer = visitor.get(address)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/exams/")


def test_a_method_that_is_not_meant_has_a_page(visitor: Visitor) -> None:
    answer = visitor.client.delete("/exams/")
    assert answer.status_code == 405
    assert Page(answer.text).links["Quiet exams"] == "/exams/"


def test_a_fault_of_ours_has_a_page_that_blames_nobody(app: Flask) -> None:
    def fail() -> str:
        raise RuntimeError("ann@supporter.example")

    app.add_url_rule("/fail", view_func=fail)
    answer = Visitor(app).get("/fail")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "supporter.example" not in answer.text


def test_a_database_out_of_reach_has_a_page(make_app: MakeApp, tmp_path: Path) -> None:
    visitor = Visitor(make_app(Store(f"sqlite:///{tmp_path}/empty.db")))
    answer = visitor.get("/exams/")
    assert answer.status_code in {500, 503}
    assert visitor.get("/readyz").status_code == 503
    assert visitor.get("/healthz").status_code == 200


def test_health_is_for_machines(visitor: Visitor) -> None:
    assert visitor.get("/healthz").text == "alive\n"
    assert visitor.get("/readyz").text.startswith("no worker has been heard yet")


def test_privacy_is_said_from_the_settings(make_app: MakeApp) -> None:
    bare = Visitor(make_app()).get("/privacy")
    assert "have not written their name" in bare.text
    assert "reach no official" in bare.text
    told = Visitor(
        make_app(
            owner="Example Coalition",
            contact="help@coalition.example",
            transports=("smtp://127.0.0.1:2525?tls=none",),
        )
    ).get("/privacy")
    assert "run by Example Coalition" in told.text
    assert "mailto:help@coalition.example" in told.text
    assert "The officials you write to" in told.text
    assert "28 days" in told.text
    assert "365 days" in told.text
    for days, words in ((1, "1 day<"), (0, "until the letters are over"), (None, "you erase it")):
        said = Visitor(make_app(text_days=days, person_days=None)).get("/privacy").text
        assert words in said
        assert "365 days" not in said


def test_unapproved_campaigns_do_not_exist_where_letters_really_leave(
    make_app: MakeApp,
) -> None:
    visitor = Visitor(make_app(transports=("smtp://127.0.0.1:2525?tls=none",)))
    assert visitor.get("/exams/").status_code == 404
    assert visitor.preview("exams").status_code == 404


def test_images_come_from_the_home_and_from_nowhere_else(home: Path, visitor: Visitor) -> None:
    media = home / "templates" / "media"
    media.mkdir()
    (media / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    answer = visitor.get("/media/logo.svg")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    answer.close()
    for path in ("/media/none.png", "/media/../letters/exams.md", "/media/%2e%2e/%2e%2e/x"):
        assert visitor.get(path).status_code == 404


def test_robots_and_icon(visitor: Visitor) -> None:
    assert "Disallow: /receipt/" in visitor.get("/robots.txt").text
    icon = visitor.get("/favicon.ico")
    assert icon.mimetype == "image/svg+xml"
    icon.close()


def test_first_view_is_light_and_asks_nobody_else(visitor: Visitor) -> None:
    html = visitor.get("/exams/")
    with visitor.get("/static/site.css") as style, visitor.get("/static/site.js") as script:
        assert len(html.data) + len(style.data) + len(script.data) < 30_000
        assert len(script.data) <= 2_048
    assert "://" not in html.text.replace("http://127.0.0.1:8000", "")
    assert html.text.count("<script") == html.text.count('<script src="/static/site.js?v=') == 1
    assert "style=" not in html.text


def test_style_sheets_may_be_kept_for_a_year_under_their_own_address(visitor: Visitor) -> None:
    html = visitor.get("/exams/").text
    address = html.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = visitor.get(address)
    assert "?v=" in address
    assert "immutable" in answer.headers["Cache-Control"]
    answer.close()
    plain = visitor.get("/static/site.css")
    assert "immutable" not in plain.headers["Cache-Control"]
    plain.close()


def test_no_page_ever_sets_a_cookie(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "careful", confirm=True)
    sent = visitor.send("careful")
    answers = [sent, visitor.get(sent.headers["Location"]), visitor.preview("exams", name="")]
    answers += [visitor.get(path) for path in ("/", "/exams/?lang=fr", "/privacy", "/none/")]
    assert not [answer for answer in answers if "Set-Cookie" in answer.headers]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("de,en;q=0.5", "en"), ("", "en"), ("\u00e9;q=x", "en")],
)
def test_the_browsers_language_is_spoken(visitor: Visitor, accepted: str, language: str) -> None:
    answer = visitor.get("/exams/", Accept_Language=accepted)
    assert Page(answer.text).language == language
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]
