"""The limits as visitors meet them: what is slowed, what is refused, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from mailer import review
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import bucket, letter, submission
from mailer.i18n import LANGUAGES
from mailer.limits import Limit, Rules, alarms
from mailer.status import Kind, State
from mailer.web import create_app
from tests.conftest import Clock
from tests.web_public.homes import write_campaign
from tests.web_public.page import TYPED, Page, Visitor, fields

ONE = Limit(count=1, seconds=600.0, burst=1)
THREE = Limit(count=1, seconds=600.0, burst=3)
SITE = "https://letters.example"
Make = Callable[..., "Person"]


class Person(Visitor):
    """Somebody at an address of the network, who takes their time over the letters."""

    def __init__(self, app: Flask, clock: Clock, address: str, **headers: str) -> None:
        super().__init__(app, **headers)
        self.clock = clock
        self.client.environ_base["REMOTE_ADDR"] = address
        self.client.environ_base["wsgi.url_scheme"] = "https"

    def send(self, slug: str, after: float = 20.0, **typed: Any) -> TestResponse:
        """Fill in, read for some seconds, send."""
        shown = Page(self.preview(slug, **typed).text)
        self.clock.pass_(after)
        return self.post(f"/{slug}/send", fields(shown))


@pytest.fixture
def make(settings: Settings, sqlite: Store, clock: Clock) -> Make:
    """Makes the pages as they are outside development, and somebody who visits them."""

    def person(address: str = "198.51.100.7", rules: Rules | None = None, headers: Any = (),
               **changes: Any) -> Person:  # fmt: skip
        own = replace(settings, base_url=SITE, **changes)
        return Person(create_app(own, sqlite, rules=rules), clock, address, **dict(headers))

    return person


def states(store: Store) -> list[str]:
    with store.read() as tx:
        wanted = select(letter.c.state).where(letter.c.kind == Kind.LETTER)
        return list(tx.execute(wanted.order_by(letter.c.created_at, letter.c.id)).scalars())


def count(store: Store, kind: Kind) -> int:
    with store.read() as tx:
        wanted = select(func.count()).select_from(letter).where(letter.c.kind == kind)
        return int(tx.execute(wanted).scalar_one())


def reasons(store: Store) -> set[str]:
    with store.read() as tx:
        return set(tx.execute(select(letter.c.reason)).scalars())


def somebody(number: int) -> dict[str, str]:
    return {"name": f"P{number} Example", "email": f"p{number}@college.example", "personal": ""}


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_refused_keeps_every_word_and_is_told_when_to_come_back(
    make: Make, sqlite: Store, clock: Clock, language: str
) -> None:
    visitor = make(rules=Rules(pair=ONE))
    typed = {"language": language, "personal": "Quiet, please.\n\nFor all <of> us.", "name": "Zoë"}
    assert visitor.send("exams", **typed).status_code == 303
    answer = visitor.send("exams", **typed, address="1 Example Street")
    page = Page(answer.text)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) == 580
    assert page.title.startswith(("Error: ", "Erreur"))
    assert page.language == language
    assert {name: page.values[name] for name in typed} == typed
    assert page.values["address"] == "1 Example Street"
    assert len(page.letters) == 2
    assert " 10 minutes" in page.words
    clock.pass_(580)
    assert visitor.post("/exams/send", fields(page)).status_code == 303
    assert len(states(sqlite)) == 4


def test_a_place_is_asked_to_confirm_and_told_so(make: Make, sqlite: Store) -> None:
    visitor = make(rules=Rules(network=ONE))
    assert visitor.send("exams", **somebody(1)).status_code == 303
    sent = visitor.send("exams", **somebody(2))
    assert sent.status_code == 303
    assert states(sqlite) == ["queued"] * 2 + ["awaiting"] * 2
    assert "Confirm your letters" in visitor.get(sent.headers["Location"]).text
    assert count(sqlite, Kind.CONFIRMATION) == 1
    elsewhere = make("192.0.2.9", rules=Rules(network=ONE))
    elsewhere.send("exams", **somebody(3))
    assert states(sqlite)[4:] == ["queued"] * 2


@pytest.mark.parametrize(
    ("hops", "peer", "said", "same"),
    [
        (0, "198.51.100.7", ["1.1.1.1", "2.2.2.2"], True),
        (1, "10.0.0.1", ["6.6.6.6, 1.1.1.1", "7.7.7.7, 1.1.1.1"], True),  # the last is the proxy's
        (1, "10.0.0.1", ["1.1.1.1", "2.2.2.2"], False),
        (2, "10.0.0.1", ["9.9.9.9, 1.1.1.1, 10.0.0.2", "8.8.8.8, 1.1.1.1, 10.0.0.2"], True),
        (1, "10.0.0.1", ["nonsense", "x' OR 1=1 --"], True),  # what cannot be read is one place
        (1, "10.0.0.1", ["1.1.1.1:40001", "1.1.1.1:40002"], True),  # some proxies add the port
    ],
)
def test_only_what_our_own_proxies_say_moves_the_bucket(
    make: Make, sqlite: Store, hops: int, peer: str, said: list[str], same: bool
) -> None:
    for number, words in enumerate(said):
        visitor = make(peer, rules=Rules(network=ONE), proxy_hops=hops,
                       headers={"X-Forwarded-For": words, "X-Real-IP": words,
                                "Forwarded": f"for={words}"})  # fmt: skip
        assert visitor.send("exams", **somebody(number)).status_code == 303
    assert states(sqlite) == ["queued"] * 2 + (["awaiting"] if same else ["queued"]) * 2


def test_an_allowed_network_is_a_setting_and_never_a_header(make: Make, sqlite: Store) -> None:
    allowed = (ip_network("198.51.100.0/24"),)
    for number in range(3):
        make(rules=Rules(network=ONE), allow_networks=allowed).send(
            "exams", after=0, **somebody(number)
        )
    assert states(sqlite) == ["queued"] * 6
    other = make("192.0.2.1", rules=Rules(network=ONE), allow_networks=allowed,
                 headers={"X-Forwarded-For": "198.51.100.1"})  # fmt: skip
    for number in range(3, 5):
        other.send("exams", **somebody(number))
    assert states(sqlite)[6:] == ["queued"] * 2 + ["awaiting"] * 2


@pytest.mark.parametrize(("after", "state"), [(0, "awaiting"), (2, "awaiting"), (3, "queued")])
def test_letters_that_nobody_can_have_read_are_confirmed_by_mail(
    make: Make, sqlite: Store, after: float, state: str
) -> None:
    assert make().send("exams", after=after).status_code == 303
    assert states(sqlite) == [state] * 2


@pytest.mark.parametrize(
    ("typed", "reason", "says"),
    [
        ({"name": "Buy www.pills.example"}, review.LINK, "looks like a link"),
        ({"email": "x@mailinator.com"}, review.THROWAWAY, "of a kind that ends soon"),
        ({"email": "North@ministry.example"}, review.OFFICIAL, "address of an office"),
        ({"website": "x"}, review.BAITED, "people do not see"),
    ],
)
def test_what_is_odd_is_held_with_words_for_its_writer(
    make: Make, sqlite: Store, typed: dict[str, str], reason: str, says: str
) -> None:
    visitor = make()
    sent = visitor.send("exams", **typed)
    assert (states(sqlite), reasons(sqlite)) == (["review"] * 2, {reason})
    assert says in Page(visitor.get(sent.headers["Location"]).text).words


def test_own_words_of_many_are_held_and_the_campaign_s_never(make: Make, sqlite: Store) -> None:
    said = "I sat it in my kitchen while a program watched my eyes, my hands and my small daughter."
    campaign_s = "I write about exams. It is so."
    for number in range(7):
        visitor = make(f"192.0.2.{number}")
        visitor.send("exams", **{**somebody(number), "personal": campaign_s})
        visitor.send("exams", **{**somebody(10 + number), "personal": said})
    assert states(sqlite).count("review") == 4
    assert reasons(sqlite) == {"", review.SIMILAR}


def test_held_is_held_after_confirming_too(home: Path, make: Make, sqlite: Store) -> None:
    write_campaign(home, "asking", confirm=True)
    visitor = make()
    visitor.send("asking", email="x@mailinator.com")
    assert (states(sqlite), reasons(sqlite)) == (["awaiting"] * 2, {review.THROWAWAY, ""})


def test_a_trial_is_not_judged(home: Path, make: Make, sqlite: Store) -> None:
    write_campaign(home, "trial", status="trial")
    visitor = make(rules=Rules(network=ONE), trial_to="staff@coalition.example")
    for number in range(3):
        visitor.send("trial", after=0, **{**somebody(number), "name": "www.trial.example"})
    assert states(sqlite) == ["queued"] * 6


def test_under_attack_the_page_says_that_letters_are_confirmed(make: Make, sqlite: Store) -> None:
    visitor = make()
    assert "mail you a link" not in visitor.preview("exams").text
    with sqlite.write() as tx:
        alarms.ring(tx, "exams", alarms.ODD, sqlite.now(tx))
    assert "we mail you a link" in visitor.preview("exams").text
    visitor.send("exams")
    assert states(sqlite) == ["awaiting"] * 2


def test_the_same_preview_sent_again_costs_nothing(make: Make, clock: Clock) -> None:
    visitor = make(rules=Rules(pair=ONE))
    posted = fields(Page(visitor.preview("exams").text))
    clock.pass_(5)
    answers = [visitor.post("/exams/send", posted) for _ in range(4)]
    assert {one.headers["Location"] for one in answers} == {answers[0].headers["Location"]}


def test_finding_codes_and_mails_have_limits_of_their_own(
    home: Path, make: Make, sqlite: Store
) -> None:
    write_campaign(home, "asking", confirm=True)
    visitor = make(rules=Rules(finding=THREE, codes=THREE, again=THREE))
    receipt = visitor.send("asking").headers["Location"].partition("?")[0]
    for path, typed in (
        ("/find", {"email": "ann@supporter.example"}), (f"{receipt}/code", {"code": "ABC DEF"}),
        (f"{receipt}/again", {}),
    ):  # fmt: skip
        answers = [visitor.post(path, typed) for _ in range(4)]
        assert {one.status_code for one in answers[:3]} <= {303, 422}
        assert answers[3].status_code == 429, path
        assert int(answers[3].headers["Retry-After"]) == 600
        assert answers[3].headers["Cache-Control"] == "no-store"
        assert all(value in answers[3].text for value in typed.values()), path
    assert visitor.post(f"{receipt}/links", {}).status_code == 429  # as /find


def test_no_address_of_the_network_is_kept(make: Make, sqlite: Store) -> None:
    make("2001:db8:77:88::99").send("exams")
    with sqlite.read() as tx:
        rows = [*tx.execute(select(bucket.c.id)).scalars()]
        rows += [str(row) for row in tx.execute(select(submission))]
    assert len(rows) > 4
    assert not [row for row in rows if "2001" in row and "db8" in row]


def test_a_mail_bomb_is_one_mail(home: Path, make: Make, sqlite: Store, clock: Clock) -> None:
    """One victim's address in all spellings, from many places: at most one mail an hour each."""
    write_campaign(home, "asking", confirm=True)
    began = clock.now
    answers = [bomb(make, number, clock) for number in range(60)]
    clock.now = began
    assert {*answers} == {303, 429}
    assert count(sqlite, Kind.CONFIRMATION) == 1


def bomb(make: Make, number: int, clock: Clock, slug: str = "asking") -> int:
    """One of many posts at one victim's address, its place spoofed and sometimes real."""
    place = "198.51.100.7" if number % 2 else f"192.0.2.{number}"
    visitor = make(place, headers={"X-Forwarded-For": f"203.0.{number % 5}.{number % 100}"})
    typed = {**TYPED, "name": f"N{number} Example", "email": "victim@supporter.example"}
    sent = visitor.send(slug, after=3.0, **typed)
    clock.pass_(-3.0)
    return sent.status_code


def test_spellings_of_one_address_are_one_victim(home: Path, make: Make, sqlite: Store) -> None:
    write_campaign(home, "asking", confirm=True)
    rules = Rules(mails=THREE)
    for number in range(8):
        visitor = make(f"192.0.2.{number}", rules=rules)
        sent = visitor.send("asking", email=f"victim+{number}@supporter.example")
        assert sent.status_code == 303
    assert count(sqlite, Kind.CONFIRMATION) == 3
    assert set(states(sqlite)) == {State.AWAITING}
