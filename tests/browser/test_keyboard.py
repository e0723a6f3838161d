"""The whole way by keyboard alone: no script, no cookie, forced colours, at 400 % zoom."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE, Site
from tests.browser.test_journey import OWN_WORDS, submissions_in, too_wide

pytestmark = pytest.mark.browser
MOST = 80  # presses of Tab; nobody gives up sooner who can do nothing else
FOCUS = "getComputedStyle(document.activeElement).outlineStyle"


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus, which has to be seen, is there."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS) != "none", page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("one => document.activeElement.matches(one)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab on {page.url}")


def enter(page: Page) -> None:
    """Press what the focus is on, and wait for the page it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.fixture
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    """A window of 1280 by 1024 pixels zoomed to 400 %."""
    context = chromium.new_context(
        viewport={"width": 320, "height": 256}, device_scale_factor=4, forced_colors="active",
        java_script_enabled=False, locale="en",
    )  # fmt: skip
    context.set_default_timeout(PATIENCE)
    made = context.new_page()
    made.on("request", lambda request: site.requests.append(request.url))
    yield made
    context.close()


def test_the_whole_way_by_keyboard(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/proctoring/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    assert not too_wide(page)
    tab_to(page, "#write .act .button")  # with nothing filled in
    enter(page)
    expect(page.locator(".errors")).to_be_focused()
    assert not too_wide(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the first link of the summary leads to its field
    expect(page.locator("[name=name]")).to_be_focused()
    page.keyboard.type("Ann Example")
    tab_to(page, "[name=email]")
    page.keyboard.type("ann@supporter.example")
    tab_to(page, "[name=role]")
    page.keyboard.press("Space")
    tab_to(page, "[name=personal]")
    page.keyboard.type(OWN_WORDS)
    tab_to(page, "#write .act .button")
    enter(page)
    expect(page.locator("h1")).to_have_text("Check your letters")
    assert not too_wide(page)
    tab_to(page, "#send .button, .button[form=send]")
    enter(page)
    expect(page.locator("h1")).to_have_text("Thank you, Ann Example")
    assert not too_wide(page)
    assert submissions_in(site) == 1
    assert {url.startswith(site.url) for url in site.requests} == {True}
    assert page.context.cookies() == []
    edge = "getComputedStyle(document.querySelector('.button')).borderTopStyle"
    assert page.evaluate(edge) == "solid"
