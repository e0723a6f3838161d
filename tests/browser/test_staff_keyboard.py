"""What staff decide and take away, by keyboard alone and without scripts, on a narrow screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_journey import too_wide
from tests.browser.test_keyboard import enter, tab_to
from tests.browser.test_staff import enter as sign_in
from tests.browser.test_staff import fill_log

pytestmark = pytest.mark.browser
FORM = "main form"


def open_room(site: Site, page: Page, path: str) -> None:
    """Open a page and go past its head, by the link that comes first."""
    page.goto(f"{site.url}/staff/{path}")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert not too_wide(page), path


def press(page: Page, selector: str) -> None:
    """Go to a button or a link, and press it."""
    tab_to(page, selector)
    enter(page)


def test_a_day_by_keyboard_alone(site: Site, open_page: Callable[..., Page]) -> None:
    fill_log(site)
    page = open_page(320, scripts=False, locale="en")
    sign_in(site, page)
    open_room(site, page, "export/?state=review")
    tab_to(page, "#format-1")
    page.keyboard.press("ArrowUp")  # round to the last kind of file
    tab_to(page, f"{FORM} .button")
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    assert taken.value.suggested_filename == "letters.jsonl"
    open_room(site, page, "pack/?campaign=exams")
    tab_to(page, ".take .button")
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    assert taken.value.suggested_filename == "letters-1.pdf"

    open_room(site, page, "review/")
    press(page, f"{FORM} .button")
    expect(page.get_by_role("status")).to_contain_text("it leaves in its turn")
    open_room(site, page, "many/new?state=queued")
    tab_to(page, "[name=act]")
    page.keyboard.press("Space")
    press(page, f"{FORM} .button:not(.quiet)")
    expect(page.get_by_role("progressbar")).to_be_visible()
    press(page, "[data-refresh]")
    press(page, "#job .button")
    expect(page.get_by_role("status")).to_contain_text("Stopped")

    open_room(site, page, "campaigns/proctoring")
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    tab_to(page, "#reason")
    page.keyboard.type("A wrong date")
    press(page, "details .button")
    expect(page.get_by_role("status")).to_contain_text("wait until it is resumed")
    for verb, told in (("resume", "leave again"), ("close", "it is closed"), ("reopen", "again")):
        press(page, f"form[action*='/{verb}'] .button")
        expect(page.get_by_role("status")).to_contain_text(told)
    press(page, "a[href*='/link']")
    tab_to(page, "#address")
    page.keyboard.type("another")
    press(page, ".desk .button")
    expect(page.get_by_role("alert")).to_be_focused()

    open_room(site, page, "people/")
    tab_to(page, "#email")
    page.keyboard.type("kim@coalition.example")
    press(page, ".desk .button")
    assert "/staff/invitation/" in page.content()
    open_room(site, page, "people/")
    invited = page.get_by_role("link", name="kim@coalition.example").get_attribute("href")
    press(page, f"a[href='{invited}']")
    press(page, "form[action*='disable'] .button")
    expect(page.get_by_text("The account is shut.")).to_be_visible()
    open_room(site, page, "audit/?act=campaign")
    tab_to(page, "#subject")
    page.keyboard.type("proctoring")
    press(page, f"{FORM} .button")
    expect(page.locator(".audit tbody tr")).to_have_count(2)
