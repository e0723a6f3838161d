"""Every page and state for everybody: axe, light and dark, both languages, a narrow screen.

The pages are made once for each language and shown to Chromium from memory: nothing is asked of
any host but the one they come from.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from babel.numbers import format_decimal
from flask import Flask
from playwright.sync_api import Browser, Page, Route

from mailer.config import Settings
from mailer.db import Store
from mailer.i18n import LANGUAGES
from mailer.web import create_app
from tests.browser import said
from tests.browser.conftest import PATIENCE
from tests.conftest import Clock
from tests.web_public import states

pytestmark = pytest.mark.browser
HOST = "http://letters.example"
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


@pytest.fixture
def store(new_sqlite: Callable[[], str], clock: Clock) -> Store:
    return Store(new_sqlite(), clock=clock)


@pytest.fixture
def app(tmp_path: Path, store: Store) -> Flask:
    home = states.homes(tmp_path / "home")
    return create_app(Settings(home=home, secret_keys=(states.KEY,), owner="Example"), store)


class Shown:
    """Pages that Chromium sees at addresses of their own, and everything else it asks for."""

    def __init__(self, app: Flask, pages: dict[str, str], page: Page) -> None:
        self._client, self._pages = app.test_client(), list(pages.values())
        self.hosts: set[str] = set()
        self.faults: list[str] = []
        page.route("**/*", self._answer)
        page.on("console", lambda said: self.faults.append(said.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _answer(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        self.hosts.add(f"{parts.scheme}://{parts.netloc}")
        number = parts.path.removeprefix("/state/")
        if number.isdigit():
            route.fulfill(body=self._pages[int(number)], content_type="text/html; charset=utf-8")
            return
        got = self._client.get(parts.path, buffered=True)
        route.fulfill(status=got.status_code, body=got.data, content_type=got.content_type)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_accessible_in_light_and_dark_and_fits(
    app: Flask, store: Store, clock: Clock, chromium: Browser, language: str
) -> None:
    pages = states.tour(app, store, clock, language).pages
    pages.update(states.broken(app, store, language))
    context = chromium.new_context(
        viewport={"width": 320, "height": 640}, reduced_motion="reduce", color_scheme="light"
    )
    context.set_default_timeout(PATIENCE)
    page, axe, wrong = context.new_page(), Axe(), []
    shown = Shown(app, pages, page)
    for number, name in enumerate(pages):
        page.goto(f"{HOST}/state/{number}")
        assert said.lacking(page.locator("main").aria_snapshot(), language, name) == "", name
        found = axe.run(page).response["violations"]
        page.emulate_media(color_scheme="dark")
        found += page.evaluate("rules => axe.run(rules)", CONTRAST)["violations"]  # it is there now
        page.emulate_media(color_scheme="light")
        wrong += [(name, one["id"], one["nodes"][0]["html"]) for one in found]
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wrong.append((name, "wider than 320 pixels", page.evaluate(_WIDEST)))
    page.goto(f"{HOST}/state/{list(pages).index('a campaign')}")
    left = page.locator("[data-room]").inner_text()
    assert left.startswith(format_decimal(3000, locale=language)), left
    page.locator("#f-personal").fill("\N{PENCIL}\N{THUMBS UP SIGN} \N{GRINNING FACE}")
    left = page.locator("[data-room]").inner_text()
    assert left.startswith(format_decimal(2996, locale=language)), "as the server counts"
    assert wrong == [], json.dumps(wrong, indent=1)
    assert shown.hosts == {HOST}
    assert shown.faults == []
    assert context.cookies() == []
    context.close()
    store.close()


_WIDEST = """[...document.querySelectorAll('main *')].filter(
    one => one.getBoundingClientRect().right > 320)[0]?.outerHTML.slice(0, 200) ?? ''"""
