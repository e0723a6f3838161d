"""The lanes' page: what staff read there, and who may pause and resume what."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import update

from mailer.accounts import Account
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter
from mailer.outbox import lanes
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import campaign, recipients
from tests.staff_browser import EMAIL, Browser, member
from tests.staff_letters import letters, write

RELAY = "smtp://127.0.0.1:2525"
LIST = "/staff/lanes/"


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    """One engine will do: what the page asks of the database is tested with the send log."""
    return new_sqlite()


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    sends = Settings(**vars(settings) | {"transports": (f"{RELAY}?tls=none",)})
    return create_app(sends, store)


@pytest.fixture
def moderator(store: Store) -> Account:
    return member(store, role="moderator")


@pytest.fixture
def browser(app: Flask, moderator: Account) -> Browser:
    opened = Browser(app)
    opened.enter()
    return opened


def queued(store: Store, hours: str = "", ceiling: int = 0) -> None:
    """Two letters of one supporter, cleared to leave."""
    to = tuple(replace(one, hours=hours, timezone="UTC") for one in recipients())
    write(store, 1, about=campaign(ceiling=ceiling), to=to)
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))


def paused(store: Store) -> dict[str, lanes.Pause]:
    with store.read() as tx:
        return lanes.paused(tx)


def words(text: str) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text.partition("<main")[2]).split())


def pause(browser: Browser, *offered: str, reason: str = "A wrong date") -> str:
    page = f"{LIST}pause?" + "&".join(f"lane={one}" for one in offered)
    answer = browser.post(page, {"chosen": offered[0], "reason": reason})
    assert answer.status_code == 303
    return words(browser.get(answer.location).text)


def test_a_quiet_day_is_told_as_such(browser: Browser, store: Store) -> None:
    said = words(browser.get(LIST).text)
    assert "Nothing is paused, and nothing is stuck." in said
    assert "No letter has been written yet." in said
    queued(store)
    said = words(browser.get(LIST).text)
    assert "minister-1 minister-1@ministry.example Leaving 1 waiting" in said
    assert "The last one leaves: within minutes" in said


def test_a_lane_is_paused_with_a_reason_and_resumed(
    browser: Browser, store: Store, moderator: Account, clock: Clock
) -> None:
    queued(store)
    said = pause(browser, "official:minister-1", "mailbox:minister-1@ministry.example")
    assert "Done: paused. Letters to minister-1" in said
    assert f"Paused: Letters to minister-1 A wrong date {EMAIL}" in said
    assert "minister-1 minister-1@ministry.example Paused" in said
    wanted = lanes.Pause(reason="A wrong date", actor=f"staff:{moderator.id}", since=clock.now)
    assert paused(store) == {"official:minister-1": wanted}
    answer = browser.post(f"{LIST}resume", {"lane": "official:minister-1"}, page=LIST)
    assert "Done: resumed. Letters to minister-1" in words(browser.get(answer.location).text)
    assert paused(store) == {}


@pytest.mark.parametrize(
    ("lane", "named"),
    [
        ("everything", "Everything"),
        ("people", "Mail to supporters and staff"),
        ("campaign:exams", "The campaign “exams”"),
        ("campaign:proctoring", "The campaign “Stop invasive proctoring”"),
        ("official:romano", "Letters to Ross Romano"),
        ("mailbox:minister-2@ministry.example", "The mailbox minister-2@ministry.example"),
        ("domain:ministry.example", "All mailboxes at ministry.example"),
        (f"account:{RELAY}", f"The server {RELAY}"),
    ],
)
def test_everything_that_may_be_paused_has_a_name(
    browser: Browser, store: Store, lane: str, named: str
) -> None:
    queued(store)
    assert f"Paused: {named} A wrong date" in pause(browser, lane)
    assert set(paused(store)) == {lane}
    elsewhere = words(browser.get("/staff/").text)
    assert f"Paused: {named}. See the lanes" in elsewhere, "on every staff page"


@pytest.mark.parametrize(
    "lane", ["campaign:nobody", "official:nobody", "mailbox:x@y.example", "", "x" * 500, "\x00"]
)
def test_what_does_not_exist_cannot_be_paused(browser: Browser, store: Store, lane: str) -> None:
    assert browser.get(f"{LIST}pause", query_string={"lane": lane}).status_code == 404
    form = f"{LIST}pause?lane=everything"
    assert browser.post(form, {"chosen": lane, "reason": "why"}).status_code == 404
    assert paused(store) == {}


@pytest.mark.parametrize("reason", ["", "  \n ", "\u200b\x07"])
def test_a_reason_is_asked_for(browser: Browser, store: Store, reason: str) -> None:
    form = f"{LIST}pause?lane=everything"
    answer = browser.post(form, {"chosen": "everything", "reason": reason})
    assert answer.status_code == 422
    assert "<title>Error: Pause" in answer.text
    assert answer.text.count("Say why, in a few words") == 2
    assert paused(store) == {}


def test_a_reason_is_one_line_of_what_can_be_seen(browser: Browser, store: Store) -> None:
    said = pause(browser, "everything", reason="<b>wrong</b>\r\ndate\u202e " + "x" * 500)
    (one,) = paused(store).values()
    assert one.reason.startswith("<b>wrong</b> date x")
    assert len(one.reason) <= 200
    assert "&lt;b&gt;wrong&lt;/b&gt;" in said


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("organizer", True), ("admin", True)])
def test_who_may_switch(app: Flask, store: Store, role: str, may: bool) -> None:
    member(store, "lee@coalition.example", role)
    queued(store)
    browser = Browser(app)
    browser.enter("lee@coalition.example")
    assert ("Pause everything…" in browser.get(LIST).text) is may
    values = {"chosen": "everything", "lane": "everything", "reason": "why"}
    for verb in ("pause?lane=everything", "resume"):
        answer = browser.post(f"{LIST}{verb}", values, page=LIST)
        assert answer.status_code == (303 if may else 403)
    assert paused(store) == {}


def test_a_form_of_another_site_pauses_nothing(browser: Browser, store: Store) -> None:
    answer = browser.client.post(f"{LIST}pause", data={"chosen": "everything", "reason": "why"})
    assert answer.status_code == 400
    assert paused(store) == {}


def test_the_address_cannot_claim_what_is_not_so(browser: Browser) -> None:
    assert "Done" not in words(browser.get(f"{LIST}?paused=everything").text)


def test_a_server_that_is_down_is_told_with_its_words(
    browser: Browser, store: Store, clock: Clock
) -> None:
    queued(store)
    with store.write() as tx:
        for before in (120.0, 60.0, 0.0):
            lanes.close(tx, RELAY, "Connection refused", clock.now - before)
        lanes.close(tx, "smtp://of.old.example", "gone", clock.now)
    said = words(browser.get(LIST).text)
    assert f"Does not answer as it should: The server {RELAY} Connection refused since" in said
    assert "next attempt" in said
    assert "3 times so far" in said
    assert "No server 1 waiting" in said
    assert "of.old" not in said, "no longer in use"
    clock.pass_(600)
    assert "to be tried again now" in words(browser.get(LIST).text)


def test_hours_and_ceilings_are_told(browser: Browser, store: Store) -> None:
    queued(store, hours="mon 09:00-10:00", ceiling=500)
    said = words(browser.get(LIST).text)
    assert "Office closed opens Jan 18, 2027, 9:00" in said
    assert "0 of 500 today mon 09:00-10:00 (UTC)" in said
    assert "The last one leaves: on Monday" in said


def test_what_nobody_takes_is_told_after_ten_minutes(
    browser: Browser, store: Store, clock: Clock
) -> None:
    queued(store)
    clock.pass_(601)
    said = words(browser.get(LIST).text)
    assert "2 queues are stuck. Nothing is in the way" in said
    assert "2 queues are stuck. See the lanes" in words(browser.get("/staff/").text)


def test_held_letters_lead_to_the_log(browser: Browser, store: Store) -> None:
    write(store, 1, hold="many names at one address", to=recipients(1))
    page = browser.get(LIST).text
    assert "1 held" in words(page)
    assert len(letters(store)) == 1
    link = re.search(r'href="([^"]+)"><b>1</b> held', page)
    assert link
    shown = browser.get(link[1].replace("&amp;", "&")).text
    assert "More than two people have written from this email address." in shown


def test_idle_queues_are_folded(browser: Browser, store: Store) -> None:
    queued(store)
    with store.write() as tx:
        tx.execute(update(letter).values(state="sent"))
    said = browser.get(LIST).text
    assert "2 queues in which nothing waits" in words(said)
    pause(browser, "everything")
    assert "2 queues in which nothing waits" in words(browser.get(LIST).text)


def test_it_speaks_french(browser: Browser, store: Store) -> None:
    queued(store)
    pause(browser, "everything")
    said = words(browser.get(f"{LIST}?lang=fr").text)
    assert "Demande votre attention Suspendu : Tout A wrong date" in said


def test_partners_see_neither_page_nor_alarm(app: Flask, store: Store) -> None:
    member(store, "pat@partner.example", "partner")
    with store.write() as tx:
        lanes.pause(tx, "everything", reason="a wrong date", actor="staff:1", now=1.0)
    browser = Browser(app)
    browser.enter("pat@partner.example")
    assert browser.get(LIST).status_code == 403
    assert "Paused" not in browser.get("/staff/account").text


def test_many_queues_are_shown_a_campaign_at_a_time(browser: Browser, store: Store) -> None:
    write(store, 1, about=campaign(slug="exams"), to=recipients(150))
    assert "minister-150" in browser.get(LIST).text, "one campaign: there is nothing to choose"
    write(store, 1, about=campaign(slug="other"), to=recipients(2))
    page = browser.get(LIST).text
    assert "minister-150" not in page
    assert "150 queues" in page
    (link,) = re.findall(r'href="([^"]*campaign=exams)#', page)
    page = browser.get(link).text
    assert "minister-150" in page
    assert "2 queues" in page
    assert browser.get(f"{LIST}?campaign=\U0001f4ee").status_code == 200
