"""Confirming by the mail, without JavaScript, on the narrowest screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from mailer.db.schema import letter, letter_text
from mailer.status import Kind
from tests.browser.conftest import Site
from tests.browser.test_journey import OWN_WORDS, fill, press

pytestmark = pytest.mark.browser


def newest_mail(site: Site) -> str:
    with site.store.read() as tx:
        texts = select(letter_text.c.body).join(letter, letter.c.id == letter_text.c.letter)
        asking = texts.where(letter.c.kind == Kind.CONFIRMATION).order_by(letter.c.id.desc())
        return str(tx.execute(asking).scalars().first())


def test_a_mistyped_address_a_wrong_code_and_the_right_one(
    site: Site, open_page: Callable[..., Page]
) -> None:
    file = site.home / "templates" / "letters" / "proctoring.md"
    file.write_text(file.read_text(encoding="utf-8").replace("confirm = false", ""), "utf-8")
    page = open_page(320, scripts=False, locale="en")
    page.goto(f"{site.url}/proctoring/")
    fill(page, email="ann@suporter.example")
    press(page, "Check your letters")
    press(page, "Send my letters")
    mistyped = page.url
    page.locator("#confirm summary").click()
    page.fill("#confirm [name=email]", "ann@supporter.example")
    press(page, "Check the letters again")
    expect(page.locator("h1")).to_have_text("Check your letters")
    shown = page.locator(".letter .text").all_text_contents()
    assert all("ann@supporter.example" in text and OWN_WORDS in text for text in shown)
    press(page, "Change something")
    expect(page.locator("[name=personal]")).to_have_value(OWN_WORDS)
    press(page, "Check your letters")
    press(page, "Send my letters")
    waiting = page.url
    assert waiting != mistyped

    mail = newest_mail(site)
    (code,) = [line for line in mail.splitlines() if len(line) == 7]
    page.fill("[name=code]", "333 333" if code != "333 333" else "444 444")
    with page.expect_navigation():
        page.press("[name=code]", "Enter")
    expect(page.locator(".errors")).to_be_visible()
    assert page.title().startswith("Error: ")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_role("link", name="This code does not open your letters").click()
    expect(page.locator("[name=code]")).to_be_focused()
    page.fill("[name=code]", code.lower())
    with page.expect_navigation():
        page.press("[name=code]", "Enter")
    expect(page.locator(".state b").first).to_have_text("In the queue")
    assert page.url.partition("?")[0] == waiting.partition("?")[0]
    assert sorted(page.locator(".letter .text").all_text_contents()) == sorted(shown)

    phone = open_page(390, locale="en")  # another device
    phone.goto(site.url + "/confirm/" + mail.partition("/confirm/")[2].split()[0])
    expect(phone.locator("h1")).to_have_text("Your letters are confirmed")
    page.goto(mistyped)
    expect(page.locator("h1")).to_have_text("You wrote these letters again")
    assert page.context.cookies() == phone.context.cookies() == []
    assert {url.startswith(site.url) for url in site.requests} == {True}
