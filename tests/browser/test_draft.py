"""Words that stay: in the browser until they are sent, in the letters' text when changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_journey import OWN_WORDS, fill, press, too_wide

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
DAY = 86_400_000  # milliseconds


@pytest.fixture(autouse=True)
def editable(site: Site) -> None:
    """The shipped campaign, with its text open to be changed."""
    for name in ("proctoring.md", "proctoring.fr.md"):
        file = site.home / "templates" / "letters" / name
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('"personal"\n', '"body"\n'), encoding="utf-8")


def drafts(page: Page) -> list[str]:
    found = page.evaluate("Object.keys(localStorage).filter(key => key[0] == '/')")
    return [str(one) for one in found]


def test_what_was_typed_stays_in_the_browser_until_it_is_sent(site: Site, open_page: Open) -> None:
    page = open_page(locale="en")
    page.goto(f"{site.url}/proctoring/")
    expect(page.locator("#kept")).to_be_hidden()
    fill(page)
    expect(page.get_by_text("characters left")).to_have_text(
        f"{3000 - len(OWN_WORDS):,} characters left"
    )
    page.goto(f"{site.url}/proctoring/?lang=fr")  # as if the tab had been closed
    expect(page.locator("#kept")).to_be_visible()
    expect(page.locator("[name=name]")).to_have_value("Ann Example")
    expect(page.locator("[name=personal]")).to_have_value(OWN_WORDS)
    expect(page.locator("[name=role]").first).to_be_checked()
    page.get_by_role("button", name="Vider le formulaire").click()
    assert drafts(page) == []
    expect(page.locator("[name=name]")).to_have_value("")

    page.goto(f"{site.url}/proctoring/?lang=en")
    fill(page)
    press(page, "Check your letters")
    assert len(drafts(page)) == 1
    press(page, "Send my letters")
    expect(page.locator("h1")).to_have_text("Thank you, Ann Example")
    assert drafts(page) == []
    assert site.faults == []


def test_nothing_stays_on_a_shared_device_or_longer_than_a_day(site: Site, open_page: Open) -> None:
    page = open_page(locale="en")
    page.goto(f"{site.url}/proctoring/")
    fill(page)
    aged = f"key => localStorage[key] = {DAY} * -1 - 9 + Date.now() + localStorage[key].slice(13)"
    page.evaluate(f"Object.keys(localStorage).filter(key => key[0] == '/').forEach({aged})")
    page.goto(f"{site.url}/privacy")
    assert drafts(page) == []
    page.goto(f"{site.url}/proctoring/")
    fill(page)
    page.get_by_label("I share this device").check()
    assert drafts(page) == []
    page.fill("[name=affiliation]", "Example College")
    assert drafts(page) == []
    page.reload()
    expect(page.get_by_label("I share this device")).to_be_checked()
    expect(page.locator("[name=name]")).to_have_value("")
    assert site.faults == []


def test_a_browser_that_keeps_nothing_is_no_fault(site: Site, open_page: Open) -> None:
    page = open_page(locale="en")
    page.add_init_script(
        "Object.defineProperty(self, 'localStorage', {get() { throw new DOMException('no') }})"
    )
    page.goto(f"{site.url}/proctoring/")
    expect(page.get_by_label("I share this device")).to_be_hidden()
    fill(page)
    expect(page.get_by_text("characters left")).to_contain_text(str(3000 - len(OWN_WORDS))[1:])
    press(page, "Check your letters")
    assert site.faults == []


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
def test_the_letters_own_text_is_changed(site: Site, open_page: Open, scripts: bool) -> None:
    page = open_page(320, scripts=scripts, locale="en", color_scheme="dark")
    page.goto(f"{site.url}/proctoring/")
    fill(page)
    press(page, "Check your letters")
    before = page.locator(".letter .text").all_text_contents()
    press(page, "Change the text")
    assert not too_wide(page)
    boxes = page.locator("textarea[name=body]")
    original = boxes.first.input_value()
    assert before[0].startswith(f"Dear Minister Romano,\n\n{original}")
    if scripts:
        report = Axe().run(page)
        assert report.violations_count == 0, report.generate_report()
    boxes.first.fill("My own beginning.")
    press(page, "Français")
    expect(page.locator("h1")).to_have_text("Modifiez le texte de vos lettres")
    press(page, "English")
    expect(boxes.first).to_have_value("My own beginning.")
    press(page, "Start again from the original")
    expect(boxes.first).to_have_value(original)
    boxes.first.fill("My own beginning.")
    if scripts:
        assert any("body" in key for key in drafts(page))
    press(page, "Check your letters")
    after = page.locator(".letter .text").all_text_contents()
    assert after == [one.replace(original, "My own beginning.") for one in before]
    press(page, "Change something")
    press(page, "Check your letters")
    press(page, "Send my letters")
    expect(page.locator("h1")).to_have_text("Thank you, Ann Example")
    assert sorted(page.locator(".letter .text").all_text_contents()) == sorted(after)
    assert not scripts or drafts(page) == []
    assert site.faults == []
