"""Did they answer? Asked once, days after the letters left, and only whom an office may answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Row, select, update

from mailer import addresses, outbox
from mailer.campaigns.values import Status
from mailer.db import Store
from mailer.db.schema import letter, letter_text, submission
from mailer.events import answers as passing
from mailer.message import compose
from mailer.outbox import Event, Sender, moves, suppression
from mailer.sendlog import census
from mailer.status import Kind, State
from mailer.submissions import accept, answers, receipt, receipts, unsubscribing
from mailer.submissions.answers import Answered
from mailer.submissions.preview import TRIAL_MARK
from tests.conftest import Clock
from tests.factories import campaign, draft, supporter

KEYS = ("k" * 40,)
DAY = 86400.0
AFTER = 14 * DAY
PAGES = Sender(address="letters@campaign.example", url="https://letters.example")


def write(store: Store, **who: str) -> str:
    """Letters that have left; returns their receipt."""
    token = accept(store, draft(supporter(**who), sender=PAGES))
    leave(store)
    return token


def leave(store: Store, **values: object) -> None:
    """Let the letters that wait leave."""
    with store.write() as tx:
        left = {"state": State.SENT, "sent_at": store.now(tx), "transport": "smtp:relay", **values}
        waiting = (letter.c.kind == Kind.LETTER, letter.c.state == State.QUEUED)
        tx.execute(update(letter).where(*waiting).values(**left))


def ask(store: Store) -> int:
    return answers.ask(store, PAGES, KEYS, after=AFTER)


def sent(store: Store) -> list[Row[tuple[str, ...]]]:
    joined = select(letter, letter_text).join(letter_text, letter_text.c.letter == letter.c.id)
    with store.read() as tx:
        return list(tx.execute(joined.where(letter.c.kind == Kind.NOTICE)).all())


def test_it_is_asked_once_and_in_time(store: Store, clock: Clock) -> None:
    token = write(store)
    clock.pass_(AFTER - 1)
    assert ask(store) == 0
    clock.pass_(1)
    assert ask(store) == 1
    for _ in range(5):
        clock.pass_(10 * DAY)
        assert ask(store) == 0
    (mail,) = sent(store)
    assert (mail.subject, mail.from_name) == ("Did the offices answer you?", "Quiet exams")
    lines = mail.body.splitlines()
    assert f"https://letters.example/receipt/{token}/answered?lang=en" in lines
    assert "- Minister 1" in lines
    assert "Ann" not in mail.body + mail.subject, "nothing that somebody typed"
    with store.read() as tx:
        key = addresses.mailbox_key("ann@supporter.example", store.pepper(tx))
    link = unsubscribing.link(PAGES.url, KEYS, key)
    assert link in lines
    data = compose(outbox.mail_of(mail, Kind.NOTICE, clock.now))
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in data
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in data


WHY_NOT = ["suppressed", "erased", "unasked", "answered", "replied", "kept", "failed", "withdrawn",
           "on its way", "long ago"]  # fmt: skip


@pytest.mark.parametrize("why", WHY_NOT)
def test_nobody_is_asked_in_vain(store: Store, clock: Clock, why: str) -> None:
    token = write(store)
    with store.write() as tx:
        one = tx.execute(select(submission.c.id, submission.c.mailbox)).one()
        changes: dict[str, dict[str, object]] = {
            "kept": {"transport": "maildir:/srv/outbox"},
            "failed": {"state": State.FAILED},
            "withdrawn": {"state": State.CANCELLED, "person": None},
        }
        tx.execute(update(letter).values(**changes.get(why, {"state": State.SENT})))
        if why == "suppressed":
            suppression.suppress(tx, one.mailbox, reason="unsubscribed", now=clock.now)
        if why == "erased":
            tx.execute(update(submission).values(erased_at=clock.now, email=""))
        if why == "replied":
            (first, _) = tx.execute(select(letter.c.id)).scalars()
            event = Event(now=clock.now, actor="office", note=passing.ANSWERED)
            moves.record(tx, [first], State.SENT, event)
        if why == "on its way":
            second = letter.c.official == "minister-2"
            tx.execute(update(letter).where(second).values(state=State.QUEUED, sent_at=None))
    if why == "unasked":
        assert answers.leave_alone(store, token, wanted=True)
    if why == "answered":
        assert answers.tell(store, token, Answered.NO)
    clock.pass_(AFTER + (answers.UNTIL if why == "long ago" else 0))
    assert ask(store) == 0
    assert sent(store) == []


def test_a_trial_is_no_reason(store: Store, clock: Clock) -> None:
    trial = campaign(status=Status.TRIAL)
    made = draft(about=trial, trial_to="staff@coalition.example", sender=PAGES)
    marked = tuple(replace(one, subject=f"{TRIAL_MARK} x") for one in made.letters)
    accept(store, replace(made, letters=marked))
    leave(store)
    clock.pass_(AFTER)
    assert ask(store) == 0


def test_it_counts_from_the_last_letter_that_left(store: Store, clock: Clock) -> None:
    write(store)
    clock.pass_(5 * DAY)
    with store.write() as tx:
        second = letter.c.official == "minister-2"
        tx.execute(update(letter).where(second).values(sent_at=clock.now))
    clock.pass_(AFTER - 5 * DAY)
    assert ask(store) == 0
    clock.pass_(5 * DAY)
    assert ask(store) == 1


def test_one_mailbox_is_asked_once_a_day(store: Store, clock: Clock) -> None:
    write(store)
    write(store, name="Bo Example")
    write(store, name="Cy Example", email="cy@supporter.example")
    clock.pass_(AFTER)
    assert [ask(store), ask(store)] == [2, 0]
    clock.pass_(DAY)
    assert [ask(store), ask(store)] == [1, 0]


def test_two_workers_ask_nobody_twice(store: Store, clock: Clock) -> None:
    for number in range(10):
        write(store, name=f"Person {number}", email=f"p{number}@supporter.example")
    clock.pass_(AFTER)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: ask(store), range(4))) == 10
    assert len({mail.to_address for mail in sent(store)}) == len(sent(store)) == 10


def said(store: Store, slug: str) -> tuple[int, int]:
    """How many tell of an answer, and how many of none yet."""
    found = census.people(store, slug)
    return found.told("yes"), found.told("no")


def test_what_is_told_can_be_changed_and_is_counted(store: Store, clock: Clock) -> None:
    token = write(store)
    again = write(store)  # a second one, which never leaves
    other = write(store, name="Bo Example", email="bo@supporter.example")
    assert said(store, "exams") == (0, 0)
    for told in (Answered.NO, Answered.YES, Answered.YES):
        clock.pass_(60)
        assert answers.tell(store, token, told)
    assert answers.tell(store, other, Answered.NO)
    assert answers.tell(store, again, Answered.YES)
    assert not answers.tell(store, "0" * 26, Answered.YES)
    found = receipt(store, token)
    assert found is not None
    assert (found.answered, found.answered_at, found.replied) == ("yes", clock.now, False)
    assert said(store, "exams") == (1, 1)
    assert said(store, "other") == (0, 0)


def test_not_to_be_asked_can_be_taken_back(store: Store, clock: Clock) -> None:
    token = write(store)
    for wanted in (True, True, False, False, True):
        assert answers.leave_alone(store, token, wanted=wanted)
        found = receipt(store, token)
        assert found is not None
        assert found.unasked is wanted
    answers.leave_alone(store, token, wanted=False)
    clock.pass_(AFTER)
    assert ask(store) == 1
    answers.leave_alone(store, token, wanted=True)
    answers.leave_alone(store, token, wanted=False)
    clock.pass_(DAY)
    assert ask(store) == 0, "whoever was asked is not asked again"
    assert not answers.leave_alone(store, "0" * 26, wanted=True)


def test_being_asked_does_not_keep_from_hearing_that_one_has_written(
    store: Store, clock: Clock
) -> None:
    write(store)
    clock.pass_(AFTER)
    ask(store)
    clock.pass_(DAY)
    write(store)
    assert len(sent(store)) == 2


def test_both_rooms_mean_the_same_by_an_answer() -> None:
    assert receipts.ANSWERED == passing.ANSWERED
