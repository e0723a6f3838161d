"""A language is one folder, also one that is written from the right: every page follows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser

from tests import pseudo
from tests.browser.conftest import PATIENCE
from tests.browser.test_states import HOST, Shown, app, store
from tests.catalogue import ROOT, extracted

__all__ = ["app", "store"]
pytestmark = pytest.mark.browser

# Where a line of text begins, measured from the right edge of its block, in pixels.
_FROM_THE_RIGHT = """one => { const line = document.createRange(); line.selectNodeContents(one);
    return one.getBoundingClientRect().right - line.getBoundingClientRect().right }"""


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, str]:
    """Every page, by a copy of the program that speaks one language more."""
    pseudo.install(tmp_path / "copy", ROOT, extracted())
    done = subprocess.run(
        [sys.executable, "-m", "tests.pseudo", str(tmp_path / "copy")],
        env=os.environ | {"PYTHONPATH": f"{tmp_path / 'copy'}{os.pathsep}{ROOT}"},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_every_page_is_written_from_the_right(
    pages: dict[str, str], app: Flask, chromium: Browser
) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    context.set_default_timeout(PATIENCE)
    page, axe = context.new_page(), Axe()
    Shown(app, pages, page)
    for number, (name, html) in enumerate(pages.items()):
        assert '<html lang="ar" dir="rtl">' in html, name
        page.goto(f"{HOST}/state/{number}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
        assert abs(page.locator("h1, h2").first.evaluate(_FROM_THE_RIGHT)) < 2, name
    assert pseudo.said("Check your letters") in pages["letters to check"]
    states = list(pages)
    for name in ("a campaign", "an empty form refused", "letters to check", "a receipt"):
        page.goto(f"{HOST}/state/{states.index(name)}")
        assert axe.run(page).response["violations"] == [], name
    page.goto(f"{HOST}/state/{states.index('an empty form refused')}")
    edges = page.locator(".wrong").first.evaluate(
        "one => [getComputedStyle(one).borderLeftWidth, getComputedStyle(one).borderRightWidth]"
    )
    assert edges == ["0px", "5px"]
    # Dates are the language's own; the offices' letters keep the direction of what they say.
    assert re.search("يناير", pages["the campaign early"])
    page.goto(f"{HOST}/state/{states.index('letters to check')}")
    assert page.locator(".letter .text").first.get_attribute("dir") == "auto"
    context.close()
