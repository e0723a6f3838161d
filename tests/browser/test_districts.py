"""The question about the district as people meet it: no JavaScript, a phone, keyboard, axe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, follow
from tests.web_public.ridings import write_ridings

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_ridings(tmp_path / "ridings", 'require = ["postal_code"]\nfallback = "premier"')


def start(site: Site, page: Page, code: str) -> None:
    """Fill in the form and ask for the letter."""
    page.goto(f"{site.url}/member/")
    page.fill("[name=name]", "Ann Example")
    page.fill("[name=email]", "ann@supporter.example")
    page.fill("[name=postal_code]", code)
    follow(page.locator("#write .button"))


def test_the_question_by_keyboard_on_a_phone_without_scripts(site: Site, open_page: Open) -> None:
    page = open_page(320, scripts=False, locale="en")
    start(site, page, "k0a 1a1")
    assert page.title().startswith("One more question")
    expect(page.locator(".errors")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#f-district")).to_be_focused()
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Check your letter")
    expect(page.locator(".where")).to_contain_text("Your district: Riding of 2")
    assert "Dear Member 2," in page.locator(".letter .text").inner_text()
    follow(page.get_by_role("button", name="Choose another district"))
    page.select_option("#f-district", label="Riding of 12")
    follow(page.locator("#write .button"))
    follow(page.get_by_role("button", name="Send my letter").first)
    expect(page.locator("h1")).to_have_text("Thank you, Ann Example")
    assert "Dear Member 12," in page.locator(".letter .text").inner_text()


@pytest.mark.parametrize(
    ("width", "scheme", "language"), [(320, "dark", "fr"), (1280, "light", "en")]
)
def test_every_question_is_accessible_and_fits(
    site: Site, open_page: Open, width: int, scheme: str, language: str
) -> None:
    page, axe = open_page(width, color_scheme=scheme, locale=language), Axe()
    for code in ("K1O 0B1", "K0A 1A1", "V9Z 9Z9", "K0B 1A1"):
        start(site, page, code)
        for _ in range(2):  # asked, and asked again
            found = axe.run(page).response["violations"]
            assert not found, (code, [(one["id"], one["nodes"][0]["html"]) for one in found])
            assert page.evaluate("document.documentElement.scrollWidth") <= width, code
            if page.locator("#write").count():
                follow(page.locator("#write .button"))
    small = page.evaluate(
        "[...document.querySelectorAll('.as-link, select')]"
        ".filter(one => one.getBoundingClientRect().height < 44).length"
    )
    assert small == 0
