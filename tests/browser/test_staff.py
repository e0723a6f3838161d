"""Staff and the local outbox in a real Chromium: found, used and read by everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from sqlalchemy import update

from mailer import accounts, worker
from mailer.config import Settings
from mailer.db.schema import letter
from mailer.submissions import accept
from mailer.transports import Parcel, from_url
from tests.browser.conftest import Site
from tests.factories import draft, recipients, supporter
from tests.staff_browser import EMAIL, PASSWORD, member

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

EVIL = """\
From: a@b.example\r
To: c@d.example\r
Subject: evil\r
MIME-Version: 1.0\r
Content-Type: text/html; charset=utf-8\r
\r
<p id="here">shown</p><script>document.body.append("RUN")</script>
<img src="/staff/" onerror="document.body.append('RUN')"><form action="/staff/sign-out"
method="post"><button>press</button></form><a href="/staff/" target="_top">leave</a>\r
"""


def fill_log(site: Site) -> None:
    """Letters that were kept here, one that is held, and more than one page of waiting ones."""
    who = supporter(name="Zoë Supporter", email="zoe@supporter.example")
    accept(site.store, draft(who))
    worker.drain(Settings(home=site.home), site.store)
    accept(site.store, draft(supporter(), hold="many names at one address"))
    long = "Élise " + "Très-Long-Nom-de-l’Exemple-" * 3
    accept(site.store, draft(supporter(name=long[:90], email="e@x.example"), to=recipients(51)))


def enter(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/staff/enter/{accounts.local_admin(site.store)}")


def press_enter(page: Page) -> None:
    """Send the form one types in, and wait for the answer."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_day_of_staff_without_scripts(site: Site, open_page: Open) -> None:
    fill_log(site)
    page = open_page(scripts=False)
    enter(site, page)
    assert page.title().startswith("Letters")
    page.get_by_role("link", name=re.compile("^Held")).click()
    assert page.locator(".rows tbody tr").count() == 2
    assert "state=review" in page.url
    page.get_by_role("link", name=re.compile("^All")).click()
    page.get_by_role("link", name="Older").click()
    page.get_by_role("link", name="Newer").click()
    page.get_by_label("Official").select_option(label="Ross Romano")
    page.get_by_role("button", name="Filter").click()
    assert page.get_by_text("No letter fits.").is_visible()
    page.get_by_role("link", name="Show all letters").click()
    page.get_by_label("Name, email or reference").fill("zoe@supporter.example")
    press_enter(page)
    assert "zoe" not in page.url
    assert page.locator(".rows tbody tr").count() == 2
    page.get_by_role("link", name="Minister 1").click()
    assert page.get_by_text("These are the bytes that left").is_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as .eml").click()
    assert download.value.suggested_filename.endswith("-minister-1.eml")
    page.get_by_role("link", name="See it in the local outbox").click()
    assert page.frame_locator("iframe").get_by_text("Let exams be quiet.").is_visible()
    page.goto(f"{site.url}/staff/")
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_text("You are signed out.").is_visible()
    page.go_back()
    page.reload()
    assert "/staff/sign-in" in page.url


def test_signing_in_with_the_keyboard_alone(site: Site, open_page: Open) -> None:
    member(site.store)
    page = open_page(scripts=False)
    page.goto(f"{site.url}/staff/")
    page.get_by_label("Email address").focus()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type("a wrong one")
    press_enter(page)
    assert page.title().startswith("Error: ")
    assert page.get_by_role("alert").is_visible()
    page.get_by_role("link", name="do not belong together").click()
    assert page.locator("#email").evaluate("field => field === document.activeElement")
    assert page.locator("#email").input_value() == EMAIL
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    press_enter(page)
    assert page.title().startswith("Letters")


def test_a_message_in_its_frame_can_do_nothing(site: Site, open_page: Open) -> None:
    line = from_url("maildir:var/outbox", site.home).connect()
    line.stage(Parcel(letter="evil", sender="a@b.example", recipient="c@d.example",
                      data=EVIL.encode()))  # fmt: skip
    line.commit()
    page = open_page()
    enter(site, page)
    for address in ("/outbox/evil.mailer/", "/outbox/evil.mailer/html"):
        page.goto(site.url + address)
        inside = page.frame_locator("iframe") if address.endswith("/") else page
        assert inside.locator("#here").is_visible()
        inside.locator("button").click()
        page.wait_for_timeout(200)
        assert inside.get_by_text("RUN").count() == 0
        assert page.url == site.url + address
    assert not [asked for asked in site.requests if asked.endswith(("/staff/sign-out",))]
    page.goto(f"{site.url}/staff/account")
    assert page.get_by_text("admin@localhost").is_visible(), "still signed in"


