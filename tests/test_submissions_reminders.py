"""Whoever wrote and did not confirm is reminded: once, a day later, and only if they want mail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Row, delete, select, update

from mailer import addresses, outbox
from mailer.campaigns.values import Status
from mailer.db import Store
from mailer.db.schema import confirmation, letter, letter_text, submission
from mailer.message import compose
from mailer.outbox import Sender, suppression
from mailer.status import PRIORITY, Kind, State
from mailer.submissions import accept, confirm, reminders, unsubscribing
from mailer.submissions.reminders import remind
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, recipients, supporter

KEYS = ("k" * 40,)
DAY = 86400.0
CAREFUL = campaign(slug="careful", confirm=True)
PAGES = Sender(address="letters@campaign.example", url="https://letters.example")


def write(store: Store, slug: str = "careful", **who: str) -> str:
    """A submission that waits for its supporter; its receipt's token."""
    one = replace(CAREFUL, slug=slug)
    token = accept(store, draft(supporter(**who), one, sender=PAGES))
    left(store)
    return token


def left(store: Store) -> None:
    """Let the mails that ask for a confirmation leave."""
    with store.write() as tx:
        asking = (letter.c.kind == Kind.CONFIRMATION, letter.c.sent_at.is_(None))
        values = {"state": State.SENT, "sent_at": store.now(tx)}
        tx.execute(update(letter).where(*asking).values(**values))


def sent(store: Store) -> list[Row[tuple[str, ...]]]:
    """The reminders there are, oldest first."""
    joined = select(letter, letter_text).join(letter_text, letter_text.c.letter == letter.c.id)
    with store.read() as tx:
        found = tx.execute(joined.where(letter.c.kind == Kind.REMINDER))
        return sorted(found.all(), key=lambda row: row.created_at)


def link_of(store: Store) -> str:
    with store.read() as tx:
        newest = select(confirmation.c.token).order_by(confirmation.c.at.desc()).limit(1)
        return str(tx.execute(newest).scalar_one())


def mailbox(store: Store, email: str = "ann@supporter.example") -> str:
    with store.read() as tx:
        return addresses.mailbox_key(email, store.pepper(tx))


def test_it_goes_out_once_and_a_day_later(store: Store, clock: Clock) -> None:
    write(store)
    for hours in (0, 12, 11.9):
        clock.pass_(hours * 3600)
        assert remind(store, PAGES, KEYS) == 0
    clock.pass_(3600)
    assert remind(store, PAGES, KEYS) == 1
    for _ in range(8):
        assert remind(store, PAGES, KEYS) == 0
        clock.pass_(DAY)
    (mail,) = sent(store)
    assert mail.to_address == "ann@supporter.example"
    assert mail.campaign == "careful"
    assert mail.from_name == "Quiet exams"
    lines = mail.body.splitlines()
    assert f"https://letters.example/confirm/{link_of(store)}?lang=en" in lines
    assert unsubscribing.link(PAGES.url, KEYS, mailbox(store)) in lines
    assert "Ann" not in mail.subject + mail.body, "nothing that somebody typed"
    assert PRIORITY[Kind.CONFIRMATION] < mail.priority < PRIORITY[Kind.LETTER]


def test_mail_programs_can_end_it_at_one_press(store: Store, clock: Clock) -> None:
    write(store)
    clock.pass_(DAY)
    remind(store, PAGES, KEYS)
    (mail,) = sent(store)
    built = outbox.mail_of(mail, Kind.REMINDER, clock.now)
    link = unsubscribing.link(PAGES.url, KEYS, mailbox(store))
    assert built.unsubscribe == link
    data = compose(built)
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in data
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in data
    assert b"Auto-Submitted: auto-generated" in data
    assert outbox.mail_of(mail, Kind.COPY, clock.now).unsubscribe == "", "of reminders alone"


def test_where_there_is_no_https_the_link_stands_in_the_text_alone(
    store: Store, clock: Clock
) -> None:
    write(store)
    clock.pass_(DAY)
    remind(store, SENDER, KEYS)
    (mail,) = sent(store)
    assert "http://127.0.0.1:8000/unsubscribe/" in mail.body
    assert outbox.mail_of(mail, Kind.REMINDER, clock.now).unsubscribe == ""


