"""Supporters and staff are told of letters that failed: once, together, and in no loop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Row, select, update

from mailer.campaigns.values import Status
from mailer.db import Store
from mailer.db.schema import letter, letter_text, submission
from mailer.officials.values import Official, Officials, Post
from mailer.status import Kind, State
from mailer.submissions import accept, alerts, notices, phone
from mailer.submissions.alerts import Desk
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, recipients, supporter
from tests.staff_letters import letters

DESK = Desk(sender=SENDER, alert_to="staff@coalition.example")
NOBODY = Officials()


def fail(store: Store, *ids: str, reason: str = "refused", answer: str = "550 5.1.1 no") -> None:
    """As settling writes it."""
    values = {"state": State.FAILED, "reason": reason, "answer": answer}
    with store.write() as tx:
        now = store.now(tx)
        for key in ids:
            one = update(letter).where(letter.c.id == key)
            tx.execute(one.values(tried_at=now - 4 * 86400, changed_at=now, attempts=7, **values))


def tell(store: Store, officials: Officials = NOBODY, desk: Desk = DESK) -> int:
    told = notices.tell_failed(store, desk, officials)
    alerts.tell_failed(store, desk)
    return told


def mails(store: Store, kind: Kind) -> list[Row[tuple[str, ...]]]:
    """What was posted, oldest first."""
    columns = (
        letter_text.c.to_address, letter_text.c.subject, letter_text.c.body,
        letter_text.c.from_name, letter.c.submission, letter.c.id,
    )  # fmt: skip
    joined = select(*columns).join(letter, letter.c.id == letter_text.c.letter)
    with store.read() as tx:
        found = tx.execute(joined.where(letter.c.kind == kind).order_by(letter.c.created_at))
        return list(found.all())


def test_one_mail_tells_of_all_that_failed(store: Store) -> None:
    token = accept(store, draft(to=recipients(3)))
    first, second, third = letters(store)
    fail(store, first)
    fail(store, second, reason="deadline", answer="451 4.3.0 RCPT: later")
    assert tell(store) == 2
    (mail,) = mails(store, Kind.NOTICE)
    assert mail.to_address == "ann@supporter.example"
    assert mail.subject == "2 letters could not be delivered"
    assert mail.from_name == "Quiet exams"
    for words in (
        "- Minister 1\n  Their mail system says that there is no such mailbox.",
        "- Minister 2\n  We tried for 4 days, and their mail system did not take it.",
        f"\n{SENDER.url}/receipt/{token}?lang=en\n",
    ):
        assert words in mail.body
    assert "Minister 3" not in mail.body
    assert "Ann" not in mail.subject + mail.body, "nothing that somebody typed"
    assert third in letters(store)


def test_each_letter_is_told_once(store: Store, clock: Clock) -> None:
    accept(store, draft())
    fail(store, *letters(store))
    assert tell(store) == 2
    clock.pass_(86400)
    assert tell(store) == 0
    assert len(mails(store, Kind.NOTICE)) == 1
    with store.read() as tx:
        told = tx.execute(select(letter.c.told_at).where(letter.c.kind == Kind.LETTER)).scalars()
        assert set(told) == {clock.now - 86400}


def test_what_fails_within_the_hour_is_gathered(store: Store, clock: Clock) -> None:
    accept(store, draft(to=recipients(3)))
    first, *others = letters(store)
    fail(store, first)
    tell(store)
    clock.pass_(60)
    for key in others:
        fail(store, key)
        assert tell(store) == 0
    clock.pass_(3600)
    assert tell(store) == 2
    assert [mail.subject for mail in mails(store, Kind.NOTICE)] == [
        "A letter could not be delivered", "2 letters could not be delivered",
    ]  # fmt: skip


def test_it_is_told_in_the_supporters_language(store: Store) -> None:
    accept(store, draft(supporter(language="fr")))
    fail(store, letters(store)[0])
    tell(store)
    (mail,) = mails(store, Kind.NOTICE)
    assert mail.subject == "Une lettre n’a pas pu être livrée"
    assert "cette boîte n’existe pas" in mail.body
    assert "?lang=fr" in mail.body


def test_the_telephone_of_the_office_stands_beside_it(store: Store) -> None:
    accept(store, draft())
    fail(store, letters(store)[0])
    person = Official(id="minister-1", name="Minister 1", phone="+1 416 555 0100")
    tell(store, Officials(people={"minister-1": person}))
    assert "\n  Telephone: +1 416 555 0100\n" in mails(store, Kind.NOTICE)[0].body


def test_an_offices_telephone_comes_before_its_holders() -> None:
    person = Official(id="ann", name="Ann", phone="2")
    silent, office = Post(id="silent"), Post(id="office", phone="1")
    known = Officials(posts={"silent": silent, "office": office}, people={"ann": person})
    assert phone(known, "ann", "office") == "1"
    assert phone(known, "ann", "silent") == "2"
    assert phone(known, "ann", None) == "2"
    assert phone(known, None, "gone") == ""


def test_a_trials_failure_names_no_office(store: Store) -> None:
    trial = campaign(status=Status.TRIAL)
    accept(store, draft(about=trial, trial_to="staff@coalition.example"))
    with store.write() as tx:
        values = {"subject": "[TRIAL] Quiet exams", "to_address": "staff@coalition.example"}
        tx.execute(update(letter_text).values(**values))
    fail(store, letters(store)[0])
    person = Official(id="minister-1", name="Minister 1", phone="+1 416 555 0100")
    tell(store, Officials(people={"minister-1": person}))
    body = mails(store, Kind.NOTICE)[0].body
    assert "- staff@coalition.example (a trial: not an office)" in body
    assert "Telephone" not in body


def test_nobody_is_told_whose_data_is_erased(store: Store) -> None:
    accept(store, draft())
    fail(store, *letters(store))
    with store.write() as tx:
        tx.execute(update(submission).values(erased_at=1.0, email="", name=""))
    assert tell(store) == 2
    assert mails(store, Kind.NOTICE) == []
    assert len(mails(store, Kind.ALERT)) == 1, "staff are told: an address may be wrong"
    assert tell(store) == 0


def test_our_own_mails_that_fail_make_no_others(store: Store, clock: Clock) -> None:
    accept(store, draft(about=campaign(confirm=True)))
    accept(store, draft(supporter(name="Ben"), to=recipients(1)))
    *_, real = letters(store)
    fail(store, real)
    tell(store)
    ours = [row.id for kind in (Kind.CONFIRMATION, Kind.NOTICE, Kind.ALERT)
            for row in mails(store, kind)]  # fmt: skip
    assert len(ours) == 3
    fail(store, *ours)
    clock.pass_(86400)
    assert tell(store) == 0
    assert len(mails(store, Kind.NOTICE)) == len(mails(store, Kind.ALERT)) == 1
    with store.read() as tx:
        untold = select(letter.c.id).where(letter.c.state == "failed", letter.c.told_at.is_(None))
        assert tx.execute(untold).all() == [], "nor are they looked at again"


def test_a_letter_tried_again_that_fails_again_is_told_again(store: Store, clock: Clock) -> None:
    accept(store, draft(to=recipients(1)))
    fail(store, *letters(store))
    tell(store)
    clock.pass_(86400)
    with store.write() as tx:
        tx.execute(update(letter).where(letter.c.kind == Kind.LETTER).values(told_at=None))
    assert tell(store) == 1
    assert len(mails(store, Kind.NOTICE)) == 2


def test_two_workers_tell_each_person_once(store: Store) -> None:
    for number in range(20):
        accept(store, draft(supporter(email=f"s{number}@supporter.example"), to=recipients(1)))
    fail(store, *letters(store))
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: tell(store), range(8)))
    assert sum(told) == 20
    assert len(mails(store, Kind.NOTICE)) == 20
    waiting = [mail.body for mail in mails(store, Kind.ALERT)]
    assert len(waiting) == 1


def test_very_many_are_told_in_batches_and_no_submission_is_torn(store: Store) -> None:
    for number in range(110):
        accept(store, draft(supporter(email=f"s{number}@supporter.example")))
    fail(store, *letters(store))
    batches = [tell(store), tell(store), tell(store)]
    assert sum(batches) == 220
    assert batches[-1] == 0
    assert len(mails(store, Kind.NOTICE)) == 110


def test_staff_get_counts_by_official_and_reason_and_no_names(store: Store) -> None:
    for number in range(3):
        accept(store, draft(supporter(email=f"s{number}@supporter.example")))
    ids = letters(store)
    fail(store, *ids[:3], answer="550 5.1.1 RCPT: <minister-1@ministry.example> unknown")
    fail(store, ids[3], reason="deadline", answer="no answer within 30 seconds")
    tell(store)
    (mail,) = mails(store, Kind.ALERT)
    assert mail.to_address == "staff@coalition.example"
    assert mail.subject == "exams: 4 letters could not be delivered"
    assert "- minister-1: 3 × refused for good (550 5.1.1)\n" in mail.body
    assert "- minister-2: 1 × not taken within the time that letters are tried\n" in mail.body
    assert f"\n{SENDER.url}/staff/?state=failed&campaign=exams\n" in mail.body
    assert "@" not in mail.body
    assert "Ann" not in mail.body


def test_staff_are_written_to_once_an_hour_for_a_campaign(store: Store, clock: Clock) -> None:
    for number in range(3):
        accept(store, draft(supporter(email=f"s{number}@supporter.example"), to=recipients(1)))
    other = campaign(slug="other")
    accept(store, draft(supporter(email="o@supporter.example"), other, recipients(1)))
    with store.read() as tx:
        theirs = select(letter.c.id).where(letter.c.campaign == "other")
        (another,) = tx.execute(theirs).scalars()
    first, *rest = [key for key in letters(store) if key != another]
    fail(store, first)
    tell(store)
    for key in rest:
        clock.pass_(600)
        fail(store, key)
        tell(store)
    assert len(mails(store, Kind.ALERT)) == 1
    fail(store, another)
    tell(store)
    assert mails(store, Kind.ALERT)[-1].subject == "other: a letter could not be delivered"
    clock.pass_(3600)
    tell(store)
    assert mails(store, Kind.ALERT)[-1].subject == "exams: 2 letters could not be delivered"
    clock.pass_(86400)
    tell(store)
    assert len(mails(store, Kind.ALERT)) == 3


def test_without_an_address_for_alerts_staff_get_none(store: Store, clock: Clock) -> None:
    accept(store, draft())
    fail(store, *letters(store))
    quiet = Desk(sender=SENDER)
    assert tell(store, desk=quiet) == 2
    assert len(mails(store, Kind.NOTICE)) == 1
    clock.pass_(7200)
    assert tell(store) == 0
    assert mails(store, Kind.ALERT) == [], "nor what happened before there was one"
