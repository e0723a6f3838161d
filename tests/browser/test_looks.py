"""Every page and state for everybody: axe, narrow screens, big fingers, paper, forced colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from mailer.db.schema import confirmation, letter
from mailer.submissions import unsubscribing
from tests.browser.conftest import Site, follow
from tests.browser.test_journey import fill

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

SECOND = """\
+++
title = "A careful campaign"
status = "live"
confirm = true
choose = "any"
to = ["minister-colleges-universities", "minister-labour"]
salutation = "Dear {{ official.salutation }},"
+++
What it is about.
***
The letter.
"""


def states(site: Site, page: Page) -> Iterator[str]:
    """Bring the page into each state a visitor can meet, and name it."""
    letters = site.home / "templates" / "letters"
    page.goto(f"{site.url}/proctoring/")
    yield "campaign"
    follow(page.locator("#write .button"))
    yield "errors"
    fill(page, email="ann@gmial.com")
    follow(page.locator("#write .button"))
    yield "preview"
    follow(page.locator(".act .button").first)
    page.wait_for_url("**/receipt/**")
    yield "receipt"
    failed = {"state": "failed", "reason": "deadline", "attempts": 9, "possibly_twice": True}
    put_off = {"state": "queued", "attempts": 1, "tried_at": 1.0}
    with site.store.write() as tx:
        one, other = tx.execute(select(letter.c.id)).scalars()
        tx.execute(update(letter).where(letter.c.id == one).values(**failed))
        tx.execute(update(letter).where(letter.c.id == other).values(**put_off))
    page.reload()
    assert page.locator(".state.bad").count() == 1
    yield "receipt with a failure"
    follow(page.locator("#copy button"))
    expect(page.locator("#copy .band")).to_be_visible()
    yield "receipt with a copy asked for"
    (letters / "careful.md").write_text(SECOND, encoding="utf-8")
    page.wait_for_timeout(1100)  # files are looked at once a second
    page.goto(site.url)
    yield "list"
    page.goto(f"{site.url}/careful/")
    page.fill("[name=name]", "Ann Example")
    page.fill("[name=email]", "ann@supporter.example")
    follow(page.locator("#write .button"))
    yield "choice refused"
    page.check("[name=officials] >> nth=0")
    follow(page.locator("#write .button"))
    follow(page.locator(".act .button").first)
    page.locator("#confirm summary").click()
    yield "receipt that waits"
    follow(page.locator("#confirm .button").first)
    expect(page.locator(".errors")).to_be_visible()
    yield "code refused"
    with site.store.read() as tx:
        token = tx.execute(select(confirmation.c.token)).scalar_one()
    page.goto(f"{site.url}/confirm/{token}")
    page.locator("#not-me summary").click()
    yield "confirm"
    follow(page.locator(".act .button:not(.quiet)"))
    page.wait_for_url("**/receipt/**")
    page.goto(f"{site.url}/confirm/{token}")
    yield "confirmed"
    with site.store.write() as tx:
        mail = update(letter).where(letter.c.kind == "confirmation")
        tx.execute(mail.values(state="bounced", sent_at=1.0))
    page.reload()
    yield "link that is over"
    page.locator("#not-me summary").click()
    follow(page.locator("#not-me button"))
    expect(page.locator("#not-me")).to_have_count(0)
    yield "disowned"
    path = unsubscribing.link("", ["k" * 40], "0" * 40)
    page.goto(site.url + path)
    yield "unsubscribe"
    follow(page.locator(".act .button"))
    expect(page.locator("[name=again]")).to_be_attached()
    yield "unsubscribed"
    for path in ("about/", "about/careful", "privacy", "nothing/", "receipt/nothing"):
        page.goto(f"{site.url}/{path}")
        yield path
    closed = SECOND.replace('"live"', '"closed"')
    (letters / "careful.md").write_text(closed, encoding="utf-8")
    page.wait_for_timeout(1100)
    page.goto(f"{site.url}/careful/")
    yield "closed"


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(390, "dark", "fr"), (1280, "light", "en")],
)
def test_every_state_is_accessible_and_fits(
    site: Site, open_page: Open, width: int, scheme: str, language: str
) -> None:
    page = open_page(width, color_scheme=scheme, locale=language, reduced_motion="reduce")
    axe = Axe()
    seen = []
    for state in states(site, page):
        found = axe.run(page).response["violations"]
        assert not found, (state, [(one["id"], one["nodes"][0]["html"]) for one in found])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
        seen.append(state)
    assert len(seen) == 22
    assert [fault for fault in site.faults if "Failed to load" not in fault] == []


def test_what_is_pressed_is_big_enough(site: Site, open_page: Open) -> None:
    page = open_page(320)
    page.goto(f"{site.url}/proctoring/")
    small = page.evaluate(
        """() => [...document.querySelectorAll(
               'button:not(.unseen), a.button, .brand, textarea, .choice label,' +
               'input:not([type=hidden], [type=radio], [type=checkbox]),' +
               ' summary, .tongues > *:not(.unseen)')]
             .filter(one => !one.closest('.unseen') && one.checkVisibility())
             .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height])
             .filter(([, height]) => height < 44)"""
    )
    assert small == []


def test_focus_is_always_visible(site: Site, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{site.url}/proctoring/")
    for _ in range(14):
        page.keyboard.press("Tab")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid", page.evaluate("document.activeElement.outerHTML")


def test_the_receipt_can_be_printed_whole(site: Site, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{site.url}/proctoring/")
    fill(page)
    follow(page.locator("#write .button"))
    follow(page.locator(".act .button").first)
    page.emulate_media(media="print")
    for number in range(2):
        expect(page.locator(".letter .text").nth(number)).to_be_visible()
    expect(page.locator(".top")).to_be_hidden()


def test_forced_colours_keep_the_buttons_outlined(site: Site, open_page: Open) -> None:
    page = open_page(forced_colors="active")
    page.goto(f"{site.url}/proctoring/")
    width = page.evaluate("getComputedStyle(document.querySelector('.button')).borderTopWidth")
    assert width == "2px"