def states(site: Site, page: Page) -> Iterator[str]:
    """Bring the page into each state that staff can meet, and name it."""
    invitation = accounts.invite(site.store, EMAIL, "partner")
    for path in ("sign-in", "reset", "reset?sent=1", "reset/none", "enter/none",
                 f"invitation/{invitation}"):  # fmt: skip
        page.goto(f"{site.url}/staff/{path}")
        yield path
    page.locator("main .button").click()
    yield "a password refused"
    page.context.clear_cookies()
    page.locator("main .button").click()
    yield "an old form"
    page.goto(f"{site.url}/staff/invitation/{invitation}")
    for field in ("#new", "#again"):
        page.locator(field).fill(PASSWORD)
    page.locator("main .button").click()
    yield "closed to partners"
    page.goto(f"{site.url}/staff/account")
    yield "the own account"
    enter(site, page)
    yield "an empty log"
    fill_log(site)
    for path in ("", "?state=sent", "?official=nobody", "?search=none", "?kind=test"):
        page.goto(f"{site.url}/staff/{path}")
        yield f"the log {path}"
    for state in ("queued", "review", "sent"):
        page.goto(f"{site.url}/staff/?state={state}")
        page.locator(".rows .to a").first.click()
        yield f"a letter: {state}"
    for state in ("uncertain", "failed"):
        with site.store.write() as tx:
            tx.execute(update(letter).where(letter.c.state == "sent").values(state=state))
        page.goto(f"{site.url}/staff/?state={state}")
        page.locator(".rows .to a").first.click()
        yield f"a letter: {state}"
        with site.store.write() as tx:
            tx.execute(update(letter).where(letter.c.state == state).values(state="sent"))
    yield from lane_states(site, page)
    page.goto(f"{site.url}/staff/coalition/")
    yield "the coalition"
    page.goto(f"{site.url}/outbox/")
    yield "the outbox"
    page.locator(".kept a").first.click()
    yield "a message"
    (site.home / "officials.yaml").write_text("officials:\n  - id: one\n    nane: One\n")
    page.wait_for_timeout(1100)  # files are looked at once a second
    page.goto(f"{site.url}/staff/")
    yield "problems"


def lane_states(site: Site, page: Page) -> Iterator[str]:
    """Nothing paused; what may be paused; without a reason; paused."""
    page.goto(f"{site.url}/staff/lanes/")
    yield "the lanes"
    page.locator(".lanes .do a").first.click()
    yield "what to pause"
    page.locator("main .desk .button").click()
    yield "a pause without a reason"
    page.get_by_role("textbox").fill("A wrong date in the letter")
    page.locator("main .desk .button").click()
    assert page.locator(".attention").get_by_text("A wrong date in the letter").is_visible()
    yield "paused"
    page.goto(f"{site.url}/staff/")
    yield "the log while something is paused"


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(320, "light", "fr"), (1280, "dark", "en")],
)
def test_every_state_is_accessible_and_fits(
    site: Site, open_page: Open, width: int, scheme: str, language: str
) -> None:
    page = open_page(width, color_scheme=scheme, locale=language)
    faults = []
    for state in states(site, page):
        found = Axe().run(page).response["violations"]
        faults += [f"{state}: {one['id']} {one['nodes'][0]['html'][:200]}" for one in found]
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            faults.append(f"{state}: {wide} pixels too wide")
        if page.locator("html").get_attribute("lang") != language:
            faults.append(f"{state}: not in {language}")
    assert not faults
    # Pages of errors are told as failures; axe itself knocks at the frame, which lets nobody in.
    known = re.compile(r"status of 4\d\d|'postMessage' .* recipient window's origin \('null'\)")
    assert not [said for said in site.faults if not known.search(said)]
    assert all(asked.startswith(site.url) for asked in site.requests)


def test_what_is_pressed_is_large_enough(site: Site, open_page: Open) -> None:
    page = open_page(390)
    enter(site, page)
    fill_log(site)
    page.goto(f"{site.url}/staff/")
    small = page.evaluate(
        """() => [...document.querySelectorAll("nav a, button, select, input, .rows a")]
            .filter(one => one.type !== "hidden" && one.getBoundingClientRect().height < 43.5)
            .map(one => one.outerHTML.slice(0, 90))"""
    )
    assert not small
