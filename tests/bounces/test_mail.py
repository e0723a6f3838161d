"""Mail that came back reaches its letter: once, truly told, and without a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Row, func, select

from mailer.bounces import Kind
from mailer.db import Store
from mailer.db.schema import enclosure, letter, letter_event, news
from mailer.errors import MailerError
from mailer.events import mail, tallies
from mailer.events.answers import MOST_A_DAY
from mailer.events.mail import MOST_STRAYS, Taken
from mailer.message import compose, tokens
from mailer.message.read import parts
from mailer.outbox import lanes
from mailer.sendlog.detail import letter_page
from mailer.status import Kind as Of
from mailer.status import State
from mailer.submissions import accept, erasing
from tests.bounces import samples
from tests.bounces.samples import COMPLAINT, REPLY, TO
from tests.conftest import Clock
from tests.factories import SENDER, draft, recipients, supporter
from tests.staff_letters import hand_over, send

OURS = replace(SENDER, reply_domain=samples.DOMAIN, reply_alias="always", keys=samples.KEYS)
MINISTER = "minister-1@ministry.example"


def one(store: Store, clock: Clock, number: int = 1) -> str:
    """A letter to the first minister that has left."""
    who = supporter(email=f"ann-{number}@gmail.com", name=f"Ann {number} Example")
    accept(store, draft(who, to=recipients(1), sender=OURS))
    return send(store, clock)[0].id


def about(data: bytes, key: str) -> bytes:
    """A sample that speaks of this letter."""
    return samples.of_letter(data, key).replace(TO.encode(), MINISTER.encode())


def take(store: Store, data: bytes, to: str = "") -> Taken:
    return mail.take(store, data, OURS, envelope_to=to)


def sample(name: str) -> bytes:
    return next(one.data for one in (*samples.HARD, *samples.SOFT) if one.name == name)


def state(store: Store, key: str) -> State:
    with store.read() as tx:
        return State(tx.execute(select(letter.c.state).where(letter.c.id == key)).scalar_one())


def kept(store: Store) -> Sequence[Row[Any]]:
    with store.read() as tx:
        return tx.execute(select(news).order_by(news.c.received_at, news.c.id)).all()


def replies(store: Store) -> list[Any]:
    """The mails that carry answers, as they will leave."""
    ids = select(letter.c.id).where(letter.c.kind == Of.REPLY).order_by(letter.c.id)
    with store.read() as tx:
        found = tx.execute(ids).scalars().all()
    pages = [letter_page(store, key) for key in found]
    return [page.mail for page in pages if page is not None]


def counted(store: Store, prefix: str) -> dict[str, int]:
    with store.read() as tx:
        return tallies.tally(tx, prefix, days=1, now=store.now(tx))


def is_paused(store: Store) -> bool:
    with store.read() as tx:
        return lanes.of_official("minister-1") in lanes.paused(tx)


def test_a_dead_mailbox_bounces_its_letter_and_pauses_its_official(
    store: Store, clock: Clock
) -> None:
    key = one(store, clock)
    taken = take(store, about(sample("Postfix"), key))
    assert (taken.kind, taken.letter) == (Kind.HARD, key)
    assert (state(store, key), is_paused(store)) == (State.BOUNCED, True)
    (stored,) = kept(store)
    assert (stored.source, stored.kind, stored.code) == ("mail", "hard", "550 5.1.1")
    assert "User unknown" in stored.raw


@pytest.mark.parametrize("name", ["full", "policy", "no reason told", "given up", "DMARC"])
def test_what_is_given_up_has_come_back_and_pauses_nobody(
    store: Store, clock: Clock, name: str
) -> None:
    key = one(store, clock)
    taken = take(store, about(sample(name), key))
    assert (taken.kind, taken.attention) == (Kind.SOFT, True)
    assert (state(store, key), is_paused(store)) == (State.BOUNCED, False)


def test_what_is_only_late_changes_nothing(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    taken = take(store, about(sample("delayed"), key))
    assert (taken.kind, taken.attention, state(store, key)) == (Kind.SOFT, False, State.SENT)
    assert [row.said for row in kept(store)] == ["deferred"]


def test_an_autoreply_is_shown_and_is_no_bounce(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    taken = take(store, about(samples.AUTOREPLY[1].data, key))
    assert (taken.kind, taken.attention, state(store, key)) == (Kind.AUTOREPLY, False, State.SENT)
    assert [(row.kind, row.raw) for row in kept(store)] == [("autoreply", "")]


def test_a_complaint_counts(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    take(store, about(COMPLAINT.data, key))
    assert state(store, key) is State.COMPLAINED


def test_what_nobody_can_read_is_shown_to_staff(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    taken = take(store, b"\xff\xfe\0", samples.verp(key))
    assert taken == Taken(kind=Kind.UNKNOWN, letter=key, attention=True)
    assert state(store, key) is State.SENT


def test_the_mailbox_behind_an_office_is_not_the_office(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    data = about(sample("RFC 3464"), key).replace(
        b"Final-Recipient: rfc822; minister-1@", b"Final-Recipient: rfc822; assistant@"
    )
    take(store, data)
    assert (state(store, key), is_paused(store)) == (State.BOUNCED, False)


@pytest.mark.parametrize(
    ("refused", "stops"),
    [("assistant@elsewhere.example", False), ("minister-1@mail.ministry.example", True)],
)
def test_where_an_office_forwards_to_may_be_dead_and_the_office_is_not(
    store: Store, clock: Clock, refused: str, stops: bool
) -> None:
    told = samples.report(
        "It could not be delivered.",
        f"Original-Recipient: rfc822;{MINISTER}\nFinal-Recipient: rfc822; {refused}\n"
        "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n",
    )
    taken = take(store, about(told, one(store, clock)))
    assert is_paused(store) is stops
    assert taken.attention is not stops


def test_each_message_counts_once_by_whatever_way_it_comes(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    data = b"Message-ID: <b1@office.example>\n" + about(sample("full"), key)
    assert not take(store, data).known
    assert take(store, b"Received: by another.example\n" + data).known
    assert take(store, data).known
    assert len(kept(store)) == 1


def test_what_names_none_of_our_letters_is_shown_but_not_without_end(store: Store) -> None:
    for number in range(MOST_STRAYS + 5):
        data = sample("full") + b"%d" % number
        assert take(store, data).attention == (number < MOST_STRAYS)
    assert {row.letter for row in kept(store)} == {None}
    assert {row.raw for row in kept(store)} != {""}
    assert len(kept(store)) == MOST_STRAYS
    assert counted(store, mail.STRAY) == {"": MOST_STRAYS + 5}
    assert take(store, REPLY) == Taken(kind=Kind.REPLY), "an answer to nothing is only counted"


def test_of_an_erased_letter_nothing_about_its_writer_is_kept(
    store: Store, clock: Clock, tmp_path: Any
) -> None:
    key = one(store, clock)
    erasing.forget(store, "ann-1@gmail.com", file=tmp_path / "journal")
    take(store, about(sample("Postfix"), key))
    assert [(row.letter, row.note, row.raw) for row in kept(store)] == [(key, "", "")]
    assert state(store, key) is State.BOUNCED
    assert not take(store, about(REPLY, key)).passed_on
    assert (replies(store), counted(store, "answer ")) == ([], {"to an erased letter": 1})


@pytest.mark.parametrize("forged", ["no mark", "another letter's", "the answers'", "another key's"])
def test_a_forged_bounce_pauses_nobody_and_is_shown(
    store: Store, clock: Clock, forged: str
) -> None:
    """Whoever has seen a letter knows its id, and may have answered it."""
    key, other = one(store, clock), "0" * 26
    real = samples.verp(key).encode()
    stranger = tokens.for_bounces(key, "x@x.example", samples.DOMAIN, ("z" * 40,))
    to = {
        "no mark": f"b-{key}@{samples.DOMAIN}",
        "another letter's": samples.verp(other).replace(other, key),
        "the answers'": samples.alias(key),
        "another key's": stranger,
    }[forged]
    data = about(sample("Postfix"), key).replace(real, to.encode())
    taken = take(store, data, to)
    assert taken == Taken(kind=Kind.HARD, unproven=key, attention=True)
    assert (state(store, key), is_paused(store)) == (State.SENT, False)
    (shown,) = kept(store)
    assert (shown.letter, shown.attention, shown.raw) == (None, True, "")
    assert key in shown.note
    assert "User unknown" in shown.note
    assert take(store, data, to).known


def test_an_answer_with_a_forged_address_is_not_passed_on(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    to = samples.alias(key).encode()
    for number, forged in enumerate((b"letters@campaign.example", samples.verp(key).encode())):
        data = about(REPLY, key).replace(to, forged).replace(b"answer-1", b"%d" % number)
        assert not take(store, data).passed_on
    assert (replies(store), state(store, key)) == ([], State.SENT)
    unasked, to_bounces = sorted(kept(store), key=lambda row: row.letter or "")
    assert (unasked.letter, key in unasked.note, unasked.attention) == (None, True, True)
    assert (to_bounces.letter, to_bounces.attention) == (key, True)


def test_a_forged_complaint_and_an_erased_letter(store: Store, clock: Clock, tmp_path: Any) -> None:
    key = one(store, clock)
    forged = about(COMPLAINT.data, key).replace(samples.verp(key).encode(), b"x@x.example")
    assert take(store, forged).unproven == key
    assert state(store, key) is State.SENT
    erasing.forget(store, "ann-1@gmail.com", file=tmp_path / "journal")
    data = about(sample("Postfix"), key).replace(samples.verp(key).encode(), b"x@x.example")
    assert take(store, data.replace(b"User unknown", b"ann-1@gmail.com")).unproven == key
    assert not [row for row in kept(store) if "ann-1" in row.note + row.raw]


def test_a_new_key_neither_loses_bounces_nor_changes_what_was_sent(
    store: Store, clock: Clock
) -> None:
    """The address for answers stands in the letter: it is kept, not made again."""
    accept(store, draft(to=recipients(1), sender=OURS))
    claimed, _ = hand_over(store, clock)
    page = letter_page(store, claimed.id)
    assert page is not None
    assert page.mail is not None
    assert page.mail.reply_address == samples.alias(claimed.id)
    assert compose(page.mail) == compose(claimed.mail)
    rotated = replace(OURS, keys=("n" * 40, *OURS.keys))
    assert mail.take(store, about(REPLY, claimed.id), rotated).passed_on
    bounced = about(sample("Postfix"), claimed.id)
    assert not mail.take(store, bounced, replace(OURS, keys=("n" * 40,))).letter
    again = b"Message-ID: <again@office.example>\n" + bounced
    assert mail.take(store, again, rotated).letter == claimed.id
    assert (state(store, claimed.id), is_paused(store)) == (State.BOUNCED, True)


def test_what_is_too_large_is_not_read(store: Store) -> None:
    with pytest.raises(MailerError, match="bytes"):
        take(store, b"x" * (mail.LARGEST + 1))


def test_a_letter_is_answered_at_an_address_of_its_own(store: Store, clock: Clock) -> None:
    accept(store, draft(to=recipients(1), sender=OURS))
    claimed, _ = hand_over(store, clock)
    assert claimed.mail.reply_address == samples.alias(claimed.id)
    assert claimed.mail.reply_name == "Ann Example"


@pytest.mark.parametrize(
    ("alias", "email", "ours"),
    [
        ("off", "ann@gmail.com", False), ("freemail", "ann@gmail.com", True),
        ("freemail", "ann@Yahoo.co.uk", True), ("freemail", "ann@hotmail.fr", True),
        ("freemail", "ann@home.example", False), ("freemail", "ann@alive.example", False),
        ("always", "ann@home.example", True),
    ],
)  # fmt: skip
def test_whose_letters_have_one_is_a_setting(
    store: Store, clock: Clock, alias: str, email: str, ours: bool
) -> None:
    sender = replace(OURS, reply_alias=alias)
    accept(store, draft(supporter(email=email), to=recipients(1), sender=sender))
    claimed, _ = hand_over(store, clock)
    assert (claimed.mail.reply_address != email) == ours
    assert claimed.mail.html == (claimed.mail.reply_address != "ann@gmail.com")


def test_an_answer_is_passed_on_whole(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    assert take(store, about(REPLY, key)).passed_on
    (reply,) = replies(store)
    assert (reply.to_address, reply.reply_address) == ("ann-1@gmail.com", MINISTER)
    assert (reply.from_address, reply.from_name) == ("letters@campaign.example", "Minister 1")
    assert reply.auto
    shown = parts(compose(reply))
    assert shown.enclosed is not None
    assert shown.enclosed.text == "Dear Ann,\n\nI have read your letter. — Sam\n"
    assert "Minister 1" in reply.subject
    assert MINISTER in reply.text
    with store.read() as tx:
        notes = select(letter_event.c.note, letter_event.c.actor).where(
            letter_event.c.letter == key
        )
        assert ("answered", "office") in [tuple(row) for row in tx.execute(notes)]
    assert state(store, key) is State.SENT
    assert [(row.kind, row.note, row.raw) for row in kept(store)] == [("reply", "", "")]


def test_the_worker_gets_what_goes_along(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    take(store, about(REPLY, key))
    claimed, _ = hand_over(store, clock)
    shown = parts(compose(claimed.mail)).enclosed
    assert shown is not None
    assert "I have read your letter." in shown.text


def test_an_answer_comes_once(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    assert take(store, about(REPLY, key)).passed_on
    assert take(store, about(REPLY, key)) == Taken(kind=Kind.REPLY, letter=key, known=True)
    assert len(replies(store)) == 1


def test_an_answer_in_the_supporters_language(store: Store, clock: Clock) -> None:
    accept(store, draft(supporter(language="fr"), to=recipients(1), sender=OURS))
    key = send(store, clock)[0].id
    take(store, about(REPLY, key))
    (reply,) = replies(store)
    assert (reply.language, "a répondu" in reply.subject) == ("fr", True)


def test_two_programs_do_not_talk_without_end(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    for number in range(MOST_A_DAY + 3):
        data = about(REPLY, key).replace(b"answer-1", b"answer-%d" % number)
        assert take(store, data).passed_on == (number < MOST_A_DAY)
    assert len(replies(store)) == MOST_A_DAY
    clock.pass_(86_401.0)
    assert take(store, about(REPLY, key).replace(b"answer-1", b"tomorrow")).passed_on


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"From: Sam Sample <minister-1@ministry.example>", b"From: letters@campaign.example"),
        (b"From: Sam Sample <minister-1@ministry.example>", b"From: r-x@reply.campaign.example"),
        (b"MIME-Version", b"Received: by x.example\n" * 41 + b"MIME-Version"),
        (b"MIME-Version", b"Auto-Submitted: auto-replied\nMIME-Version"),
        (b"MIME-Version", b"Precedence: auto_reply\nMIME-Version"),
        (b"r-", b"b-"),
    ],
)
def test_what_a_machine_sent_or_went_round_is_not_passed_on(
    store: Store, clock: Clock, old: bytes, new: bytes
) -> None:
    key = one(store, clock)
    data = about(REPLY, key)
    assert old in data
    assert not take(store, data.replace(old, new)).passed_on
    assert replies(store) == []


def test_an_answer_that_is_too_large_goes_as_its_text(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    assert take(store, about(REPLY, key) + b"x" * 76 + b"\n" + b"y" * 5_000_000).passed_on
    (reply,) = replies(store)
    assert "I have read your letter." in parts(reply.enclosed).text
    assert "too large" in reply.text


def test_an_answer_from_nowhere_names_no_address(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    take(store, about(REPLY, key).replace(b"minister-1@ministry.example", b"nobody at all"))
    (reply,) = replies(store)
    assert reply.reply_address == ""
    assert "no address" in reply.text


def test_an_erasure_takes_what_went_along(store: Store, clock: Clock, tmp_path: Any) -> None:
    key = one(store, clock)
    take(store, about(REPLY, key))
    erasing.forget(store, "ann-1@gmail.com", file=tmp_path / "journal")
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(enclosure)).scalar_one() == 0
