"""A copy for whoever wrote: word for word, when asked for, and no way to fill others' mailboxes."""

from __future__ import annotations

from sqlalchemy import Row, select

from mailer import addresses, outbox
from mailer.db import Store
from mailer.db.schema import letter, letter_text, submission
from mailer.message import compose
from mailer.outbox import suppression
from mailer.status import PRIORITY, Kind, State
from mailer.submissions import accept, confirm, copies, receipt, unsubscribing
from mailer.submissions.copies import Offer, send
from mailer.submissions.erasing import Erasure, erase
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter
from tests.test_submissions_reminders import link_of

KEYS = ("k" * 40,)
WORDS = "Quiet, {{ 7 * 7 }} & <b>bold</b>\nhttps://own.example/unsubscribe/x"


def ask(store: Store, token: str) -> Offer | None:
    return send(store, token, SENDER, KEYS)


def made(store: Store) -> list[Row[tuple[str, ...]]]:
    """The copies there are, oldest first."""
    joined = select(letter, letter_text).join(letter_text, letter_text.c.letter == letter.c.id)
    with store.read() as tx:
        found = tx.execute(joined.where(letter.c.kind == Kind.COPY)).all()
        return sorted(found, key=lambda row: row.created_at)


def offered(store: Store, token: str) -> Offer:
    found = receipt(store, token)
    assert found is not None
    return found.copy


def test_it_holds_every_letter_word_for_word(store: Store, clock: Clock) -> None:
    token = accept(store, draft(supporter(personal=WORDS)))
    assert offered(store, token) is Offer.OPEN
    assert ask(store, token) is Offer.OPEN
    (copy,) = made(store)
    assert (copy.to_address, copy.state) == ("ann@supporter.example", State.QUEUED)
    assert PRIORITY[Kind.CONFIRMATION] < copy.priority < PRIORITY[Kind.LETTER]
    found = receipt(store, token)
    assert found is not None
    for one in found.letters:
        assert f"To: {one.to_name} <{one.to_address}>\nSubject: {one.subject}\n" in copy.body
        assert copy.body.count(f"\n{one.salutation}\n\n{one.body}\n") == 2
    assert f"{SENDER.url}/receipt/{token}?lang=en" in copy.body
    mail = outbox.mail_of(copy, Kind.COPY, clock.now)
    data = compose(mail)
    assert b"<a href" not in data, "what a visitor typed becomes no link"
    assert b"List-Unsubscribe" not in data, "it was asked for, and holds what visitors typed"
    assert unsubscribing.PLACE in copy.body


def test_once_an_hour(store: Store, clock: Clock) -> None:
    token = accept(store, draft())
    assert [ask(store, token) for _ in range(2)] == [Offer.OPEN, Offer.ASKED]
    clock.pass_(copies.APART - 1)
    assert offered(store, token) is Offer.ASKED
    assert ask(store, token) is Offer.ASKED
    clock.pass_(2)
    assert ask(store, token) is Offer.OPEN
    assert len(made(store)) == 2


def test_three_a_day_reach_a_mailbox_and_the_receipts_do_not_tell(
    store: Store, clock: Clock
) -> None:
    tokens = [accept(store, draft(supporter(name=f"Person {n}"))) for n in range(5)]
    for token in tokens:
        assert ask(store, token) is Offer.OPEN
        assert offered(store, token) is Offer.ASKED
    states = [copy.state for copy in made(store)]
    assert sorted(states) == sorted([State.QUEUED] * 3 + [State.CANCELLED] * 2)
    clock.pass_(86401)
    assert ask(store, tokens[0]) is Offer.OPEN
    assert made(store)[-1].state == State.QUEUED


def test_only_who_confirmed_gets_what_was_typed(store: Store) -> None:
    token = accept(store, draft(about=campaign(confirm=True)))
    assert offered(store, token) is Offer.WAITS
    assert ask(store, token) is Offer.WAITS
    assert made(store) == []
    with store.read() as tx:
        (key,) = tx.execute(select(submission.c.id)).scalars()
    confirm(store, link_of(store), key, sender=SENDER)
    assert ask(store, token) is Offer.OPEN


def test_who_wants_no_mail_gets_none_and_the_receipt_does_not_tell(
    store: Store, clock: Clock
) -> None:
    token = accept(store, draft())
    with store.write() as tx:
        box = addresses.mailbox_key("ann@supporter.example", store.pepper(tx))
        suppression.suppress(tx, box, reason="unsubscribed", now=clock.now)
    assert ask(store, token) is Offer.OPEN
    assert offered(store, token) is Offer.ASKED
    assert [(copy.state, copy.reason) for copy in made(store)] == [
        (State.CANCELLED, suppression.REASON)
    ]


def test_what_is_erased_or_never_was_cannot_be_copied(store: Store, clock: Clock) -> None:
    token = accept(store, draft())
    assert ask(store, "0" * 26) is None
    with store.write() as tx:
        box = tx.execute(select(submission.c.mailbox)).scalar_one()
        erase(tx, Erasure(at=clock.now, mailbox=box), now=clock.now)
    assert offered(store, token) is Offer.GONE
    assert ask(store, token) is Offer.GONE
    assert made(store) == []
