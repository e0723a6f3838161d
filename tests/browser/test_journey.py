"""The journey as people make it: from the start page to the receipt, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, Page, expect
from sqlalchemy import func, select

from mailer.db.schema import submission
from tests.browser.conftest import Site, follow

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

SAID = {
    "en": {
        "check": "Check your letters",
        "send": "Send my letters",
        "change": "Change something",
        "error": "Error: ",
        "name": "Enter your full name",
        "other": "Français",
        "thanks": "Thank you, Ann Example",
        "salutation": "Dear Minister Romano,",
    },
    "fr": {
        "check": "Vérifiez vos lettres",
        "send": "Envoyer mes lettres",
        "change": "Modifier quelque chose",
        "error": "Erreur\u00a0: ",
        "name": "Écrivez votre nom complet",
        "other": "English",
        "thanks": "Merci, Ann Example",
        "salutation": "Monsieur le Ministre,",
    },
}
OWN_WORDS = "My desk stands in the room I share.\n\nDuring the exam my sister had to leave it."


def fill(
    page: Page | Frame, name: str = "Ann Example", email: str = "ann@supporter.example"
) -> None:
    page.fill("[name=name]", name)
    page.fill("[name=email]", email)
    page.fill("[name=postal_code]", "A1A 1A1")
    page.check("[name=role] >> nth=0")
    page.fill("[name=personal]", OWN_WORDS)


def press(page: Page, words: str) -> None:
    """Send a form, and wait for the answer."""
    follow(page.get_by_role("button", name=words, exact=True).first)


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def submissions_in(site: Site) -> int:
    with site.store.read() as tx:
        return int(tx.execute(select(func.count()).select_from(submission)).scalar_one())


@pytest.mark.parametrize("scripts", [True, False], ids=["js", "no-js"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_from_the_start_page_to_the_receipt(
    site: Site, open_page: Open, language: str, scripts: bool
) -> None:
    said = SAID[language]
    page = open_page(320, scripts=scripts, locale=language)
    page.goto(site.url)
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert not too_wide(page)

    press(page, said["check"])  # with nothing filled in
    assert page.title().startswith(said["error"])
    expect(page.locator(".errors")).to_be_focused()
    assert not too_wide(page)
    page.get_by_role("link", name=said["name"]).click()
    expect(page.locator("[name=name]")).to_be_focused()

    fill(page)
    press(page, said["check"])
    shown = page.locator(".letter .text").all_text_contents()
    assert len(shown) == 2
    assert shown[0].startswith(f"{said['salutation']}\n\n")
    assert all(OWN_WORDS in text for text in shown)
    assert shown[0] != shown[1]
    assert not too_wide(page)

    press(page, said["send"])
    expect(page.locator("h1")).to_have_text(said["thanks"])
    assert "/receipt/" in page.url
    assert sorted(page.locator(".letter .text").all_text_contents()) == sorted(shown)
    assert not too_wide(page)
    assert submissions_in(site) == 1

    assert {url.startswith(site.url) for url in site.requests} == {True}
    assert page.context.cookies() == []
    assert [fault for fault in site.faults if "422" not in fault] == []


def test_going_back_changes_what_is_sent_and_keeps_the_rest(site: Site, open_page: Open) -> None:
    page = open_page()
    page.goto(site.url)
    fill(page)
    press(page, "Check your letters")
    press(page, "Change something")
    expect(page.locator("[name=personal]")).to_have_value(OWN_WORDS)
    expect(page.locator("[name=role]").first).to_be_checked()
    page.fill("[name=personal]", "Other words.")
    press(page, "Check your letters")
    assert "Other words." in page.locator(".letter .text").first.inner_text()


def test_the_enter_key_checks_the_letters_and_does_not_change_the_language(
    site: Site, open_page: Open
) -> None:
    page = open_page(locale="en")
    page.goto(site.url)
    fill(page)
    with page.expect_navigation():
        page.press("[name=postal_code]", "Enter")
    expect(page.locator("h1")).to_have_text("Check your letters")


def test_changing_the_language_keeps_what_was_typed(site: Site, open_page: Open) -> None:
    page = open_page(locale="en")
    page.goto(site.url)
    fill(page)
    press(page, "Français")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("[name=name]")).to_have_value("Ann Example")
    expect(page.locator("[name=personal]")).to_have_value(OWN_WORDS)
    press(page, "Vérifiez vos lettres")
    press(page, "English")
    assert page.locator(".letter .text").first.inner_text().startswith("Dear Minister")


def test_back_after_sending_gives_the_same_receipt(site: Site, open_page: Open) -> None:
    page = open_page()
    page.goto(site.url)
    fill(page)
    press(page, "Check your letters")
    press(page, "Send my letters")
    receipt = page.url
    page.go_back()
    expect(page.locator("h1")).to_have_text("Check your letters")
    press(page, "Send my letters")
    assert page.url == receipt
    assert submissions_in(site) == 1


def test_back_to_the_form_and_the_same_again_gives_the_same_receipt(
    site: Site, open_page: Open
) -> None:
    page = open_page()
    page.goto(site.url)
    fill(page)
    press(page, "Check your letters")
    press(page, "Send my letters")
    receipt = page.url
    page.go_back()
    page.go_back()
    expect(page.locator("[name=name]")).to_have_value("Ann Example")
    press(page, "Check your letters")
    press(page, "Send my letters")
    assert page.url == receipt
    assert submissions_in(site) == 1


def test_another_person_on_the_same_device_gets_her_own_receipt(
    site: Site, open_page: Open
) -> None:
    page = open_page()
    page.goto(site.url)
    fill(page)
    press(page, "Check your letters")
    press(page, "Send my letters")
    ann = page.url
    page.go_back()
    page.go_back()
    fill(page, "Bea Example", "bea@supporter.example")
    press(page, "Check your letters")
    press(page, "Send my letters")
    expect(page.locator("h1")).to_have_text("Thank you, Bea Example")
    assert page.url != ann
    assert "ann@supporter.example" not in page.content()
    page.goto(site.url)
    expect(page.locator("[name=name]")).to_have_value("")
    assert submissions_in(site) == 2


def test_six_presses_at_once_are_one_submission(site: Site, open_page: Open) -> None:
    page = open_page()
    page.goto(site.url)
    fill(page)
    press(page, "Check your letters")
    answers = page.evaluate(
        """async () => {
            const body = new URLSearchParams(new FormData(document.querySelector('#send')));
            const send = () => fetch(document.querySelector('#send').action,
                                     {method: 'POST', body}).then(answer => answer.url);
            return Promise.all([1, 2, 3, 4, 5, 6].map(send));
        }"""
    )
    assert len(set(answers)) == 1
    assert "/receipt/" in answers[0]
    assert submissions_in(site) == 1


def test_hostile_text_stays_text(site: Site, open_page: Open) -> None:
    page = open_page()
    page.goto(site.url)
    fill(page, '<img src=x onerror=alert(1)> "O\'Example" {{7*7}}')
    page.fill("[name=personal]", "</textarea><script>alert(1)</script>\n\n  {% raw %}")
    press(page, "Check your letters")
    text = page.locator(".letter .text").first.text_content() or ""
    assert "</textarea><script>alert(1)</script>\n\n  {% raw %}" in text
    assert '<img src=x onerror=alert(1)> "O\'Example" {{7*7}}' in text
    press(page, "Change something")
    expect(page.locator("[name=personal]")).to_have_value(
        "</textarea><script>alert(1)</script>\n\n  {% raw %}"
    )
    assert site.faults == []
