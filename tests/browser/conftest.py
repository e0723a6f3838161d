"""A real Chromium on real pages: the shipped campaign, a server on loopback, a new database."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from mailer.config import Settings
from mailer.db import Store
from mailer.web import create_app

FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)

PATIENCE = 90_000
"""Milliseconds until a page that does not come, or does not change, is a fault: machines that do
much else at the same time need their time."""

expect.set_options(timeout=PATIENCE)


class Quiet(WSGIRequestHandler):
    """A server that does not tell every request."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


@dataclass
class Site:
    """The pages, being served."""

    url: str
    home: Path
    store: Store
    requests: list[str] = field(default_factory=list)  # every address a browser asked for
    faults: list[str] = field(default_factory=list)  # what browsers complained of


def follow(where: Locator) -> None:
    """Press what leads to another page, and wait until that page is there: a click does not."""
    with where.page.expect_navigation():
        where.click()


@pytest.fixture
def site(home: Path, new_sqlite: Callable[[], str]) -> Iterator[Site]:
    store = Store(new_sqlite())
    settings = Settings(
        home=home,
        secret_keys=("k" * 40,),
        owner="Example Coalition",
        contact="help@coalition.example",
    )
    app = create_app(settings, store)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(url=f"http://127.0.0.1:{server.port}", home=home, store=store)
    server.shutdown()
    thread.join()
    server.server_close()
    store.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the session; each test opens contexts, which share nothing."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("CHROMIUM IS NOT INSTALLED: no page was seen (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own; `width` in CSS pixels."""
    contexts: list[BrowserContext] = []

    def make(width: int = 1280, *, scripts: bool = True, **options: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, java_script_enabled=scripts, **options
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: site.requests.append(request.url))
        page.on("console", lambda message: site.faults.append(message.text))
        page.on("pageerror", lambda error: site.faults.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
