"""When a letter leaves, as supporters read it: coarse, true, and the same for whoever writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, update

from mailer import outbox
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import letter, submission
from mailer.officials.values import Pace
from mailer.outbox import Outcome, Way, lanes, queues
from mailer.outbox.forecast import Because, Forecast
from mailer.submissions import accept
from mailer.transports import Answer
from mailer.web import create_app, when
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients, supporter

RELAY = "smtp://127.0.0.1:2525"
TORONTO = ZoneInfo("America/Toronto")
SLOW = Pace(count=10, seconds=3600.0)  # one in six minutes
HOURS = "mon-fri 09:00-17:00"


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    """One engine will do: the forecast itself is tested on both."""
    return new_sqlite()


@pytest.fixture
def app(settings: Settings, store: Store) -> Flask:
    return create_app(replace(settings, transports=(f"{RELAY}?tls=none",)), store)


def at(day: int, hour: int, minute: int = 0) -> float:
    """A moment of January 2027 in Toronto; the 15th is a Friday."""
    return datetime(2027, 1, day, hour, minute, tzinfo=TORONTO).timestamp()


def write(store: Store, name: str, *, hours: str = "", pace: Pace = SLOW) -> str:
    """The receipt's token of a letter to one minister."""
    (minister,) = recipients(1, pace)
    to = (replace(minister, hours=hours, timezone="America/Toronto"),)
    made = draft(supporter(name=name, email=f"{name}@supporter.example"), campaign(), to)
    accept(store, made)
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))
        named = select(submission.c.receipt).where(submission.c.id == made.id)
        return str(tx.execute(named).scalar_one())


def says(app: Flask, token: str, language: str = "en") -> str:
    """What the receipt says of its letter."""
    page = app.test_client().get(f"/receipt/{token}?lang={language}")
    found = re.search(r'<p class="state [^>]+>(.*?)</p>', page.text, re.DOTALL)
    assert found, page.status
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def send(store: Store, clock: Clock) -> int:
    """Let leave what may leave now."""
    with store.write() as tx:
        queues.roll_windows(tx, clock.now)
        mine = outbox.claim(tx, "w", now=clock.now, lease=60, most=50, way=Way(account=RELAY))
        outbox.fence(tx, "w", [(one, "0" * 64) for one in mine], now=clock.now, lease=60)
        said = Answer(text="queued", code="250")
        done = [Outcome(letter=one, account=RELAY, answer=said) for one in mine]
        outbox.settle(tx, "w", done, now=clock.now)
    return len(mine)


def queue_up(store: Store, clock: Clock, number: int, **more: str) -> None:
    for one in range(number):
        write(store, f"before{one}", **more)
        clock.pass_(0.01)


def test_nothing_is_said_of_a_letter_that_leaves_at_once(app: Flask, store: Store) -> None:
    said = says(app, write(store, "ann"))
    assert said == "In the queue It leaves in its turn, as soon as the way is free."


def test_it_leaves_within_the_told_hour(app: Flask, store: Store, clock: Clock) -> None:
    clock.now = at(15, 10)
    queue_up(store, clock, 20)
    token = write(store, "ann")
    assert says(app, token).endswith(
        "Others are before it: it probably leaves today at about 12:00 PM, by the office's clock."
    )
    assert "aujourd’hui vers 12:00, à l’heure du bureau." in says(app, token, "fr")
    while send(store, clock) or "In the queue" in says(app, token):
        clock.pass_(360)
    assert at(15, 11, 30) <= clock.now <= at(15, 12, 30)


def test_it_leaves_on_the_told_day(app: Flask, store: Store, clock: Clock) -> None:
    clock.now = at(15, 16, 59)
    queue_up(store, clock, 5, hours=HOURS)
    token = write(store, "ann", hours=HOURS)
    assert says(app, token).endswith(
        "Letters leave in the hours of the office: this one probably on Monday."
    )
    assert says(app, token, "fr").endswith("celle-ci, sans doute lundi.")
    clock.now = at(15, 17)
    assert send(store, clock) == 0
    clock.now = at(18, 9)
    while "In the queue" in says(app, token):
        send(store, clock)
        clock.pass_(360)
    assert clock.now < at(18, 23)


