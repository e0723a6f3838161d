"""Links to tell others of a campaign, and how a shared link looks; nothing of a receipt."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.web_public.homes import write_campaign
from tests.web_public.page import Visitor, mailed

META = re.compile(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">')


@pytest.fixture
def address(visitor: Visitor) -> str:
    return visitor.send("exams", via="union").headers["Location"].partition("?")[0]


def test_sharing_names_the_campaign_and_never_the_receipt(visitor: Visitor, address: str) -> None:
    token = address.rpartition("/")[2]
    for path in (f"{address}?lang=fr", "/exams/?via=union&lang=fr"):
        found = visitor.get(path)
        shared = found.text.partition('<section class="share')[2].partition("</section>")[0]
        assert "En parler autour de vous" in shared
        assert token not in shared
        assert ">http://127.0.0.1:8000/exams/?via=union</p>" in shared
        assert 'data-share="http://127.0.0.1:8000/exams/?via=union"' in shared
        link = re.findall(r'href="(mailto:[^"]+)"', shared)[0]
        to, subject, body = mailed(html.unescape(link))
        assert (to, subject) == ("", "Des examens tranquilles")
        assert body.endswith(" http://127.0.0.1:8000/exams/?via=union")
        assert shared.count(" hidden ") == 2, "what only a script can do"


def test_a_closed_campaign_is_not_passed_on(
    home: Path, make_app: Callable[..., Flask], address: str
) -> None:
    write_campaign(home, "exams", status="closed")
    later = Visitor(make_app())
    assert 'class="share' not in later.get(address).text
    assert 'class="share' not in later.get("/exams/").text


def test_the_card_of_a_campaign(home: Path, make_app: Callable[..., Flask]) -> None:
    write_campaign(home, "exams", description=r"Write \"now\" & <here>")
    visitor = Visitor(make_app(base_url="https://letters.example"))
    found = dict(META.findall(visitor.get("/exams/?lang=en&via=union").text))
    assert found["og:type"] == "website"
    assert html.unescape(found["og:title"]) == "Quiet exams"
    assert html.unescape(found["og:description"]) == 'Write "now" & <here>'
    assert html.unescape(found["og:url"]) == "https://letters.example/exams/?via=union&lang=en"
    assert (found["og:locale"], found["og:locale:alternate"]) == ("en_US", "fr_FR")
    assert found["twitter:card"] == "summary_large_image"
    assert (found["og:image:width"], found["og:image:height"]) == ("1200", "630")
    image = html.unescape(found["og:image"])
    assert image.startswith("https://letters.example/static/card.png?v=")
    with visitor.get(image.removeprefix("https://letters.example")) as answer:
        drawn = answer.data
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    assert drawn[16:24] == bytes([0, 0, 4, 176, 0, 0, 2, 118]), "1200 by 630"
    assert len(drawn) < 40_000
    french = dict(META.findall(visitor.get("/exams/?lang=fr").text))
    assert french["og:locale"] == "fr_FR"
    assert "enveloppe" in french["og:image:alt"]


@pytest.mark.parametrize("name", ["poster é.png", "/media/poster é.png", "media/poster é.png"])
def test_a_picture_of_the_campaigns_own(
    home: Path, make_app: Callable[..., Flask], name: str
) -> None:
    (home / "templates" / "media").mkdir()
    (home / "templates" / "media" / "poster é.png").write_bytes(b"\x89PNG")
    write_campaign(home, "exams", thumbnail=name)
    visitor = Visitor(make_app(base_url="https://letters.example"))
    found = dict(META.findall(visitor.get("/exams/").text))
    assert found["og:image"] == "https://letters.example/media/poster%20%C3%A9.png"
    assert "og:image:width" not in found
    with visitor.get("/media/poster%20%C3%A9.png") as answer:
        assert answer.data == b"\x89PNG"


@pytest.mark.parametrize("name", ["gone.png", "../letters/exams.md", "..", "http://x.example/a"])
def test_a_picture_that_is_not_there_is_ours(
    home: Path, make_app: Callable[..., Flask], name: str
) -> None:
    (home / "templates" / "media").mkdir()
    write_campaign(home, "exams", thumbnail=name)
    found = dict(META.findall(Visitor(make_app()).get("/exams/").text))
    assert "/static/card.png" in found["og:image"]


def test_a_receipt_has_no_card_and_its_address_stays_here(visitor: Visitor, address: str) -> None:
    found = visitor.get(address)
    assert not META.findall(found.text)
    assert '<meta name="robots" content="noindex">' in found.text
    assert found.headers["Referrer-Policy"] == "same-origin", "other sites see nothing of it"
    assert found.headers["X-Robots-Tag"] == "noindex"
    assert not re.findall(r'(?:href|src)="https?://(?!127\.0\.0\.1)', found.text)
