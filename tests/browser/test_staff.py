"""Staff and the local outbox in a real Chromium: found, used and read by everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import update

from mailer import accounts, worker
from mailer.config import Settings
from mailer.db.schema import letter
from mailer.submissions import accept
from mailer.transports import Parcel, from_url
from tests.browser.conftest import Site, follow
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
    assert page.title().startswith("Today")
    expect(page.get_by_role("link", name="Review them")).to_be_visible()
    expect(page.get_by_role("link", name="Refresh")).to_be_visible()
    follow(page.get_by_role("link", name="Letters", exact=True))
    follow(page.get_by_role("link", name=re.compile("^Held")))
    expect(page.locator(".rows tbody tr")).to_have_count(2)
    assert "state=review" in page.url
    follow(page.get_by_role("link", name=re.compile("^All")))
    follow(page.get_by_role("link", name="Older"))
    follow(page.get_by_role("link", name="Newer"))
    page.get_by_label("Official").select_option(label="Ross Romano")
    follow(page.get_by_role("button", name="Filter"))
    expect(page.get_by_text("No letter fits.")).to_be_visible()
    follow(page.get_by_role("link", name="Show all letters"))
    page.get_by_label("Name, email or reference").fill("zoe@supporter.example")
    press_enter(page)
    assert "zoe" not in page.url
    expect(page.locator(".rows tbody tr")).to_have_count(2)
    follow(page.get_by_role("link", name="Minister 1"))
    expect(page.get_by_text("These are the bytes that left")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as .eml").click()
    assert download.value.suggested_filename.endswith("-minister-1.eml")
    follow(page.get_by_role("link", name="See it in the local outbox"))
    shown = page.frame_locator("iframe").get_by_text("Let exams be quiet.")
    expect(shown).to_be_visible()
    page.goto(f"{site.url}/staff/")
    follow(page.get_by_role("button", name="Sign out"))
    expect(page.get_by_text("You are signed out.")).to_be_visible()
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
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("link", name="do not belong together").click()
    expect(page.locator("#email")).to_be_focused()
    assert page.locator("#email").input_value() == EMAIL
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    press_enter(page)
    assert page.title().startswith("Today")


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
        expect(inside.locator("#here")).to_be_visible()
        inside.locator("button").click()
        page.wait_for_timeout(200)
        assert inside.get_by_text("RUN").count() == 0
        assert page.url == site.url + address
    assert not [asked for asked in site.requests if asked.endswith(("/staff/sign-out",))]
    page.goto(f"{site.url}/staff/account")
    expect(page.get_by_text("admin@localhost")).to_be_visible()


def states(site: Site, page: Page) -> Iterator[str]:
    """Bring the page into each state that staff can meet, and name it."""
    invitation = accounts.invite(site.store, EMAIL, "partner")
    for path in ("sign-in", "reset", "reset?sent=1", "reset/none", "enter/none",
                 f"invitation/{invitation}"):  # fmt: skip
        page.goto(f"{site.url}/staff/{path}")
        yield path
    follow(page.locator("main .button"))
    yield "a password refused"
    page.context.clear_cookies()
    follow(page.locator("main .button"))
    yield "an old form"
    page.goto(f"{site.url}/staff/invitation/{invitation}")
    for field in ("#new", "#again"):
        page.locator(field).fill(PASSWORD)
    follow(page.locator("main .button"))
    yield "closed to partners"
    page.goto(f"{site.url}/staff/account")
    yield "the own account"
    enter(site, page)
    yield "an empty first page"
    page.goto(f"{site.url}/staff/letters/")
    yield "an empty log"
    fill_log(site)
    page.goto(f"{site.url}/staff/")
    page.locator("#table-days summary").click()
    yield "the first page"
    for path in (
        "",
        "?state=sent",
        "?official=nobody",
        "?search=none",
        "?kind=test&day=2026-01-01",
    ):
        page.goto(f"{site.url}/staff/letters/{path}")
        yield f"the log {path}"
    yield from many_states(site, page)
    for state in ("queued", "review", "sent"):
        page.goto(f"{site.url}/staff/letters/?state={state}")
        follow(page.locator(".rows .to a").first)
        yield f"a letter: {state}"
    for state in ("uncertain", "failed"):
        with site.store.write() as tx:
            tx.execute(update(letter).where(letter.c.state == "sent").values(state=state))
        page.goto(f"{site.url}/staff/letters/?state={state}")
        follow(page.locator(".rows .to a").first)
        yield f"a letter: {state}"
        with site.store.write() as tx:
            tx.execute(update(letter).where(letter.c.state == state).values(state="sent"))
    yield from lane_states(site, page)
    yield from organizer_states(site, page)
    page.goto(f"{site.url}/staff/coalition/")
    yield "the coalition"
    page.goto(f"{site.url}/outbox/")
    yield "the outbox"
    follow(page.locator(".kept a").first)
    yield "a message"
    (site.home / "officials.yaml").write_text("officials:\n  - id: one\n    nane: One\n")
    page.wait_for_timeout(1100)  # files are looked at once a second
    page.goto(f"{site.url}/staff/")
    yield "problems"


def lane_states(site: Site, page: Page) -> Iterator[str]:
    """Nothing paused; what may be paused; without a reason; paused."""
    page.goto(f"{site.url}/staff/lanes/")
    yield "the lanes"
    follow(page.locator(".lanes .do a").first)
    yield "what to pause"
    follow(page.locator("main .desk .button"))
    yield "a pause without a reason"
    page.get_by_role("textbox").fill("A wrong date in the letter")
    follow(page.locator("main .desk .button"))
    expect(page.locator(".attention").get_by_text("A wrong date in the letter")).to_be_visible()
    yield "paused"
    page.goto(f"{site.url}/staff/")
    yield "the first page while something is paused"


def organizer_states(site: Site, page: Page) -> Iterator[str]:
    """Campaigns and how they are steered; a file that is tried, good and bad; letters on paper."""
    for path in ("campaigns/", "export/", "pack/", "try/"):
        page.goto(f"{site.url}/staff/{path}")
        yield path
    good = (site.home / "officials.yaml").read_text()
    for name, text in (("good", good), ("bad", good.replace("name:", "nane:", 1))):
        page.locator("#text").fill(text)
        follow(page.locator("main form .button"))
        expect(page.locator("main h2").first).to_be_visible()
        yield f"a {name} file tried"
    page.goto(f"{site.url}/staff/campaigns/")
    follow(page.locator("main a[href*='/campaigns/']").first)
    yield "a campaign to steer"
    page.goto(page.url.partition("?")[0] + "/link")
    yield "the private link of a campaign"


def many_states(site: Site, page: Page) -> Iterator[str]:
    """The review queue, an act on many letters from its form to its end, a submission."""
    page.goto(f"{site.url}/staff/review/")
    yield "a letter to review"
    follow(page.locator("main .brief a").first)
    follow(page.locator("main .brief a").first)
    yield "a submission"
    page.goto(page.url.partition("?")[0] + "/wave")
    yield "what is like it"
    follow(page.locator("form[method=post] .button").last)
    yield "a wave of which nothing is chosen"
    page.goto(f"{site.url}/staff/review/?after=9999999999.0_z")
    yield "the end of the queue"
    page.goto(f"{site.url}/staff/many/")
    yield "no act on many letters"
    page.goto(f"{site.url}/staff/many/new?state=review")
    yield "what to do to many"
    follow(page.locator("main form .button"))
    yield "nothing chosen"
    page.locator("#act-1").check()
    follow(page.locator("main form .button"))
    yield "an act under way"
    follow(page.locator("#job .button"))
    yield "an act that was stopped"
    page.goto(f"{site.url}/staff/many/")
    yield "acts on many letters"


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
    for path in ("", "letters/", "review/", "many/new"):
        page.goto(f"{site.url}/staff/{path}")
        small = page.evaluate(
            """() => [...document.querySelectorAll(
                "nav a, button, select, input, .rows a, summary")]
                .filter(one => !["hidden", "radio", "checkbox"].includes(one.type))
                .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 43.5)
                .map(one => one.outerHTML.slice(0, 90))"""
        )
        assert not small, path


def test_the_first_page_stays_fresh_and_still(site: Site, open_page: Open) -> None:
    """What is open, focused and scrolled to stays so while the numbers change; keys review."""
    page = open_page(390)
    page.clock.install()
    enter(site, page)
    fill_log(site)
    page.goto(f"{site.url}/staff/")
    page.locator("#table-days summary").click()
    all_ = page.locator("#numbers .counts a").first
    before = all_.inner_text()
    page.locator("#chart-official summary").focus()
    page.evaluate("scrollTo(0, 300)")
    accept(site.store, draft(supporter(name="Ann New", email="new@supporter.example")))
    page.clock.fast_forward(16_000)
    page.wait_for_function(
        "was => document.querySelector('#numbers .counts a').innerText !== was", arg=before
    )
    assert page.locator("#table-days").evaluate("one => one.open")
    assert not page.locator("#table-hours").evaluate("one => one.open")
    focused = "document.activeElement.closest('figure')?.id"
    assert page.evaluate(focused) == "chart-official"
    assert page.evaluate("scrollY") == 300
    page.goto(f"{site.url}/staff/review/")
    page.locator("[data-keys] input").uncheck()
    page.keyboard.press("l")
    page.reload()
    assert not page.locator("[data-keys] input").is_checked(), "that is remembered"
    expect(page.get_by_text("2 letters are held")).to_be_visible()
    page.locator("[data-keys] input").check()
    with page.expect_navigation():
        page.keyboard.press("l")
    expect(page.get_by_text("Done: it leaves in its turn.")).to_be_visible()
    with page.expect_navigation():
        page.keyboard.press("w")
    expect(page.get_by_text("No letter is held.")).to_be_visible()
    assert not site.faults


def test_a_page_that_nobody_looks_at_any_more_puts_itself_away(site: Site, open_page: Open) -> None:
    """Without a request, which would keep the session alive; so does one whose session is over."""
    fill_log(site)
    page = open_page()
    page.clock.install()
    enter(site, page)
    page.goto(f"{site.url}/staff/letters/")
    expect(page.get_by_text("Élise Très-Long").first).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward("25:00")
    page.keyboard.press("Tab")
    page.clock.fast_forward("25:00")
    expect(page.get_by_text("Élise Très-Long").first).to_be_visible()
    page.clock.fast_forward("06:00")
    expect(page.get_by_role("heading", name="Put away")).to_be_focused()
    assert "Élise" not in page.content()
    assert asked == []
    follow(page.get_by_role("link", name="Show it again"))
    expect(page.get_by_text("Élise Très-Long").first).to_be_visible()
    page.goto(f"{site.url}/staff/")
    page.context.clear_cookies()
    page.clock.fast_forward("01:00")
    expect(page.get_by_role("heading", name="Put away")).to_be_visible()
