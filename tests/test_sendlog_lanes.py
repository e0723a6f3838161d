"""What the send log tells of lanes and queues, on both databases."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from mailer import outbox
from mailer.db import Store
from mailer.db.schema import letter
from mailer.errors import SendError
from mailer.officials.values import Pace
from mailer.outbox import Outcome, Way
from mailer.outbox import lanes as switches
from mailer.sendlog import lanes
from mailer.sendlog.standing import Overview, Queue, Standing
from mailer.submissions import accept
from mailer.transports import Answer
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients, supporter

RELAY = "fake:relay"
HOURLY = Pace(count=60, seconds=3600.0)  # one a minute, six at once after a quiet time


def write(store: Store, number: int = 3, *, hours: str = "", ceiling: int = 0) -> None:
    (minister,) = recipients(1, HOURLY)
    to = (replace(minister, hours=hours, timezone="UTC"),)
    for one in range(number):
        who = supporter(name=f"Ann {one}", email=f"a{one}@supporter.example")
        accept(store, draft(who, campaign(ceiling=ceiling), to))
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))


def look(store: Store, accounts: Collection[str] = (RELAY,), *, delivers: bool = True) -> Overview:
    return lanes.overview(store, accounts=accounts, delivers=delivers)


def only(store: Store, **more: bool) -> Queue:
    (one,) = look(store, **more).queues
    return one


def attempt(store: Store, said: Answer | SendError, most: int = 1) -> None:
    """Take letters as far as what a server says."""
    now, account = store.now(), Way(account=RELAY)
    answer, error = (said, None) if isinstance(said, Answer) else (None, said)
    with store.write() as tx:
        mine = outbox.claim(tx, "w", now=now, lease=60, most=most, way=account)
        outbox.fence(tx, "w", [(one, "0" * 64) for one in mine], now=now, lease=60)
        done = [Outcome(letter=one, account=RELAY, answer=answer, error=error) for one in mine]
        outbox.settle(tx, "w", done, now=now)


def put(store: Store, state: str) -> None:
    """Bring one letter that is due into a state."""
    with store.write() as tx:
        due = (letter.c.state == "queued", letter.c.due_at <= store.now(tx))
        one = tx.execute(select(letter.c.id).where(*due).limit(1)).scalar()
        leased = (
            {"worker": "w", "lease_until": store.now(tx)} if state in {"claimed", "dot"} else {}
        )
        tx.execute(update(letter).where(letter.c.id == one).values(state=state, **leased))


def test_letters_are_counted_where_they_are(store: Store, clock: Clock) -> None:
    write(store, 9, ceiling=500)
    attempt(store, Answer(text="queued", code="250"), most=2)
    attempt(store, SendError("greylisted", code="451"))
    for state in ("claimed", "dot", "review", "uncertain"):
        put(store, state)
    found = only(store)
    assert (found.campaign, found.official) == ("exams", "minister-1")
    assert (found.waiting, found.deferred, found.under_way) == (3, 1, 2)
    assert (found.held, found.uncertain) == (1, 1)
    assert (found.sent_today, found.ceiling) == (3, 500)
    assert (found.pace_count, found.pace_seconds) == (60, 3600.0)
    assert found.tried_at == clock.now


def test_what_a_queue_waits_for(store: Store, clock: Clock) -> None:
    write(store, 7, ceiling=7)
    assert only(store).standing is Standing.LEAVING
    attempt(store, Answer(text="queued", code="250"), most=6)
    clock.pass_(30)
    assert only(store).standing is Standing.LEAVING, "its pace is not a fault"
    clock.pass_(40)
    attempt(store, SendError("greylisted", code="451"))
    assert only(store).standing is Standing.RETRYING
    clock.pass_(3600)
    assert only(store).standing is Standing.FULL, "seven were tried today"
    clock.pass_(86400)
    assert only(store).standing is Standing.STUCK
    attempt(store, Answer(text="queued", code="250"))
    found = only(store)
    assert (found.standing, found.ends) == (Standing.EMPTY, None)


def test_hours_shut_it(store: Store, clock: Clock) -> None:
    write(store, hours="mon 09:00-10:00")
    found = only(store)
    assert found.standing is Standing.CLOSED
    assert found.opens_at == clock.now + 3 * 86400 + 3600
    assert found.ends
    assert found.ends.at == found.opens_at
    clock.pass_(3 * 86400 + 3600 + 300)
    found = only(store)
    assert (found.standing, found.opens_at) == (Standing.LEAVING, None), "open for five minutes"
    clock.pass_(400)
    assert only(store).standing is Standing.STUCK


def test_a_pause_stands_above_all(store: Store, clock: Clock) -> None:
    write(store, hours="mon 09:00-10:00")
    with store.write() as tx:
        switches.close(tx, RELAY, "connection refused", clock.now)
        switches.pause(tx, "domain:ministry.example", reason="r", actor="staff:1", now=clock.now)
    found = only(store)
    assert (found.standing, found.paused_by) == (Standing.PAUSED, "domain:ministry.example")
    assert [one.lane for one in look(store).paused] == ["domain:ministry.example"]


def test_a_server_that_is_down_and_works_again(store: Store, clock: Clock) -> None:
    write(store)
    with store.write() as tx:
        until = switches.close(tx, RELAY, "connection refused", clock.now)
    found = look(store)
    (one,) = found.failing
    assert (one.lane, one.reason, one.failures) == (f"account:{RELAY}", "connection refused", 1)
    assert (one.since, one.probe_at) == (clock.now, until)
    assert [one.standing for one in found.queues] == [Standing.DOWN]
    assert [(way.name, way.fails) for way in found.accounts] == [(RELAY, True)]
    with store.write() as tx:
        switches.reopen(tx, RELAY)
    assert only(store).standing is Standing.LEAVING


def test_where_nothing_really_leaves_only_a_stopped_worker_matters(
    store: Store, clock: Clock
) -> None:
    write(store, hours="mon 09:00-10:00", ceiling=1)
    found = only(store, delivers=False)
    assert (found.standing, found.ends) == (Standing.LEAVING, None)
    clock.pass_(601)
    assert only(store, delivers=False).standing is Standing.STUCK


def test_alarms_are_those_of_the_whole_page(store: Store, clock: Clock) -> None:
    def alarms() -> lanes.Alarms:
        return lanes.alarms(store, accounts=[RELAY], delivers=True)

    write(store)
    assert not alarms()
    clock.pass_(601)
    assert (alarms().stuck, look(store).stuck) == (1, 1)
    with store.write() as tx:
        switches.pause(tx, "everything", reason="r", actor="staff:1", now=clock.now)
        switches.close(tx, RELAY, "connection refused", clock.now)
    found = alarms()
    assert (found.stuck, found.paused, found.failing) == (
        0, look(store).paused, look(store).failing,
    )  # fmt: skip
    assert found


@pytest.mark.parametrize(
    "lane", ["everything", "people", "campaign:exams", "official:minister-1",
             "mailbox:minister-1@ministry.example", "domain:ministry.example"],
)  # fmt: skip
def test_lanes_are_known_by_the_letters_that_passed(store: Store, lane: str) -> None:
    assert (lane in lanes.known(store)) is (lane in {"everything", "people"})
    write(store)
    assert lane in lanes.known(store)


def test_a_campaign_is_paused_by_itself_or_with_everything(store: Store) -> None:
    for lane, exams in (("campaign:other", False), ("campaign:exams", True), ("everything", True)):
        with store.write() as tx:
            switches.pause(tx, lane, reason="r", actor="staff:1", now=store.now(tx))
        assert lanes.is_paused(store, "exams") is exams
        with store.write() as tx:
            assert switches.resume(tx, lane)
    assert not lanes.is_paused(store, "exams")
