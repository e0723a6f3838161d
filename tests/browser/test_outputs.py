"""Copying and sharing with a script, and everything else of it without one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Site, follow
from tests.browser.test_journey import fill

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

# A device that has a way to share; this one only notes what it is asked for.
DEVICE = "navigator.share = async asked => { window.asked = asked; }"


def write(site: Site, page: Page) -> str:
    page.goto(f"{site.url}/proctoring/?via=opseu")
    fill(page)
    follow(page.locator("#write .button"))
    follow(page.locator(".act .button").first)
    return page.url


def test_a_letter_is_copied_and_the_campaign_shared(site: Site, open_page: Open) -> None:
    page = open_page(390, permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script(DEVICE)
    receipt = write(site, page)
    copied = "navigator.clipboard.readText()"
    for number in range(2):
        page.locator(".ways summary").nth(number).click()
        page.locator(".ways [data-copy]").nth(number).click()
        page.get_by_text("Copied").nth(number).wait_for()
        # The page's own text, however it is laid out.
        letter = page.locator(".letter .text").nth(number).evaluate("one => one.textContent")
        assert page.evaluate(copied) == letter
        assert letter.startswith("Dear Minister ")
    page.locator(".share [data-copy]").click()
    page.locator(".share").get_by_text("Copied", exact=True).wait_for()
    address = page.evaluate(copied)
    assert address.endswith("/proctoring/?via=opseu")
    page.locator("[data-share]").click()
    assert page.evaluate("asked") == {"title": "Stop invasive proctoring", "url": address}
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    plain = open_page(390, scripts=False)
    for path in (receipt, f"{site.url}/proctoring/"):
        plain.goto(path)
        assert plain.locator(".share a").get_attribute("href").startswith("mailto:?subject=")
        assert plain.locator(".share .address").is_visible()
        for one in plain.locator("[data-copy], [data-share]").all():
            assert not one.is_visible()
    assert site.faults == []
    assert all(asked.startswith(site.url) for asked in site.requests)
