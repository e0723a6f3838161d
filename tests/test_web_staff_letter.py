"""A letter's page: its way so far, its exact message, and what staff must not see."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import delete, update

from mailer import accounts, outbox, worker
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter, letter_text
from mailer.errors import Next, SendError
from mailer.outbox import Event
from mailer.status import Kind, State
from mailer.submissions import reminders
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import SENDER, campaign, recipients
from tests.staff_browser import Browser, member
from tests.staff_letters import found, hand_over, letters, rows, send, settle, write
from tests.test_submissions_reminders import left


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def staff(app: Flask, store: Store) -> Browser:
    member(store)
    browser = Browser(app)
    browser.enter()
    return browser


def test_a_letter_that_waits(staff: Browser, store: Store) -> None:
    made = write(store, 1)
    one, other = letters(store)
    shown = staff.get(f"/staff/letters/{one}").text
    for words in (
        "Letter to Minister 1",
        "Waiting to leave",
        "Approved by the supporter",
        "It has not left yet",
        "minister-1@ministry.example",
        "Quiet exams",
        "Let exams be quiet.",
        made.supporter.email,
        "Zoë Supporter 1 via Quiet exams",
    ):
        assert words in shown, words
    assert f'href="/staff/letters/{other}"' in shown, "the other letter of the submission"
    assert "changed by the supporter" not in shown


def test_a_letter_whose_text_its_supporter_changed_says_so(staff: Browser, store: Store) -> None:
    write(store, 1, edited=True)
    shown = staff.get(f"/staff/letters/{letters(store)[0]}").text
    assert "<dt>Text</dt><dd>changed by the supporter</dd>" in shown


def test_a_letter_that_left_is_shown_byte_for_byte(
    staff: Browser, store: Store, clock: Clock
) -> None:
    write(store, 1)
    one, data = send(store, clock)
    clock.pass_(86400)
    staff.enter()
    page = f"/staff/letters/{one.id}"
    shown = staff.get(page).text
    for words in (
        "These are the bytes that left",
        hashlib.sha256(data).hexdigest(),
        "250 2.0.0 queued as 77",
        "smtp:relay.example",
    ):
        assert words in shown, words
    assert "Kept" not in shown
    file = staff.get(f"{page}/message.eml")
    assert file.data == data
    assert file.mimetype == "message/rfc822"
    assert re.fullmatch(
        r'attachment; filename="[a-z0-9]{5}-[a-z0-9]{5}-minister-\d\.eml"',
        file.headers["Content-Disposition"],
    )
    parsed = email.message_from_bytes(file.data, policy=email.policy.default)
    assert parsed["Reply-To"].addresses[0].addr_spec == "s1@supporter.example"


def test_bytes_that_differ_are_not_called_the_same(
    staff: Browser, store: Store, clock: Clock
) -> None:
    write(store, 1)
    one, _ = send(store, clock, bytes_=b"what an older program composed\r\n")
    shown = staff.get(f"/staff/letters/{one.id}").text
    assert "not the very bytes that left" in shown
    assert "These are the bytes that left" not in shown


def test_attempts_stand_in_the_timeline(staff: Browser, store: Store, clock: Clock) -> None:
    write(store, 1, to=recipients(1))
    one, _ = hand_over(store, clock)
    settle(store, clock, one, SendError("4.7.1 come back later", code="451"))
    clock.pass_(3600)
    one, _ = hand_over(store, clock)
    settle(store, clock, one, SendError("5.1.1 no such mailbox", Next.FAIL, code="550"))
    staff.enter()
    shown = staff.get(f"/staff/letters/{one.id}").text
    places = [
        shown.index(words)
        for words in (
            "Attempt 1 did not succeed",
            "451 4.7.1 come back later",
            "Given up",
            "550 5.1.1 no such mailbox",
            "attempt 2",
        )
    ]
    assert places == sorted(places)
    assert "The server refused it for good" in shown
    assert "It was not delivered. This is how it was written." in shown


def test_an_uncertain_letter_says_so(staff: Browser, store: Store, clock: Clock) -> None:
    write(store, 1, about=campaign(uncertain="hold"), to=recipients(1))
    one, _ = hand_over(store, clock)
    clock.pass_(3600)
    with store.write() as tx:
        outbox.reap(tx, now=clock.now)
    staff.enter()
    shown = staff.get(f"/staff/letters/{one.id}").text
    assert "No answer was heard" in shown
    assert "The program that was sending it stopped" in shown
    assert "These are the bytes that left" not in shown
    assert "bytes that were handed over" in shown


def test_a_letter_kept_on_this_machine_is_not_called_accepted(
    staff: Browser, store: Store, settings: Settings
) -> None:
    write(store, 1)
    worker.drain(settings, store)
    one, _ = letters(store)
    shown = staff.get(f"/staff/letters/{one}").text
    assert "Kept here" in shown
    assert "Accepted" not in shown
    link = re.search(r'href="(/outbox/[^"]+/)"', shown)
    assert link
    kept = staff.get(link[1])
    assert kept.status_code == 200
    assert "Let exams be quiet." in kept.text
    log = staff.get("/staff/letters/").text
    assert "Accepted" not in log
    assert "Kept here" in log
    assert "Nothing leaves this machine" in staff.get("/staff/").text
    file = staff.get(f"/staff/letters/{one}/message.eml").data
    maildir = settings.home / "var" / "outbox" / "new"
    assert file.replace(b"\r\n", b"\n") in [kept.read_bytes() for kept in maildir.iterdir()]


def test_where_others_reach_the_pages_no_local_outbox_is_offered(
    store: Store, settings: Settings
) -> None:
    write(store, 1)
    worker.drain(settings, store)
    one, _ = letters(store)
    member(store)
    outside = replace(settings, base_url="https://letters.coalition.example")
    browser = Browser(create_app(replace(outside, second_factor=()), store))
    browser.enter()
    for path in (f"/staff/letters/{one}", "/staff/letters/"):
        shown = browser.get(path)
        assert shown.status_code == 200
        assert "/outbox/" not in shown.text


def test_mails_about_accounts_are_never_shown(staff: Browser, store: Store) -> None:
    accounts.request_reset(store, "kim@coalition.example", sender=SENDER, language="en")
    (one,) = letters(store, Kind.ACCOUNT)
    assert staff.get(f"/staff/letters/{one}").status_code == 404
    assert staff.get(f"/staff/letters/{one}/message.eml").status_code == 404
    assert one not in staff.get("/staff/letters/?kind=account").text
    assert one not in found(staff, "kim@coalition.example", kind="account")


def test_a_request_to_confirm_shows_its_way_but_not_its_link(staff: Browser, store: Store) -> None:
    made = write(store, 1, about=campaign(confirm=True))
    (one,) = letters(store, Kind.CONFIRMATION)
    shown = staff.get(f"/staff/letters/{one}").text
    assert "a link that only its reader may use" in shown
    assert "/confirm/" not in shown
    assert staff.get(f"/staff/letters/{one}/message.eml").status_code == 404
    listed = staff.get("/staff/letters/?kind=confirmation").text
    assert rows(listed) == 1
    assert made.supporter.email in listed
    waits = staff.get(f"/staff/letters/{letters(store)[0]}").text
    assert "waits for the supporter to confirm" in waits


def test_a_reminder_shows_no_link_either(staff: Browser, store: Store, clock: Clock) -> None:
    write(store, 1, about=campaign(confirm=True))
    left(store)
    clock.pass_(86400)
    assert reminders.remind(store, SENDER, ["k" * 40]) == 1
    (one,) = letters(store, Kind.REMINDER)
    staff.enter()
    shown = staff.get(f"/staff/letters/{one}").text
    assert "a link that only its reader may use" in shown
    assert "/confirm/" not in shown
    assert "/unsubscribe/" not in shown
    assert staff.get(f"/staff/letters/{one}/message.eml").status_code == 404
    assert rows(staff.get("/staff/letters/?kind=reminder").text) == 1


def test_an_erased_text_is_said_to_be_gone(staff: Browser, store: Store) -> None:
    write(store, 1)
    one, _ = letters(store)
    with store.write() as tx:
        tx.execute(delete(letter_text).where(letter_text.c.letter == one))
    shown = staff.get(f"/staff/letters/{one}")
    assert shown.status_code == 200
    assert "Its text is not shown" in shown.text
    assert staff.get(f"/staff/letters/{one}/message.eml").status_code == 404
    assert staff.get("/staff/letters/").status_code == 200


def test_a_text_that_cannot_be_composed_breaks_nothing(staff: Browser, store: Store) -> None:
    write(store, 1)
    one, _ = letters(store)
    with store.write() as tx:
        tx.execute(update(letter_text).where(letter_text.c.letter == one).values(subject="a\x07b"))
    assert staff.get(f"/staff/letters/{one}").status_code == 200
    assert staff.get(f"/staff/letters/{one}/message.eml").status_code == 404


def test_a_held_letter_tells_why(staff: Browser, store: Store) -> None:
    write(store, 1, hold="many names at one address")
    one, _ = letters(store)
    for path in ("/staff/letters/", f"/staff/letters/{one}"):
        shown = staff.get(path).text
        assert "Held" in shown
        assert "More than two people have written from this email address" in shown


def test_every_state_has_words_in_every_language(staff: Browser, store: Store) -> None:
    write(store, 1, to=recipients(1))
    (one,) = letters(store)
    for state in State:
        with store.write() as tx:
            tx.execute(update(letter).where(letter.c.id == one).values(state=state))
            outbox.moves.record(tx, [one], state, Event(now=store.now(), actor="provider"))
        for tongue in ("en", "fr"):
            for path in ("/staff/letters/", f"/staff/letters/{one}"):
                shown = staff.get(f"{path}?lang={tongue}").text
                badge = re.search(rf'<span class="badge tone-{state}">([^<]+)<', shown)
                assert badge, f"{state} {tongue}"
                assert badge[1].strip()
                assert badge[1] != state
    assert staff.get(f"/staff/letters/{one}").text.count("<strong></strong>") == 0


@pytest.mark.parametrize("name", ["nothing", "%00", "..", "x" * 500, "é"])
def test_an_unknown_letter_is_a_page_that_helps(staff: Browser, name: str) -> None:
    assert staff.get(f"/staff/letters/{name}").status_code == 404
