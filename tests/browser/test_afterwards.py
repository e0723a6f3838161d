"""Afterwards, in a real browser: withdraw, write again, tell, erase, find; with the keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import update

from mailer.db.schema import letter
from mailer.outbox import Sender
from mailer.status import Kind, State
from mailer.submissions import finding
from tests.browser.conftest import Site, follow
from tests.browser.test_journey import too_wide
from tests.browser.test_outputs import write

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def clean(page: Page) -> None:
    """Fits a small telephone, and axe has nothing to say."""
    assert not too_wide(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_from_withdrawing_to_the_proof_of_erasure(site: Site, open_page: Open) -> None:
    page = open_page(320)
    receipt = write(site, page)
    follow(page.get_by_role("link", name="Withdraw letters"))
    clean(page)
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    follow(page.get_by_role("button", name="Withdraw these letters"))
    expect(page.locator(".errors")).to_be_focused()
    clean(page)
    page.get_by_role("checkbox").nth(1).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".state b")).to_have_text(["Withdrawn"])
    expect(page.get_by_role("checkbox")).to_have_count(1)
    clean(page)

    with site.store.write() as tx:
        left = {"state": State.SENT, "sent_at": site.store.now(tx), "transport": "smtp:relay"}
        one = (letter.c.kind == Kind.LETTER, letter.c.state == State.QUEUED)
        tx.execute(update(letter).where(*one).values(**left))
    page.goto(receipt)
    follow(page.get_by_role("button", name="Do not ask me"))
    expect(page.get_by_text("We do not ask you by mail.")).to_be_visible()
    follow(page.get_by_role("button", name="Not yet"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for telling")
    clean(page)

    page.goto(receipt)
    follow(page.get_by_role("link", name="Find my letters", exact=True))
    follow(page.get_by_role("button", name="Mail me the links"))
    expect(page.locator(".errors")).to_be_focused()
    clean(page)
    page.get_by_role("textbox").fill("ann@supporter.example")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    clean(page)
    sender = Sender(address="letters@campaign.example", url=site.url)
    assert finding.answer(site.store, sender, ["k" * 40]) == 1

    page.goto(receipt)
    follow(page.get_by_role("link", name="Erase my data"))
    clean(page)
    follow(page.get_by_role("button", name="Erase this for good"))
    assert page.url.partition("?")[0] == receipt.partition("?")[0]
    expect(page.get_by_role("heading", level=1)).to_have_text("Your data are erased")
    assert "Ann" not in page.content()
    clean(page)
    page.go_back()  # to the question: there is nothing to erase any more
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your data are erased")
    assert [fault for fault in site.faults if "422" not in fault] == []
    assert len(site.faults) == 2, "two forms that were not filled in"
    assert all(asked.startswith(site.url) for asked in site.requests)
