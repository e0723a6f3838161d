"""What a receipt says of letters that failed, wait for another attempt, or are in doubt."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from mailer import outbox
from mailer.db import Store
from mailer.db.schema import letter
from mailer.status import Kind, State
from tests.conftest import Clock
from tests.web_public.homes import write_campaign
from tests.web_public.page import Visitor

HOUR = 3600.0
_STATE = re.compile(r'<p class="state (\w+)"><b>([^<]+)</b>\n(.*?)</p>', re.DOTALL)


def north(store: Store, **values: object) -> None:
    with store.write() as tx:
        tx.execute(update(letter).where(letter.c.official == "north").values(**values))


def told(visitor: Visitor, address: str) -> tuple[str, str, str]:
    """How it looks, the badge and the words of the first letter."""
    looks, badge, words = _STATE.findall(visitor.get(address).text)[0]
    return looks, html.unescape(badge), " ".join(html.unescape(words).split())


@pytest.fixture
def address(visitor: Visitor, sqlite: Store) -> str:
    sent = visitor.send("exams").headers["Location"]
    with sqlite.write() as tx:
        tx.execute(update(letter).values(state=State.SENT, sent_at=1.0))
    return sent


@pytest.mark.parametrize(
    ("language", "button", "asked"),
    [
        ("en", "Mail me a copy", "A copy was asked for on"),
        ("fr", "M’envoyer une copie", "Une copie a été demandée le"),
    ],
)
def test_a_copy_is_mailed_at_a_press(
    visitor: Visitor, sqlite: Store, address: str, clock: Clock, language: str, button: str,
    asked: str,
) -> None:  # fmt: skip
    page, path = f"{address.partition('?')[0]}?lang={language}", address.partition("?")[0]
    assert f">{button}</button>" in visitor.get(page).text
    pressed = visitor.post(f"{path}/copy?lang={language}", {})
    assert pressed.status_code == 303
    assert pressed.headers["Location"].endswith(f"{path}?lang={language}#copy")
    shown = visitor.get(page).text
    assert asked in shown
    assert "ann@supporter.example" in shown.partition(asked)[2].partition("</p>")[0]
    assert button not in shown
    visitor.post(f"{path}/copy", {})
    with sqlite.read() as tx:
        copies = select(letter.c.state).where(letter.c.kind == Kind.COPY)
        assert tx.execute(copies).scalars().all() == [State.QUEUED]
    clock.pass_(HOUR + 1)
    assert button in visitor.get(page).text


def test_a_copy_is_asked_for_on_our_own_page(visitor: Visitor, address: str) -> None:
    path = address.partition("?")[0]
    assert visitor.post(f"{path}/copy", {}, Origin="https://evil.example").status_code == 403
    assert visitor.post(f"/receipt/{'0' * 26}/copy", {}).status_code == 404
    assert visitor.post("/receipt/x/copy", {}).status_code == 404
    assert visitor.get(f"{path}/copy").status_code == 405


def test_no_copy_before_the_address_is_confirmed(home: Path, visitor: Visitor) -> None:
    write_campaign(home, "careful", confirm=True)
    receipt = visitor.get(visitor.send("careful").headers["Location"]).text
    assert "Waiting for you" in receipt
    assert "Mail me a copy" not in receipt
    assert "/copy" not in receipt


def french(address: str) -> str:
    return address.replace("lang=en", "lang=fr")


@pytest.mark.parametrize(
    ("reason", "answer", "words", "mots"),
    [
        ("refused", "550 5.1.1 no", "there is no such mailbox.", "cette boîte n’existe pas."),
        ("refused", "554 no", "Their mail system refused it.", "courriel l’a refusée."),
        ("refused", "552 5.3.4 no", "finds the letter too big.", "la lettre trop grande."),
        ("deadline", "552 5.2.2 no", "Their mailbox is full.", "boîte aux lettres est pleine."),
        ("deadline", "550 5.7.1 no", "does not let it in.", "ne la laisse pas entrer."),
        ("deadline", "451 later", "We tried for 4 days", "essayé pendant 4 jours"),
        ("given up by staff", "", "Nobody could find out", "Personne n’a pu savoir"),
    ],
)
def test_why_a_letter_failed_and_what_now(
    visitor: Visitor, sqlite: Store, clock: Clock, address: str, reason: str, answer: str,
    words: str, mots: str,
) -> None:  # fmt: skip
    north(
        sqlite, state=State.FAILED, reason=reason, answer=answer, sent_at=None,
        tried_at=clock.now - 96 * HOUR, changed_at=clock.now, attempts=7,
    )  # fmt: skip
    looks, badge, said = told(visitor, address)
    assert (looks, badge) == ("bad", "Not delivered")
    assert words in said
    assert "It is not tried again." in said
    assert "Its text is below: you can send it another way" in said
    assert answer not in said or not answer, "never the server's own words"
    assert "Not every letter arrived: see below." in visitor.get(address).text
    assert mots in told(visitor, french(address))[2]


def test_the_telephone_of_the_office(
    home: Path, make_app: Callable[..., Flask], sqlite: Store
) -> None:
    officials = home / "officials.yaml"
    mailbox = "email: north@ministry.example"
    known = officials.read_text().replace(mailbox, f'{mailbox}\n    phone: "+1 416 555 0100"')
    officials.write_text(known)
    visitor = Visitor(make_app())
    address = visitor.send("exams").headers["Location"]
    with sqlite.write() as tx:
        tx.execute(update(letter).values(state=State.FAILED, reason="refused"))
    assert "Telephone of the office: +1 416 555 0100." in told(visitor, address)[2]
    assert "Téléphone du bureau : +1 416 555 0100." in told(visitor, french(address))[2]
    assert visitor.get(address).text.count("Telephone of the office") == 1, "south has none"


def test_a_trials_failure_sends_nobody_to_an_office(
    home: Path, make_app: Callable[..., Flask], sqlite: Store
) -> None:
    write_campaign(home, "trying", status="trial")
    visitor = Visitor(make_app(trial_to="staff@coalition.example"))
    address = visitor.send("trying").headers["Location"]
    north(sqlite, state=State.FAILED, reason="refused")
    assert "another way" not in told(visitor, address)[2]


def test_a_letter_that_is_tried_again_says_since_when_and_when_next(
    visitor: Visitor, sqlite: Store, clock: Clock, address: str
) -> None:
    north(
        sqlite, state=State.QUEUED, attempts=2, tried_at=clock.now - HOUR, sent_at=None,
        due_at=clock.now + HOUR / 2,
    )  # fmt: skip
    looks, badge, said = told(visitor, address)
    assert (looks, badge) == ("wait", "Not taken yet")
    assert "It has been tried since January 15, 2027 at 7:00 AM UTC." in said
    assert "The next attempt is at about January 15, 2027 at 8:30 AM UTC." in said
    assert "It leaves" not in said
    assert "Not every office has taken its own yet." in visitor.get(address).text
    assert "Prochain essai vers cette heure : 15 janvier 2027" in told(visitor, french(address))[2]


def test_a_dead_relay_is_not_the_offices_doing(
    visitor: Visitor, sqlite: Store, clock: Clock, address: str
) -> None:
    north(sqlite, state=State.QUEUED, attempts=0, tried_at=clock.now, sent_at=None)
    assert told(visitor, address)[1] == "In the queue"


def test_a_letter_in_doubt_waits_for_a_person(
    visitor: Visitor, sqlite: Store, address: str
) -> None:
    north(sqlite, state=State.UNCERTAIN, sent_at=None)
    looks, badge, said = told(visitor, address)
    assert (looks, badge) == ("wait", "Not certain")
    assert "it may have arrived or not. A person of the campaign looks at it" in said
    assert "Nobody knows yet whether every letter arrived" in visitor.get(address).text
    north(sqlite, possibly_twice=True)
    assert "It may have arrived twice" in told(visitor, address)[2]


def test_a_letter_that_is_sent_again_says_so(
    visitor: Visitor, sqlite: Store, clock: Clock, address: str
) -> None:
    north(
        sqlite, state=State.QUEUED, attempts=1, tried_at=clock.now, sent_at=None,
        possibly_twice=True, due_at=clock.now + 60,
    )  # fmt: skip
    looks, badge, said = told(visitor, address)
    assert (looks, badge) == ("wait", "Not certain, sent again")
    assert "it may have arrived. It is sent once more" in said
    assert "twice" not in said
    assert "Your letters have left." not in visitor.get(address).text
    north(sqlite, state=State.SENT, sent_at=clock.now)
    assert "It may have arrived twice" in told(visitor, address)[2]
    north(sqlite, state=State.FAILED, reason="refused", sent_at=None)
    assert "it may have arrived all the same" in told(visitor, address)[2]


def test_when_staff_withdraw_the_first_letter_the_second_does_not_wait_for_ever(
    visitor: Visitor, sqlite: Store, clock: Clock
) -> None:
    visitor.send("exams")
    again = visitor.send("exams").headers["Location"]
    with sqlite.write() as tx:
        first = select(letter.c.id).where(letter.c.person.is_not(None))
        for key in tx.execute(first).scalars().all():
            tx.execute(update(letter).where(letter.c.id == key).values(state=State.REVIEW))
            assert outbox.withdraw(tx, key, actor="staff:1", now=clock.now)
    clock.pass_(10)
    shown = visitor.get(again).text
    assert shown.count("<b>Withdrawn</b>") == 2
    assert "In the queue" not in shown
    third = visitor.send("exams").headers["Location"]
    assert visitor.get(third).text.count("<b>In the queue</b>") == 2, "they may write again"
    assert visitor.get(again).text.count("<b>In the queue</b>") == 2, "and that one counts"
