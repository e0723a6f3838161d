"""News: each finds its letter, counts once, in any order; and what follows from it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Row, func, select, update

from mailer import events, outbox
from mailer.db import Store
from mailer.db.ids import random_id
from mailer.db.schema import letter, letter_event, meta, suppressed
from mailer.db.schema import news as table
from mailer.errors import SendError
from mailer.events import Noted
from mailer.officials.values import Officials
from mailer.outbox import lanes
from mailer.status import Kind, State
from mailer.submissions import accept, dead, erasing
from mailer.submissions.alerts import Desk
from mailer.transports import Answer
from mailer.transports.api.base import News, Said
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, recipients, supporter
from tests.staff_letters import hand_over, letters, send, settle, write
from tests.test_submissions_notices import DESK, mails

GONE = "550 5.1.1"
LANE = "official:minister-1"


def tell(store: Store, said: Said, about: str = "", **more: Any) -> Noted | None:
    values = {"id": random_id(), "kind": said.value, **more}
    with store.write() as tx:
        news = News(letter=about, said=said, **values)
        return events.record(tx, "postmark", news, now=store.now(tx))


def one(store: Store, clock: Clock, number: int = 1) -> str:
    """A letter to the first minister that has left."""
    write(store, number, to=recipients(1))
    return send(store, clock)[0].id


def row(store: Store, about: str) -> Row[Any]:
    with store.read() as tx:
        return tx.execute(select(letter).where(letter.c.id == about)).one()


def kept(store: Store) -> Sequence[Row[Any]]:
    with store.read() as tx:
        return tx.execute(select(table).order_by(table.c.received_at, table.c.id)).all()


def paused(store: Store) -> dict[str, lanes.Pause]:
    with store.read() as tx:
        return lanes.paused(tx)


def confirmation(store: Store, clock: Clock, email: str = "ann@supporter.example") -> str:
    """A mail to a supporter that has left."""
    accept(store, draft(supporter(email=email), campaign(confirm=True)))
    return send(store, clock)[0].id


def told(store: Store, desk: Desk = DESK) -> list[str]:
    return dead.tell(store, desk, Officials())


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        (Said.DELIVERED, State.DELIVERED), (Said.BOUNCED, State.BOUNCED),
        (Said.DROPPED, State.BOUNCED), (Said.COMPLAINED, State.COMPLAINED),
        (Said.DEFERRED, State.SENT), (Said.OTHER, State.SENT),
    ],
)  # fmt: skip
def test_what_is_told_moves_the_letter_and_stays_as_it_came(
    store: Store, clock: Clock, said: Said, becomes: State
) -> None:
    key = one(store, clock)
    noted = tell(store, said, key, code="250", note="said so", raw='{"as": "it came"}')
    assert noted is not None
    assert (noted.letter, noted.state) == (key, becomes)
    assert row(store, key).state == becomes
    (stored,) = kept(store)
    assert (stored.letter, stored.said, stored.source) == (key, said, "postmark")
    assert (stored.code, stored.note, stored.raw) == ("250", "said so", '{"as": "it came"}')


def test_each_counts_once_by_its_own_id(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    assert tell(store, Said.DELIVERED, key, id="e1") is not None
    assert tell(store, Said.BOUNCED, key, id="e2", code=GONE) is not None
    clock.pass_(5)
    assert tell(store, Said.DELIVERED, key, id="e1") is None
    assert row(store, key).state == State.BOUNCED
    assert len(kept(store)) == 2


def test_two_providers_may_use_the_same_id(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    with store.write() as tx:
        news = News(id="7", letter=key, said=Said.DEFERRED, kind="later")
        found = [events.record(tx, name, news, now=clock.now) for name in ("resend", "brevo")]
    assert [noted and noted.id for noted in found] == ["resend:7", "brevo:7"]


def test_news_without_an_id_of_its_own_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="count twice"):
        tell(store, Said.DELIVERED, id="")
    assert kept(store) == []


@pytest.mark.parametrize("name", ["", "x", "0" * 26, "0" * 25 + "\0", "\ud800", "A" * 26])
def test_news_of_no_letter_of_ours_is_kept_without_one(store: Store, name: str) -> None:
    noted = tell(store, Said.BOUNCED, name, code=GONE)
    assert noted is not None
    assert (noted.letter, noted.state, noted.attention) == ("", None, False)
    assert [stored.letter for stored in kept(store)] == [None]
    assert paused(store) == {}


def test_odd_text_is_kept_as_far_as_a_database_can(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    odd = "a\0b\ud800c"
    noted = tell(
        store, Said.OTHER, key, id=odd, kind=odd, note=f" {odd}\r\n x", raw=odd * 100_000,
        code=odd, at=float("nan"),
    )  # fmt: skip
    assert noted is not None
    (stored,) = kept(store)
    assert (stored.kind, stored.note, stored.code) == ("ab?c", "ab?c x", "ab?c")
    assert 0 < len(stored.raw) <= 16_000
    assert stored.at is None
    assert tell(store, Said.OTHER, key, id=odd) is None
    assert tell(store, Said.OTHER, key, id=odd + "x") is not None
    assert tell(store, Said.OTHER, key, id="y" * 10_000) is not None
    assert tell(store, Said.OTHER, key, id="y" * 10_001) is not None


@pytest.mark.parametrize("at", [float("inf"), -1.0, 0.0, 1e300])
def test_a_moment_that_cannot_be_counts_as_none(store: Store, clock: Clock, at: float) -> None:
    key = one(store, clock)
    tell(store, Said.DELIVERED, key, at=at)
    assert row(store, key).state == State.DELIVERED
    assert kept(store)[0].at is None


def test_what_overtakes_our_own_answer_stands(store: Store, clock: Clock) -> None:
    write(store, 1, to=recipients(1))
    claimed, _ = hand_over(store, clock)
    tell(store, Said.DELIVERED, claimed.id)
    assert row(store, claimed.id).state == State.DELIVERED
    settle(store, clock, claimed, Answer(text="queued", code="250"))
    assert row(store, claimed.id).state == State.DELIVERED


def test_late_news_of_a_letter_that_is_queued_again(store: Store, clock: Clock) -> None:
    write(store, 1, to=recipients(1))
    claimed, _ = hand_over(store, clock)
    settle(store, clock, claimed, SendError("later", code="451"))
    tell(store, Said.BOUNCED, claimed.id, code="550 5.7.1")
    assert row(store, claimed.id).state == State.QUEUED, "that attempt was not taken"
    tell(store, Said.DELIVERED, claimed.id)
    assert row(store, claimed.id).state == State.DELIVERED, "it was, after all"


def test_one_call_may_tell_of_many_letters(store: Store, clock: Clock) -> None:
    keys = [one(store, clock, number) for number in range(3)]
    told = [
        News(id=f"{n}", letter=key, said=Said.DELIVERED, kind="x") for n, key in enumerate(keys)
    ]
    with store.write() as tx:
        found = events.record_all(tx, "sendgrid", [*told, *told], now=clock.now)
    assert sorted(noted.letter for noted in found) == sorted(keys)
    assert {row(store, key).state for key in keys} == {State.DELIVERED}


def test_the_same_call_from_many_sides_at_once_counts_once(store: Store, clock: Clock) -> None:
    keys = [one(store, clock, number) for number in range(4)]
    told = [News(id=key, letter=key, said=Said.DELIVERED, kind="x") for key in keys]
    found: list[Noted] = []
    gate = threading.Barrier(6)

    def call(order: list[News]) -> None:
        gate.wait()
        with store.write() as tx:
            found.extend(events.record_all(tx, "sendgrid", order, now=clock.now))

    orders = [told, told[::-1]] * 3
    threads = [threading.Thread(target=call, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(noted.letter for noted in found) == sorted(keys)
    with store.read() as tx:
        told_of = select(func.count()).where(letter_event.c.external_id.is_not(None))
        assert tx.execute(told_of).scalar_one() == len(keys)


def test_a_dead_mailbox_pauses_its_official_and_nothing_is_lost(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    write(store, 2, to=recipients(1))
    noted = tell(store, Said.BOUNCED, key, code=GONE, note="no such user")
    assert noted is not None
    assert not noted.attention, "the pause stands on every page of the staff"
    pause = paused(store)[LANE]
    assert pause.actor == "bounce"
    assert pause.reason == f"the mailbox does not take letters any more ({GONE})"
    with store.write() as tx:
        way = outbox.Way(account="fake:relay", delivers=False)
        assert outbox.claim(tx, "w", now=clock.now, lease=60, most=9, way=way) == []
    states = [row(store, about).state for about in letters(store)]
    assert sorted(states) == [State.BOUNCED, State.QUEUED]


@pytest.mark.parametrize(
    ("said", "code", "note", "stops"),
    [
        (Said.BOUNCED, "550 5.1.1", "", True),
        (Said.BOUNCED, "550 5.1.10", "", True),
        (Said.BOUNCED, "550 5.2.1", "", True),
        (Said.BOUNCED, "", "HardBounce", True),
        (Said.BOUNCED, "550", "user unknown", True),
        (Said.BOUNCED, "550", "5.1.1 user unknown", True),
        (Said.BOUNCED, "550 5.0.0", "no such user", True),
        (Said.DROPPED, "", "on the suppression list", True),
        (Said.DROPPED, "", "Bounced Address", True),
        (Said.DROPPED, "", "suppress-bounce; Not delivering to previously bounced address", True),
        (Said.DROPPED, "550 5.1.1", "the address is on the suppression list", True),
        (Said.DROPPED, "", "", False),
        (Said.DROPPED, "", "Spam Content", False),
        (Said.DROPPED, "", "Recipient List over Package Quota", False),
        (Said.DROPPED, "", "Bad content", False),
        (Said.DROPPED, "", "Mailbox is full", False),
        (Said.BOUNCED, "550 5.0.0", "", False),
        (Said.BOUNCED, "550", "High probability of spam", False),
        (Said.BOUNCED, "550", "Administrative prohibition", False),
        (Said.BOUNCED, "550 5.1.1", "rejected as spam for this recipient", False),
        (Said.BOUNCED, "", "too many invalid recipients from your host", False),
        (Said.BOUNCED, "450", "user unknown", False),
        (Said.BOUNCED, "554 5.7.1", "a policy", False),
        (Said.BOUNCED, "552 5.2.2", "full", False),
        (Said.BOUNCED, "550 5.2.121", "too many an hour", False),
        (Said.BOUNCED, "550 5.1.8", "our own address", False),
        (Said.BOUNCED, "550 5.4.1", "", False),
        (Said.DROPPED, "550", "blocked", False),
        (Said.DELIVERED, "250", "", False),
        (Said.DEFERRED, "450 4.1.1", "", False),
    ],
)
def test_what_pauses_an_official(
    store: Store, clock: Clock, said: Said, code: str, note: str, stops: bool
) -> None:
    key = one(store, clock)
    noted = tell(store, said, key, code=code, note=note)
    assert noted is not None
    assert (LANE in paused(store)) is stops
    refused = said in {Said.BOUNCED, Said.DROPPED}
    assert noted.attention is (refused and not stops), "what stops nothing is looked at"


def test_a_refusal_of_a_letter_that_never_left_pauses_nobody(store: Store, clock: Clock) -> None:
    write(store, 1, to=recipients(1))
    (waiting,) = letters(store)
    noted = tell(store, Said.BOUNCED, waiting, code=GONE, note="no such user")
    assert noted is not None
    assert noted.attention
    assert noted.state is State.QUEUED
    assert paused(store) == {}


def test_an_address_in_the_words_is_no_code(store: Store, clock: Clock) -> None:
    tell(store, Said.BOUNCED, one(store, clock), note="host 5.7.1.20 says there is no such user")
    assert LANE in paused(store)


def test_staff_are_told_of_a_pause_once(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    write(store, 2, to=recipients(1))
    assert told(store) == []
    tell(store, Said.BOUNCED, key, code=GONE)
    assert told(store) == [f"{LANE} is paused: the mailbox does not take letters any more ({GONE})"]
    assert told(store) == []
    tell(store, Said.BOUNCED, key, code=GONE)
    assert told(store) == []
    (mail,) = mails(store, Kind.ALERT)
    assert mail.subject == "minister-1 is paused: letters do not arrive there"
    assert f"/staff/letters/{key}" in mail.body
    assert "1 letter waits for this official; none is lost." in mail.body


def test_a_pause_that_staff_have_ended_meanwhile_is_not_told(store: Store, clock: Clock) -> None:
    tell(store, Said.BOUNCED, one(store, clock), code=GONE)
    with store.write() as tx:
        lanes.resume(tx, LANE)
    assert told(store) == []


def test_without_an_address_for_alerts_the_log_tells(store: Store, clock: Clock) -> None:
    tell(store, Said.BOUNCED, one(store, clock), code=GONE)
    assert len(told(store, Desk(sender=SENDER))) == 1
    assert told(store, Desk(sender=SENDER)) == []


def test_once_resumed_only_a_later_letter_pauses_again(store: Store, clock: Clock) -> None:
    first, second = one(store, clock, 1), one(store, clock, 2)
    tell(store, Said.BOUNCED, first, code=GONE)
    with store.write() as tx:
        assert lanes.resume(tx, LANE)
    clock.pass_(60)
    tell(store, Said.BOUNCED, second, code=GONE)
    assert paused(store) == {}, "it had left before staff looked"
    tell(store, Said.BOUNCED, one(store, clock, 3), code=GONE)
    assert LANE in paused(store)
    assert len(told(store)) == 1


def test_a_pause_by_staff_stays_theirs_and_they_are_asked_to_look(
    store: Store, clock: Clock
) -> None:
    key = one(store, clock)
    with store.write() as tx:
        lanes.pause(tx, LANE, reason="on holiday", actor="staff:1", now=clock.now)
    noted = tell(store, Said.BOUNCED, key, code=GONE)
    assert noted is not None
    assert noted.attention
    assert paused(store)[LANE].reason == "on holiday"


def test_a_trials_letters_pause_nobody(store: Store, clock: Clock) -> None:
    key = one(store, clock)
    with store.write() as tx:
        tx.execute(update(letter).values(person=None))
    noted = tell(store, Said.BOUNCED, key, code=GONE)
    assert noted is not None
    assert noted.attention
    assert paused(store) == {}


def test_a_complaint_of_an_office_is_for_staff_to_look_at(store: Store, clock: Clock) -> None:
    noted = tell(store, Said.COMPLAINED, one(store, clock))
    assert noted is not None
    assert noted.attention
    assert paused(store) == {}


def test_a_wrong_address_of_a_supporter_pauses_nobody(store: Store, clock: Clock) -> None:
    key = confirmation(store, clock)
    noted = tell(store, Said.BOUNCED, key, code=GONE)
    assert noted is not None
    assert (noted.state, noted.attention) == (State.BOUNCED, False)
    assert paused(store) == {}


def test_what_does_not_reach_staff_themselves_needs_attention(store: Store, clock: Clock) -> None:
    with store.write() as tx:
        outbox.post(
            tx, Kind.ALERT, to="staff@campaign.example", subject="x", text="x\n", sender=SENDER,
            from_name="Mailer", language="en", now=clock.now,
        )  # fmt: skip
    noted = tell(store, Said.BOUNCED, send(store, clock)[0].id, code=GONE)
    assert noted is not None
    assert noted.attention


def test_who_complains_gets_no_more_mail_and_their_letters_go_on(
    store: Store, clock: Clock
) -> None:
    key = confirmation(store, clock)
    accept(store, draft(about=campaign(slug="trees", confirm=True)))
    tell(store, Said.COMPLAINED, key)
    with store.read() as tx:
        (gone,) = tx.execute(select(suppressed)).all()
    assert gone.reason == "complained"
    assert "@" not in gone.mailbox
    confirmations = letters(store, Kind.CONFIRMATION)
    assert [row(store, about).state for about in confirmations] == [
        State.COMPLAINED, State.CANCELLED,
    ]  # fmt: skip
    clock.pass_(86400 * 2)
    accept(store, draft(about=campaign(slug="lakes", confirm=True)))
    accept(store, draft(supporter(email="bob@supporter.example"), campaign(confirm=True)))
    assert len(letters(store, Kind.CONFIRMATION)) == 3, "another mailbox is asked as before"
    assert {row(store, about).state for about in letters(store)} == {State.AWAITING}


def test_erasing_takes_what_came_back_and_what_still_comes(
    store: Store, clock: Clock, tmp_path: Any
) -> None:
    key, official = confirmation(store, clock), ""
    accept(store, draft(to=recipients(1)))
    official = send(store, clock)[0].id
    quoted = "ann@supporter.example is unknown"
    for about in (key, official):
        tell(store, Said.DEFERRED, about, note=quoted, raw=quoted)
        tell(store, Said.BOUNCED, about, note=quoted, raw=quoted, code="554 5.7.1")
    erasing.forget(store, "ann@supporter.example", file=tmp_path / "journal")
    tell(store, Said.DELIVERED, key, note=quoted, raw=quoted)
    with store.read() as tx:
        found = repr([tx.execute(select(each)).all() for each in (table, letter_event, letter)])
    assert "ann@" not in found
    assert {stored.raw for stored in kept(store)} == {""}


def test_what_signs_a_call_stands_for_one_body(store: Store, clock: Clock) -> None:
    with store.write() as tx:
        assert events.use(tx, "mailgun", "t1", b"one", now=clock.now)
        assert events.use(tx, "mailgun", "t1", b"one", now=clock.now), "sent again"
        assert not events.use(tx, "mailgun", "t1", b"two", now=clock.now)
        assert events.use(tx, "mailgun", "\ud800", b"two", now=clock.now)
        assert events.use(tx, "other", "t1", b"two", now=clock.now)


def test_tokens_are_forgotten_when_they_are_stale_anyway(store: Store, clock: Clock) -> None:
    def marks() -> int:
        with store.read() as tx:
            used = meta.c.name.startswith("used ")
            return int(tx.execute(select(func.count()).where(used)).scalar_one())

    with store.write() as tx:
        for number in range(50):
            events.use(tx, "mailgun", f"old{number}", b"", now=clock.now)
    clock.pass_(4000)
    with store.write() as tx:
        for number in range(2000):
            events.use(tx, "mailgun", f"new{number}", b"", now=clock.now)
    assert marks() == 2000


def test_a_call_that_cannot_be_read_is_kept_once(store: Store, clock: Clock) -> None:
    with store.write() as tx:
        first = events.note_unread(tx, "brevo", b"\xff{", "not JSON", now=clock.now)
        again = events.note_unread(tx, "brevo", b"\xff{", "not JSON", now=clock.now)
    assert first is not None
    assert first.attention
    assert again is None
    (stored,) = kept(store)
    assert (stored.kind, stored.note, stored.raw) == ("unreadable", "not JSON", "\ufffd{")


def test_tallies_count_by_day(store: Store, clock: Clock) -> None:
    with store.write() as tx:
        for _ in range(3):
            events.count(tx, "hook brevo refused", now=clock.now)
        events.count(tx, "hook resend refused", now=clock.now + 86400)
        events.count(tx, "other", now=clock.now)
        assert events.tally(tx, "hook ", days=1, now=clock.now + 86400) == {"resend refused": 1}
        assert events.tally(tx, "hook ", days=2, now=clock.now + 86400) == {
            "brevo refused": 3, "resend refused": 1,
        }  # fmt: skip
