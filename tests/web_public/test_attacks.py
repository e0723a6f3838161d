"""Attacks and great days, as they come in through the pages: nobody is bombed, everybody served.

`make test` takes some of each, `make hunt` all of it; the limits are those that programs run with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from mailer import outbox, sendlog
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import confirmation, letter, submission
from mailer.limits import Limit, Rules, alarms
from mailer.outbox import Way, lanes
from mailer.outbox.queues import roll_windows
from mailer.review import waves
from mailer.review.waves import Wave
from mailer.status import Kind
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import SENDER
from tests.hunting import LONG, times, tried
from tests.web_public.homes import write_campaign
from tests.web_public.page import TYPED, Page, Visitor, fields

WAY = Way(account="fake:relay")
FLOOD = Rules() if LONG else Rules(campaign=Limit(count=60, seconds=3600.0, burst=20))
PACE = 900 if LONG else 60


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The settings of a site that everybody can reach, behind one proxy."""
    return replace(settings, base_url="https://letters.example", proxy_hops=1)


class Crowd:
    """Many people and programs, each at a place; the proxy adds where they come from."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self._visitor, self._clock = Visitor(app), clock
        self.answers: Counter[int] = Counter()

    def write(self, place: str, spoofed: str = "", slug: str = "exams", **typed: Any) -> str:
        """Fill in the form, read for 20 seconds, send; where the receipt is, or ""."""
        told = f"{spoofed}, {place}" if spoofed else place
        shown = Page(self._post(f"/{slug}/preview", {**TYPED, **typed}, told).text)
        self._clock.pass_(20)  # others go on meanwhile
        answer = self._post(f"/{slug}/send", fields(shown), told)
        self._clock.pass_(-20)
        self.answers[answer.status_code] += 1
        return answer.headers.get("Location", "").partition("?")[0]

    def confirm(self, place: str, store: Store, email: str) -> None:
        """Open the link in the mail and press the button there."""
        with store.read() as tx:
            mine = select(submission.c.id, submission.c.mailbox).where(submission.c.email == email)
            row = tx.execute(mine).one()
            link = select(confirmation.c.token).where(confirmation.c.mailbox == row.mailbox)
            token = tx.execute(link).scalar_one()
        assert self._post(f"/confirm/{token}", {"submission": row.id}, place).status_code == 303

    def _post(self, path: str, form: Any, told: str) -> Any:
        return self._visitor.post(path, form, **{"X-Forwarded-For": told})


@pytest.fixture
def make_crowd(settings: Settings, store: Store, clock: Clock) -> Callable[..., Crowd]:
    def make(rules: Rules | None = None) -> Crowd:
        return Crowd(create_app(settings, store, rules=rules), clock)

    return make


def count(store: Store, kind: Kind, *states: str) -> int:
    wanted = select(func.count()).select_from(letter).where(letter.c.kind == kind)
    if states:
        wanted = wanted.where(letter.c.state.in_(states))
    with store.read() as tx:
        return int(tx.execute(wanted).scalar_one())


def mails(store: Store) -> int:
    """How many mails of any kind people got."""
    return sum(count(store, one) for one in Kind if one is not Kind.LETTER)


@pytest.mark.parametrize("confirms", [True, False])
def test_a_mail_bomb_is_one_mail(
    home: Path, make_crowd: Callable[..., Crowd], store: Store, clock: Clock, confirms: bool
) -> None:
    """From 500 made-up places: at most one mail for each campaign and hour, of any kind."""
    write_campaign(home, "exams", confirm=confirms)
    crowd = make_crowd()
    posts, places = times(60, 10_000), times(20, 500)
    for number in range(posts):
        crowd.write(
            place="198.51.100.7", spoofed=f"203.0.{number % places // 250}.{number % places % 250}",
            name=f"N{number} Example", email="victim@supporter.example",
        )  # fmt: skip
        clock.pass_(3600 / posts)
    assert set(crowd.answers) == {303, 429}
    assert crowd.answers[303] <= 20 + 20  # the burst, and what comes back within the hour
    assert mails(store) <= 1
    assert count(store, Kind.LETTER, "queued") == (0 if confirms else 4)  # two names, no more
    owner = crowd.write(place="192.0.2.1", email="victim@supporter.example")
    assert owner, "the owner of the address, who writes from another place, is served"
    way = "confirmed by mail" if confirms else "sent at once"
    tried(
        f"posts from {places} made-up places at one address ({way}, {on(store)}): at most one mail",
        posts,
    )


@pytest.mark.parametrize("confirms", [True, False])
def test_a_bomb_from_real_places_is_one_mail_too(
    home: Path, make_crowd: Callable[..., Crowd], store: Store, confirms: bool
) -> None:
    """From 2,000 places of their own: nobody is refused, and the victim gets one mail."""
    write_campaign(home, "exams", confirm=confirms)
    crowd, posts = make_crowd(), times(40, 2_000)
    for number in range(posts):
        place = f"203.0.{number // 250}.{number % 250}"
        crowd.write(place, name=f"N{number} Example", email="victim@supporter.example")
    assert set(crowd.answers) == {303}
    assert mails(store) == 1
    assert count(store, Kind.LETTER, "queued") == (0 if confirms else 4)  # two names, no more
    way = "confirmed by mail" if confirms else "sent at once"
    tried(f"posts from places of their own at one address ({way}, {on(store)}): one mail", posts)


def test_a_campus_evening_is_served(
    home: Path, make_crowd: Callable[..., Crowd], store: Store, clock: Clock
) -> None:
    """3,000 people behind one address, one mail domain, unedited text, within an hour."""
    crowd, people = make_crowd(), times(70, 3_000)
    emails = [f"student{number}@campus.example" for number in range(people)]
    for number, email in enumerate(emails):
        receipt = crowd.write("198.51.100.7", name=f"S{number} Example", email=email, personal="")
        assert receipt, f"number {number} was not thanked"
        clock.pass_(1.2)
    assert crowd.answers == {303: people}
    assert count(store, Kind.LETTER, "review", "cancelled") == 0
    direct = count(store, Kind.LETTER, "queued") // 2
    assert 0 < direct < people
    with store.read() as tx:
        waiting = select(submission.c.email).where(
            submission.c.id.in_(select(letter.c.submission).where(letter.c.state == "awaiting"))
        )
        asked = tx.execute(waiting).scalars().all()
    assert count(store, Kind.CONFIRMATION) == len(asked) == people - direct
    for email in asked:
        crowd.confirm("198.51.100.7", store, email)
    assert count(store, Kind.LETTER, "queued") == 2 * people
    assert sendlog.written(store, "exams") == people
    tried(
        f"people of one campus in an hour ({on(store)}): each served, {len(asked):,} by mail",
        people,
    )


def test_a_flood_at_one_official_is_held_off_and_people_are_served(
    home: Path, make_crowd: Callable[..., Crowd], store: Store, clock: Clock
) -> None:
    """Programs write from a place and with an address of their own each, and take their time."""
    file = home / "officials.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("    tags: [exams]", f"    pace: {PACE}/hour"), encoding="utf-8")
    write_campaign(home, "exams", to=["north"], confirm=False)
    crowd, programs = make_crowd(FLOOD), times(80, 4_000)
    real = [f"ann{number}@people.example" for number in range(10)]
    for number in range(programs):
        place = f"203.{number // 60_000}.{number // 250 % 250}.{number % 250}"
        crowd.write(place, name=f"P{number} Example", email=f"p{number}@p{number}.example",
                    personal="")  # fmt: skip
        if number % (programs // 10) == programs // 20:
            at = number // (programs // 10)
            crowd.write(f"192.0.2.{at}", name=f"Ann {at} Example", email=real[at], personal="")
        clock.pass_(600 / programs)
    assert crowd.answers == {303: programs + 10}
    (told,) = alarms.tell(store, SENDER, "staff@coalition.example")
    assert "exams" in told
    assert count(store, Kind.ALERT) == 1
    for at, email in enumerate(real):
        if is_waiting(store, email):
            crowd.confirm(f"192.0.2.{at}", store, email)
    queued = count(store, Kind.LETTER, "queued")
    assert queued < programs / 2, "most of what nobody confirms stays behind"
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))
    left = [leave(store, clock, minutes=6) for _ in range(10)]
    assert sum(left) <= PACE * 1.1 + 1, "the pace of the official is held"
    with store.read() as tx:
        named = select(submission.c.id).where(submission.c.email == "p0@p0.example")
        first = tx.execute(named).scalar_one()
    stopped = waves.invalidate(
        store, Wave(campaign="exams", network_of=first[:10]), actor="command", why=""
    )
    assert stopped.submissions == min(programs, 250)  # all from its network, cut to /24
    hours = 0
    while any(is_there(store, email, "queued") for email in real):
        leave(store, clock, minutes=30)
        hours += 1
        assert hours < 10, "people's letters leave the same day"
    assert all(is_there(store, email, "claimed") for email in real)
    tried(
        f"programs at one official ({on(store)}): the pace of {PACE} an hour held, staff told, ten"
        " people between them served",
        programs,
    )


def on(store: Store) -> str:
    """The engine below, by its name."""
    return "SQLite" if store.is_sqlite else "PostgreSQL"


def is_there(store: Store, email: str, state: str) -> bool:
    """True when the letter of an address is in a state."""
    found = select(letter.c.state).join(submission, submission.c.id == letter.c.submission)
    with store.read() as tx:
        theirs = found.where(submission.c.email == email, letter.c.kind == Kind.LETTER)
        return bool(tx.execute(theirs).scalar_one() == state)


def is_waiting(store: Store, email: str) -> bool:
    return is_there(store, email, "awaiting")


def leave(store: Store, clock: Clock, minutes: float) -> int:
    """Let what may leave be taken up within some minutes; how many letters that were."""
    taken = 0
    for _ in range(6):
        clock.pass_(minutes * 10)
        with store.write() as tx:
            roll_windows(tx, clock.now)
            found = outbox.claim(tx, "w", now=clock.now, lease=1e9, most=2_000, way=WAY)
        taken += sum(one.lane != lanes.PEOPLE for one in found)
    return taken
