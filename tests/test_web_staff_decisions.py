"""Staff decide about letters in doubt and letters that failed: those who may, once, as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update

from mailer import sendlog
from mailer.accounts import Account
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter
from mailer.errors import Next, SendError
from mailer.officials.values import Officials
from mailer.status import Kind, State
from mailer.submissions import notices
from mailer.submissions.alerts import Desk
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import SENDER, campaign, recipients
from tests.staff_browser import Browser, member
from tests.staff_letters import hand_over, letters, settle, write

RELAY = ("smtp://127.0.0.1:2525?tls=none",)
NO_ANSWER = SendError("no answer", maybe_accepted=True)
REFUSED = SendError("RCPT: no such user", Next.FAIL, code="550 5.1.1")
DOUBT = {"arrived": "It arrived", "send-again": "Send it again", "give-up": "Give it up"}


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(settings, store)


@pytest.fixture
def moderator(store: Store) -> Account:
    return member(store, role="moderator")


def signed_in(app: Flask) -> Browser:
    browser = Browser(app)
    browser.enter()
    return browser


def attempt(store: Store, clock: Clock, error: SendError) -> str:
    """A letter after one attempt with that end; its page."""
    write(store, 1, about=campaign(uncertain="hold"), to=recipients(1))
    taken, _ = hand_over(store, clock)
    settle(store, clock, taken, error)
    clock.pass_(600)
    return f"/staff/letters/{taken.id}"


def decide(browser: Browser, page: str, decision: str) -> str:
    """Press the button; the page that follows."""
    answer = browser.post(f"{page}/{decision}", page=page)
    assert answer.status_code == 303
    return browser.get(answer.location).text


def row(store: Store) -> sendlog.LetterPage:
    (one,) = letters(store)
    found = sendlog.letter_page(store, one)
    assert found
    return found


@pytest.mark.parametrize(
    ("decision", "state", "said", "happened"),
    [
        ("arrived", State.SENT, "it counts as sent", "Somebody found out that it had arrived"),
        ("send-again", State.QUEUED, "it leaves in its turn", "Released; waiting to leave"),
        ("give-up", State.FAILED, "it is given up", "Nobody knows whether it arrived; staff"),
    ],
)
def test_doubt_is_decided(
    app: Flask, store: Store, clock: Clock, moderator: Account, decision: str, state: State,
    said: str, happened: str,
) -> None:  # fmt: skip
    page, browser = attempt(store, clock, NO_ANSWER), signed_in(app)
    shown = browser.get(page).text
    assert "Nobody knows whether it arrived" in shown
    for address, words in DOUBT.items():
        assert f'action="{page}/{address}"' in shown
        assert words in shown
    after = decide(browser, page, decision)
    assert f"Done: {said}" in after
    assert happened in after
    assert "by staff" in after
    found = row(store)
    assert found.row.state is state
    assert found.events[-1].actor == f"staff:{moderator.id}"
    assert found.row.possibly_twice is (decision == "send-again")
    assert f"{page}/arrived" not in after


@pytest.mark.usefixtures("moderator")
def test_a_failed_letter_is_tried_again(app: Flask, store: Store, clock: Clock) -> None:
    page, browser = attempt(store, clock, REFUSED), signed_in(app)
    shown = browser.get(page).text
    assert "It is not tried any more" in shown
    assert "was told on" not in shown
    notices.tell_failed(store, Desk(sender=SENDER), Officials())
    assert "Its supporter was told on January 15, 2027" in browser.get(page).text
    assert "Done: it leaves in its turn." in decide(browser, page, "try-again")
    found = row(store)
    assert (found.row.state, found.row.attempts, found.told_at) == (State.QUEUED, 0, None)


@pytest.mark.usefixtures("moderator")
def test_a_mail_of_ours_that_failed_can_be_tried_again(
    app: Flask, store: Store, clock: Clock
) -> None:
    write(store, 1, about=campaign(confirm=True))
    (asked,) = letters(store, Kind.CONFIRMATION)
    taken, _ = hand_over(store, clock)
    settle(store, clock, taken, REFUSED)
    page, browser = f"/staff/letters/{asked}", signed_in(app)
    notices.tell_failed(store, Desk(sender=SENDER), Officials())
    assert "was told on" not in browser.get(page).text
    assert "Done: it leaves in its turn." in decide(browser, page, "try-again")


@pytest.mark.usefixtures("moderator")
@pytest.mark.parametrize("decision", [*DOUBT, "try-again"])
def test_what_is_elsewhere_by_now_is_left_alone(
    app: Flask, store: Store, clock: Clock, decision: str
) -> None:
    error = REFUSED if decision == "try-again" else NO_ANSWER
    page, browser = attempt(store, clock, error), signed_in(app)
    with store.write() as tx:
        tx.execute(update(letter).values(state=State.DELIVERED))
    assert "Nothing was changed" in decide(browser, page, decision)
    assert row(store).row.state is State.DELIVERED


@pytest.mark.parametrize("decision", [*DOUBT, "try-again"])
def test_who_may_only_look_decides_nothing(
    app: Flask, store: Store, clock: Clock, decision: str
) -> None:
    member(store, role="viewer")
    error = REFUSED if decision == "try-again" else NO_ANSWER
    page, browser = attempt(store, clock, error), signed_in(app)
    before = row(store).row.state
    shown = browser.get(page).text
    assert "administrator decides what becomes of it" in shown
    assert f"{page}/{decision}" not in shown
    assert browser.post(f"{page}/{decision}", page=page).status_code == 403
    assert row(store).row.state is before


@pytest.mark.usefixtures("moderator")
@pytest.mark.parametrize(("decision", "error"), [("send-again", NO_ANSWER), ("try-again", REFUSED)])
def test_where_letters_really_leave_the_unapproved_stay(
    settings: Settings, store: Store, clock: Clock, decision: str, error: SendError
) -> None:
    page = attempt(store, clock, error)
    browser = signed_in(create_app(replace(settings, transports=RELAY), store))
    shown = browser.get(page).text
    assert "It cannot be sent again" in shown
    assert f"{page}/{decision}" not in shown
    assert "Nothing was changed" in decide(browser, page, decision)
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))
    decide(browser, page, decision)
    with store.read() as tx:
        assert tx.execute(select(letter.c.state)).scalar_one() == State.QUEUED


@pytest.mark.usefixtures("moderator")
def test_there_are_no_other_decisions(app: Flask, store: Store, clock: Clock) -> None:
    page, browser = attempt(store, clock, NO_ANSWER), signed_in(app)
    assert browser.post(f"{page}/burn", page=page).status_code == 404
    for said in ("arrived", "give-up", "send-again", "nonsense"):
        assert "Done:" not in browser.get(f"{page}?done={said}").text
