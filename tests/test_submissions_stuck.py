"""Staff are told what has been stuck for an hour, once, and when it works again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from mailer import outbox
from mailer.db import Store
from mailer.db.schema import lane, letter
from mailer.errors import Next, SendError
from mailer.outbox import lanes
from mailer.status import Kind, State
from mailer.submissions import accept, stuck
from mailer.submissions.alerts import Desk
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter
from tests.test_submissions_notices import DESK, mails

RELAY = "smtp:relay.example"
MAILBOX = "mailbox:minister-1@ministry.example"


def tell(store: Store, desk: Desk = DESK, *accounts: str) -> list[str]:
    return stuck.tell_lanes(store, desk, accounts or [RELAY])


def close(store: Store, account: str, clock: Clock, reason: str = "nothing answers there") -> None:
    with store.write() as tx:
        lanes.close(tx, account, reason, clock.now)


def test_what_is_stuck_for_an_hour_is_told_once_and_when_it_works_again(
    store: Store, clock: Clock
) -> None:
    close(store, RELAY, clock)
    for _ in range(59):
        clock.pass_(60)
        close(store, RELAY, clock)
        assert tell(store) == []
    clock.pass_(60)
    told = tell(store)
    assert told == ["account:smtp:relay.example has failed for an hour: nothing answers there"]
    (mail,) = mails(store, Kind.ALERT)
    assert mail.subject == "No mail leaves: account:smtp:relay.example"
    assert "It has failed for 60 minutes:\n\nnothing answers there\n" in mail.body
    clock.pass_(86400)
    close(store, RELAY, clock)
    assert tell(store) == []
    with store.write() as tx:
        lanes.reopen(tx, RELAY)
    assert tell(store) == ["account:smtp:relay.example works again"]
    assert mails(store, Kind.ALERT)[-1].subject == "Mail leaves again: account:smtp:relay.example"
    assert tell(store) == []


def test_a_new_outage_is_told_anew(store: Store, clock: Clock) -> None:
    for _ in range(2):
        close(store, RELAY, clock)
        clock.pass_(7200)
        assert len(tell(store)) == 1
        with store.write() as tx:
            lanes.reopen(tx, RELAY)
        assert len(tell(store)) == 1
    assert len(mails(store, Kind.ALERT)) == 4


@pytest.mark.parametrize("paused", [True, False])
def test_what_is_paused_stands_still_on_purpose(store: Store, clock: Clock, paused: bool) -> None:
    close(store, RELAY, clock)
    if paused:
        with store.write() as tx:
            tx.execute(update(lane).values(paused=True))
    clock.pass_(7200)
    assert bool(tell(store)) is not paused


def test_a_way_that_is_no_longer_used_is_nobodys_matter(store: Store, clock: Clock) -> None:
    close(store, RELAY, clock)
    clock.pass_(7200)
    assert tell(store, DESK, "smtp:another.example") == []
    assert len(tell(store)) == 1
    with store.write() as tx:
        lanes.reopen(tx, RELAY)
    assert tell(store, DESK, "smtp:another.example") == []
    assert tell(store) == [f"account:{RELAY} works again"]


def test_without_an_address_the_log_says_it_all_the_same(store: Store, clock: Clock) -> None:
    close(store, RELAY, clock)
    clock.pass_(7200)
    assert len(tell(store, Desk(sender=SENDER))) == 1
    assert tell(store, Desk(sender=SENDER)) == []
    assert mails(store, Kind.ALERT) == []


def put_off(store: Store, clock: Clock, **values: object) -> None:
    """Three letters to the first minister, tried and not taken since now."""
    for number in range(3):
        accept(store, draft(supporter(email=f"s{number}@supporter.example")))
    with store.write() as tx:
        theirs = update(letter).where(letter.c.official == "minister-1")
        tx.execute(
            theirs.values(
                attempts=2, tried_at=clock.now, due_at=clock.now + 60,
                answer="450 4.7.1 RCPT: <minister-1@ministry.example> not now, Ann",
            )
        )  # fmt: skip


def test_an_office_that_puts_letters_off_for_an_hour_is_told_once(
    store: Store, clock: Clock
) -> None:
    put_off(store, clock)
    clock.pass_(3599)
    assert stuck.tell_offices(store, DESK) == []
    clock.pass_(1)
    told = stuck.tell_offices(store, DESK)
    assert told == [f"{MAILBOX}: 3 letters put off for more than an hour"]
    (mail,) = mails(store, Kind.ALERT)
    assert mail.subject == f"Letters are put off: {MAILBOX}"
    assert "3 letters have been tried for more than an hour and were not taken." in mail.body
    assert "The server answered 450 4.7.1;" in mail.body
    assert "Ann" not in mail.body, "the server's words may name somebody"
    clock.pass_(7200)
    assert stuck.tell_offices(store, DESK) == []
    with store.write() as tx:
        tx.execute(update(letter).where(letter.c.attempts > 0).values(state=State.SENT))
    assert stuck.tell_offices(store, DESK) == [f"{MAILBOX}: no letter is put off any longer"]
    assert mails(store, Kind.ALERT)[-1].subject == f"No letter is put off any longer: {MAILBOX}"
    assert stuck.tell_offices(store, DESK) == []


def test_what_waits_for_a_relay_or_its_turn_is_not_put_off(store: Store, clock: Clock) -> None:
    put_off(store, clock)
    with store.write() as tx:
        tx.execute(update(letter).values(attempts=0))
    clock.pass_(86400)
    assert stuck.tell_offices(store, DESK) == []


def test_a_mailbox_of_several_campaigns_is_told_of_once(store: Store, clock: Clock) -> None:
    put_off(store, clock)
    accept(store, draft(supporter(email="o@supporter.example"), campaign(slug="other")))
    with store.write() as tx:
        theirs = update(letter).where(letter.c.official == "minister-1")
        tx.execute(theirs.values(attempts=1, tried_at=clock.now))
    clock.pass_(3600)
    assert stuck.tell_offices(store, DESK) == [
        f"{MAILBOX}: 4 letters put off for more than an hour"
    ]  # fmt: skip


def test_a_mailbox_that_is_shut_is_told_of_once_and_not_as_put_off_too(
    store: Store, clock: Clock
) -> None:
    put_off(store, clock)
    full = {"failures": 3, "since": clock.now, "reason": "552 5.2.2 RCPT: over quota"}
    with store.write() as tx:
        tx.execute(update(lane).where(lane.c.id == MAILBOX).values(**full))
    clock.pass_(3600)
    assert tell(store) == [f"{MAILBOX} has failed for an hour: 552 5.2.2 RCPT: over quota"]
    assert stuck.tell_offices(store, DESK) == []
    with store.write() as tx:
        tx.execute(update(lane).values(failures=0, since=None, reason=""))
    assert tell(store) == [f"{MAILBOX} works again"]
    assert len(stuck.tell_offices(store, DESK)) == 1


WRONG_KEY = SendError("the key is not known", Next.STOP, code="401", account=True)
BUSY = SendError("too many at once", Next.STOP, code="429")


def fail(store: Store, clock: Clock, *errors: SendError, account: str = RELAY) -> None:
    """Letters that leave and come back with these, in one commit."""
    with store.write() as tx:
        way = outbox.Way(account=account, delivers=False)
        found = outbox.claim(tx, "w", now=clock.now, lease=60, most=len(errors), way=way)
        outbox.fence(tx, "w", [(one, "0" * 64) for one in found], now=clock.now, lease=60)
        done = [
            outbox.Outcome(letter=one, account=account, error=error)
            for one, error in zip(found, errors, strict=True)
        ]
        outbox.settle(tx, "w", done, now=clock.now)


def some_letters(store: Store) -> None:
    for number in range(4):
        accept(store, draft(supporter(email=f"s{number}@supporter.example")))


def test_an_account_that_waits_for_somebody_is_told_at_once_and_once(
    store: Store, clock: Clock
) -> None:
    some_letters(store)
    fail(store, clock, WRONG_KEY)
    assert tell(store) == [
        f"account:{RELAY} is stopped until somebody acts: 401 the key is not known"
    ]
    (mail,) = mails(store, Kind.ALERT)
    assert mail.subject == f"Somebody has to act: account:{RELAY}"
    assert "and says:\n\n401 the key is not known\n" in mail.body
    for _ in range(3):
        clock.pass_(7200)
        fail(store, clock, WRONG_KEY)
        assert tell(store) == []
    with store.write() as tx:
        lanes.reopen(tx, RELAY)
    assert tell(store) == [f"account:{RELAY} works again"]
    clock.pass_(60)
    fail(store, clock, WRONG_KEY)
    assert len(tell(store)) == 1, "another outage"


def test_letters_of_a_stopped_account_wait_and_lose_no_attempt(store: Store, clock: Clock) -> None:
    some_letters(store)
    fail(store, clock, WRONG_KEY, WRONG_KEY)
    with store.read() as tx:
        rows = tx.execute(select(letter.c.state, letter.c.attempts)).all()
    assert {(row.state, row.attempts) for row in rows} == {(State.QUEUED, 0)}


@pytest.mark.parametrize("errors", [(WRONG_KEY, BUSY), (BUSY, WRONG_KEY)])
def test_of_several_failures_at_once_what_needs_somebody_outweighs(
    store: Store, clock: Clock, errors: tuple[SendError, SendError]
) -> None:
    some_letters(store)
    fail(store, clock, *errors)
    assert "the key is not known" in tell(store)[0]


def test_what_mends_itself_is_not_told_at_once(store: Store, clock: Clock) -> None:
    some_letters(store)
    fail(store, clock, BUSY)
    assert tell(store) == []
    clock.pass_(3600)
    fail(store, clock, BUSY)
    assert tell(store) == [f"account:{RELAY} has failed for an hour: 429 too many at once"]
    fail(store, clock, WRONG_KEY)
    assert "until somebody acts" in tell(store)[0], "that is news"
    assert tell(store) == []


def test_a_stop_that_is_over_before_anybody_looked_is_not_told(store: Store, clock: Clock) -> None:
    some_letters(store)
    fail(store, clock, WRONG_KEY)
    with store.write() as tx:
        lanes.reopen(tx, RELAY)
    clock.pass_(60)
    fail(store, clock, BUSY)
    assert tell(store) == []


def test_it_leaves_by_another_way_out(store: Store, clock: Clock) -> None:
    some_letters(store)
    fail(store, clock, WRONG_KEY)
    tell(store)
    with store.write() as tx:
        other = outbox.Way(account="smtp:other.example", others=frozenset({RELAY}), delivers=False)
        (first,) = outbox.claim(tx, "w", now=clock.now, lease=60, most=1, way=other)
    assert first.mail.subject.startswith("Somebody has to act")


def test_one_worker_tells_it_where_many_look(store: Store, clock: Clock) -> None:
    some_letters(store)
    fail(store, clock, WRONG_KEY)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: tell(store), range(4)))
    assert sum(len(lines) for lines in told) == 1
    assert len(mails(store, Kind.ALERT)) == 1