def test_a_pause_is_said_plainly(app: Flask, store: Store, clock: Clock) -> None:
    token = write(store, "ann")
    with store.write() as tx:
        lanes.pause(tx, "campaign:exams", reason="a secret", actor="staff:1", now=clock.now)
    assert "your letter is kept, and leaves when it goes on" in says(app, token)
    assert "suspendu pour le moment" in says(app, token, "fr")
    assert "a secret" not in app.test_client().get(f"/receipt/{token}").text


def test_a_server_that_is_down_is_said_plainly(app: Flask, store: Store, clock: Clock) -> None:
    token = write(store, "ann")
    with store.write() as tx:
        lanes.close(tx, RELAY, "Connection refused", clock.now)
    assert "The mail server cannot be reached at the moment." in says(app, token)


@pytest.mark.parametrize("slug", ["proctoring", "everything"])
def test_the_campaigns_page_says_that_letters_leave_later(
    settings: Settings, store: Store, slug: str
) -> None:
    def page() -> str:  # by a process that has shown nothing yet, and so has kept nothing
        return create_app(settings, store).test_client().get("/proctoring/").text

    words = "Sending is paused for the moment. You can write"
    assert words not in page()
    lane = slug if slug == "everything" else lanes.of_campaign(slug)
    with store.write() as tx:
        lanes.pause(tx, lane, reason="why", actor="staff:1", now=store.now(tx))
    assert words in page()
    with store.write() as tx:
        lanes.resume(tx, lane)
    assert words not in page()


@pytest.mark.parametrize("pause", ["", "everything"])
def test_a_receipt_never_tells_that_somebody_had_written_before(
    app: Flask, store: Store, clock: Clock, pause: str
) -> None:
    """Ann has written, and hers has left. Whoever types her address again sees what Bob sees."""
    clock.now = at(14, 12)
    write(store, "ann", hours=HOURS)
    assert send(store, clock) == 1
    if pause:
        with store.write() as tx:
            lanes.pause(tx, pause, reason="why", actor="staff:1", now=clock.now)
    clock.now = at(15, 20)
    again, bob = write(store, "ann", hours=HOURS), write(store, "bob", hours=HOURS)
    for moment in (at(15, 20, 1), at(17, 12), at(18, 8, 59)):
        clock.now = moment
        send(store, clock)
        assert "In the queue" in says(app, bob)
        assert says(app, again) == says(app, bob)
    clock.now = at(18, 9)
    assert send(store, clock) == (0 if pause else 1)
    for moment in (at(18, 9, 1), at(18, 20), at(19, 8)):
        clock.now = moment
        assert says(app, again) == says(app, bob)
    assert ("In the queue" if pause else "Accepted by the mail server") in says(app, bob)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (at(15, 10, 5), "within minutes"),
        (at(15, 10, 45), "within the hour"),
        (at(15, 14, 29), "today at about 2:00 PM, by the office's clock"),
        (at(15, 14, 31), "today at about 3:00 PM, by the office's clock"),
        (at(15, 23, 50), "today at about 11:00 PM, by the office's clock"),
        (at(16, 0, 1), "tomorrow"),
        (at(21, 23, 59), "on Thursday"),
        (at(22, 0, 1), "on about January 22"),
    ],
)
def test_the_words_are_the_coarser_the_further_off(app: Flask, moment: float, words: str) -> None:
    found = Forecast(at=moment, zone="America/Toronto")
    with app.test_request_context("/?lang=en"):
        assert " ".join(when.when(found, at(15, 10)).split()) == words


def test_what_nobody_counted_is_told_as_not_before(app: Flask) -> None:
    found = Forecast(at=at(19, 9), zone="America/Toronto", later=True, because=Because.HOURS)
    with app.test_request_context("/?lang=en"):
        said = when.sentence(found, at(15, 10))
    assert said == "Very many letters are before it: it leaves on Tuesday or later."
