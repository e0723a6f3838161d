"""People, second factor, audit and a partner's page in a real Chromium, as everybody uses them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from mailer import accounts
from tests.browser.conftest import Site, follow
from tests.staff_browser import EMAIL, PASSWORD, member

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def sign_in(site: Site, page: Page, email: str = EMAIL) -> None:
    page.goto(f"{site.url}/staff/sign-in")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def check(page: Page, what: str) -> None:
    """Nothing that axe knows of, in both languages; nothing wider than a telephone."""
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    found = Axe().run(page)
    assert not wide, f"{what} is wider than the window"
    assert not found.violations_count, f"{what}: {found.generate_report()}"


def test_a_second_factor_from_the_picture_to_the_door(site: Site, open_page: Open) -> None:
    """Without scripts, by keyboard."""
    member(site.store)
    page = open_page(scripts=False)
    sign_in(site, page)
    page.goto(f"{site.url}/staff/account")
    follow(page.get_by_role("link", name="Set up a second factor"))
    box = page.get_by_role("img", name="A QR code").locator("svg").bounding_box()
    assert box
    assert box["width"] > 150
    secret = page.locator(".key").inner_text().replace(" ", "")
    page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).at(int(time.time())))
    page.get_by_label("Your password").fill(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    follow(page.get_by_role("button", name="Sign out"))
    sign_in(site, page)
    assert page.url.startswith(f"{site.url}/staff/sign-in/code")
    page.get_by_role("textbox", name="Code").fill(codes[0])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{site.url}/staff/account/second-factor")
    expect(page.get_by_text("9 recovery codes are left")).to_be_visible()


@pytest.mark.parametrize(("width", "languages"), [(1280, ["fr"]), (360, ["en", "fr"])])
def test_everybody_can_read_and_use_these_pages(
    site: Site, open_page: Open, width: int, languages: list[str]
) -> None:
    long = member(site.store, f"{'a.very.long.address' * 3}@{'department.' * 4}example")
    page = open_page(width)
    page.goto(f"{site.url}/staff/enter/{accounts.local_admin(site.store)}")
    for language in languages:
        for path in (
            "people/", f"people/{long.id}", "audit/", "audit/?subject=nothing", "account",
            "account/second-factor",
        ):  # fmt: skip
            mark = "&" if "?" in path else "?"
            page.goto(f"{site.url}/staff/{path}{mark}lang={language}")
            check(page, f"{path} in {language}")
    page.goto(f"{site.url}/staff/people/")
    page.get_by_label("Role").select_option("partner")
    follow(page.get_by_role("button", name="Invite"))
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
    check(page, "the errors of an invitation")
    member(site.store, "sam@union.example", "partner")
    accounts.set_role(site.store, "sam@union.example", "partner", organisation="opseu")
    other = open_page(width)
    sign_in(site, other, "sam@union.example")
    check(other, "a partner's page")