def test_whoever_confirmed_is_left_alone(store: Store, clock: Clock) -> None:
    write(store)
    with store.read() as tx:
        (key,) = tx.execute(select(submission.c.id)).scalars()
    assert confirm(store, link_of(store), key, sender=PAGES)
    clock.pass_(DAY)
    assert remind(store, PAGES, KEYS) == 0


def test_letters_that_do_not_wait_for_a_word_are_no_reason(store: Store, clock: Clock) -> None:
    accept(store, draft())
    accept(store, draft(supporter(name="Bo", email="bo@x.example"), campaign(status=Status.TRIAL)))
    clock.pass_(DAY)
    assert remind(store, PAGES, KEYS) == 0


@pytest.mark.parametrize("what", ["suppressed", "erased", "link", "late"])
def test_nobody_is_reminded_in_vain(store: Store, clock: Clock, what: str) -> None:
    write(store)
    clock.pass_(reminders.UNTIL + 1 if what == "late" else DAY)
    with store.write() as tx:
        if what == "suppressed":
            box = tx.execute(select(submission.c.mailbox)).scalar_one()
            suppression.suppress(tx, box, reason="unsubscribed", now=clock.now)
        if what == "erased":
            tx.execute(update(submission).values(erased_at=clock.now, email=""))
        if what == "link":
            tx.execute(delete(confirmation))
    assert remind(store, PAGES, KEYS) == 0
    assert sent(store) == []


def test_one_mailbox_is_reminded_once_whatever_waits_for_it(store: Store, clock: Clock) -> None:
    write(store)
    write(store, name="Bo Example")
    write(store, email="ANN@supporter.example")
    write(store, name="Cy Example", email="cy@supporter.example")
    clock.pass_(DAY)
    assert remind(store, PAGES, KEYS) == 2
    clock.pass_(DAY)
    assert remind(store, PAGES, KEYS) == 0
    assert {mail.to_address.lower() for mail in sent(store)} == {
        "ann@supporter.example",
        "cy@supporter.example",
    }


def test_several_campaigns_remind_a_day_apart(store: Store, clock: Clock) -> None:
    for slug in ("careful", "quiet"):
        write(store, slug)
    clock.pass_(DAY)
    assert [remind(store, PAGES, KEYS) for _ in range(3)] == [1, 0, 0]
    clock.pass_(DAY)
    assert [remind(store, PAGES, KEYS) for _ in range(3)] == [1, 0, 0]
    clock.pass_(DAY)
    assert remind(store, PAGES, KEYS) == 0
    assert {mail.campaign for mail in sent(store)} == {"careful", "quiet"}


def test_who_had_enough_mails_is_reminded_with_the_link_they_have(
    store: Store, clock: Clock
) -> None:
    """The fourth campaign of a day sent no link of its own; any link shows all that waits."""
    for slug in ("one", "two", "three", "four"):
        write(store, slug)
    for _ in range(4):
        clock.pass_(DAY)
        assert remind(store, PAGES, KEYS) == 1
    assert {mail.campaign for mail in sent(store)} == {"one", "two", "three", "four"}
    with store.read() as tx:
        links = tx.execute(select(confirmation.c.token)).scalars().all()
    assert len(links) == 3
    assert all(any(f"/confirm/{one}?" in mail.body for one in links) for mail in sent(store))


def test_two_workers_remind_nobody_twice(store: Store, clock: Clock) -> None:
    for number in range(10):
        write(store, name=f"Person {number}", email=f"p{number}@supporter.example")
    clock.pass_(DAY)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: remind(store, PAGES, KEYS), range(4)))
    assert sum(counts) == 10
    assert len({mail.to_address for mail in sent(store)}) == len(sent(store)) == 10


def test_a_reminder_speaks_the_language_of_its_reader(store: Store, clock: Clock) -> None:
    french = replace(CAREFUL.version("en"), language="fr", title="Des examens tranquilles")
    one = replace(CAREFUL, versions={**CAREFUL.versions, "fr": french})
    made = draft(supporter(language="fr"), one, recipients(1), sender=PAGES)
    letters = tuple(replace(letter, language="fr") for letter in made.letters)
    accept(store, replace(made, letters=letters))
    left(store)
    clock.pass_(DAY)
    remind(store, PAGES, KEYS)
    (mail,) = sent(store)
    assert mail.subject == "Vos lettres vous attendent encore"
    assert "«\u00a0Des examens tranquilles\u00a0»" in mail.body
    assert "?lang=fr\n" in mail.body
