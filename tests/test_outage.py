"""When nothing works for days: whose deadline begins, and who is given up."""

from __future__ import annotations

from sqlalchemy import func, select

from mailer import outbox
from mailer.db import Store
from mailer.db.schema import letter
from mailer.errors import SendError
from mailer.officials.values import Pace
from mailer.outbox import NewLetter, Terms, Way, Written, lanes, outage
from mailer.outbox.retries import RetryPlan
from mailer.status import Kind, State
from tests.conftest import Clock

HOURLY = Pace(count=60, seconds=3600.0)
WAY = Way(account="smtp://relay.example:587")
PLAN = RetryPlan()


def add(store: Store, number: int, pace: Pace | None) -> None:
    written = Written(
        language="en", from_name="Ann", from_address="letters@campaign.example",
        to_address="one@ministry.example", subject="Exams", body="Hi.",
    )  # fmt: skip
    new = NewLetter(
        kind=Kind.LETTER, state=State.QUEUED, written=written, actor="test", campaign="exams",
        official="one", terms=Terms(pace=pace),
    )  # fmt: skip
    with store.write() as tx:
        outbox.add(tx, [new] * number, store.now(tx))


def fail(store: Store) -> None:
    with store.write() as tx:
        lanes.close(tx, WAY.account, "nothing answers there", store.now(tx))


def note(store: Store) -> int:
    with store.write() as tx:
        now, since = store.now(tx), outage.began(tx, [WAY.account])
        return 0 if since is None else outage.note(tx, WAY, since=since, now=now)


def give_up(store: Store) -> int:
    with store.write() as tx:
        return outage.give_up(tx, PLAN, now=store.now(tx))


def begun(store: Store) -> int:
    with store.read() as tx:
        statement = select(func.count()).where(letter.c.tried_at.is_not(None))
        return int(tx.execute(statement).scalar_one())


def test_only_what_the_pace_would_have_let_go_begins_its_deadline(
    store: Store, clock: Clock
) -> None:
    add(store, 300, HOURLY)
    fail(store)
    clock.pass_(3600.0)
    assert note(store) == 60
    assert note(store) == 0, "once for the same time"
    clock.pass_(1800.0)
    assert note(store) == 30
    assert begun(store) == 90


def test_after_the_deadline_those_are_given_up_and_the_others_wait(
    store: Store, clock: Clock
) -> None:
    add(store, 100, HOURLY)
    fail(store)
    clock.pass_(1800.0)
    assert note(store) == 30
    clock.pass_(PLAN.deadline - 1)
    assert give_up(store) == 0
    clock.pass_(2)
    assert give_up(store) == 30
    with store.read() as tx:
        said = (letter.c.state, letter.c.reason)
        found = {tuple(row) for row in tx.execute(select(*said, func.count()).group_by(*said))}
    assert found == {("failed", "deadline", 30), ("queued", "", 70)}


def test_a_letter_without_pace_begins_at_once(store: Store, clock: Clock) -> None:
    add(store, 20, None)
    fail(store)
    clock.pass_(1.0)
    assert note(store) == 20


def test_nothing_begins_while_one_account_works_or_is_paused(store: Store, clock: Clock) -> None:
    add(store, 5, None)
    with store.write() as tx:
        assert outage.began(tx, [WAY.account]) is None
    fail(store)
    with store.write() as tx:
        assert outage.began(tx, [WAY.account]) == clock.now
        assert outage.began(tx, [WAY.account, "smtp://other.example:587"]) is None
        lanes.pause(tx, lanes.of_account(WAY.account), reason="x", actor="staff:x", now=clock.now)
        assert outage.began(tx, [WAY.account]) is None


def test_what_only_a_dead_server_may_have_is_given_up_while_another_works(
    store: Store, clock: Clock
) -> None:
    add(store, 2, None)
    with store.write() as tx:
        (one,) = outbox.claim(tx, "w", now=clock.now, lease=60, most=1, way=WAY)
        outbox.fence(tx, "w", [(one, "0" * 64)], now=clock.now, lease=60, account=WAY.account)
        lost = SendError("cut", maybe_accepted=True)
        outcome = outbox.Outcome(letter=one, account=WAY.account, error=lost)
        outbox.settle(tx, "w", [outcome], now=clock.now)
    fail(store)
    other = Way(account="smtp://other.example:587", others=frozenset({WAY.account}))
    with store.write() as tx:
        assert outage.failing(tx, [WAY.account, other.account]) == [WAY.account]
        clock.pass_(3600.0)
        assert not outbox.has_bound(tx, other.account, clock.now)
        assert outbox.has_bound(tx, WAY.account, clock.now)
        taken = outbox.claim(tx, "w", now=clock.now, lease=60, most=9, way=other)
        assert one.id not in {each.id for each in taken}
        clock.pass_(PLAN.deadline)
        assert outage.give_up(tx, PLAN, now=clock.now, bound=[WAY.account]) == 1
        state = select(letter.c.state).where(letter.c.id == one.id)
        assert tx.execute(state).scalar() == "failed"
