"""What a first view costs a phone: bytes over the wire, hosts, cookies, JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from mailer.config import Settings
from mailer.db import Store
from mailer.i18n import LANGUAGES
from mailer.web import assets, create_app

WIRE = 30_000  # bytes of a first view, headers included
SCRIPT = 2_048  # bytes of all JavaScript, as it lies in the folder
BROWSER = {"Accept-Encoding": "gzip, deflate, br", "Accept-Language": "en"}


class Asked(HTMLParser):
    """What a browser asks for when it shows a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert "style" not in found, found
        assert not [name for name in found if name.startswith("on")], found
        loads = tag == "link" and found.get("rel") in {"stylesheet", "icon", "preload", "manifest"}
        if loads:
            self.addresses.add(str(found["href"]))
        if tag in {"script", "img", "iframe", "video", "audio", "source", "embed", "object"}:
            self.addresses.add(str(found.get("src")))


@pytest.fixture
def client(settings: Settings, new_sqlite: Callable[[], str]) -> FlaskClient:
    return create_app(settings, Store(new_sqlite())).test_client()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_first_view_is_light_and_stays_with_us(client: FlaskClient, language: str) -> None:
    path = f"/proctoring/?lang={language}"
    html = client.get(path).text
    asked = Asked(html).addresses
    assert len(asked) >= 3
    total = 0
    for address in (path, *asked):
        assert address.startswith("/"), address  # our own host
        answer = client.get(address, headers=BROWSER, buffered=True)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        total += len(answer.data) + len(str(answer.headers))
    assert total <= WIRE


@pytest.mark.parametrize(("file", "bytes_at_most"), [("site.js", SCRIPT), ("staff.js", 4096)])
def test_each_script_is_small(file: str, bytes_at_most: int) -> None:
    assert {found.name for found in assets.FOLDER.rglob("*.js")} == {"site.js", "staff.js"}
    assert (assets.FOLDER / file).stat().st_size <= bytes_at_most


def test_no_page_of_visitors_loads_the_script_of_staff() -> None:
    pages = assets.FOLDER.parents[2] / "templates" / "pages"
    assert [
        page.name for page in pages.rglob("*") if "staff.js" in page.read_text(encoding="utf-8")
    ] == []


@pytest.mark.parametrize("file", ["site.css", "staff.css"])
def test_style_sheets_know_no_left_and_right_and_no_other_host(file: str) -> None:
    """So that a language written from the right needs no sheet of its own."""
    sheet = (assets.FOLDER / file).read_text(encoding="utf-8")
    sided = r"(?:margin|padding|border|inset)-(?:left|right)|(?<![-\w])(?:left|right)\s*:"
    aligned = r"(?:text-align|float|clear)\s*:\s*(?:left|right)"
    assert re.findall(f"{sided}|{aligned}", sheet) == []
    assert re.findall(r"url\(|@import|@font-face", sheet) == []
