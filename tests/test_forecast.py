"""A forecast against what really happens: the claim itself, on a clock that tests move."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from mailer import outbox
from mailer.campaigns.values import Campaign
from mailer.db import Store
from mailer.db.schema import letter, queue
from mailer.officials.values import Pace
from mailer.outbox import Outcome, Way, forecast, lanes, queues
from mailer.outbox.forecast import Because, Forecast, Line
from mailer.status import State
from mailer.submissions import accept
from mailer.transports import Answer
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients, supporter

RELAY = "fake:relay"
PLAIN = Way(account=RELAY)
HOURLY = Pace(count=60, seconds=3600.0)  # one a minute, six at once after a quiet time
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
STEP = MINUTE + 1  # of the clock here, and the moments in which letters were written


def write(
    store: Store, clock: Clock, number: int, about: Campaign, *, officials: int = 1,
    zone: str = "UTC",
) -> None:  # fmt: skip
    to = tuple(
        replace(one, timezone=zone, hours=about.hours) for one in recipients(officials, HOURLY)
    )
    for one in range(number):
        who = supporter(
            name=f"Ann {about.slug} {one}", email=f"{about.slug}{one}@supporter.example"
        )
        accept(store, draft(who, about, to))
        clock.pass_(0.01)
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))


def forecasts(store: Store, accounts: Collection[str] = ()) -> dict[str, Forecast]:
    with store.read() as tx:
        waiting = tx.execute(select(letter.c.id).where(letter.c.state == State.QUEUED)).scalars()
        return forecast.about(tx, list(waiting), store.now(tx), accounts)


def leave(store: Store, clock: Clock, *, most: int = 1000, way: Way = PLAIN) -> dict[str, float]:
    """Let `most` letters leave as workers would, minute by minute; when each did."""
    left: dict[str, float] = {}
    while len(left) < most:
        with store.write() as tx:
            queues.roll_windows(tx, clock.now)
            mine = outbox.claim(tx, "w", now=clock.now, lease=60, most=6, way=way)
            outbox.fence(tx, "w", [(one, "0" * 64) for one in mine], now=clock.now, lease=60)
            said = Answer(text="queued", code="250")
            done = [Outcome(letter=one, account=RELAY, answer=said) for one in mine]
            outbox.settle(tx, "w", done, now=clock.now)
            waits = tx.execute(select(letter.c.id).where(letter.c.state == State.QUEUED)).first()
            opens = tx.execute(select(queue.c.opens_at)).scalars().first()
        left |= {one.id: clock.now for one in mine}
        if waits is None:
            return left
        clock.now = max(clock.now + MINUTE, opens or 0.0)
    return left


def at(day: int, hour: int, zone: str = "UTC") -> float:
    """A moment of January 2027; the 15th, on which the clock stands, is a Friday."""
    return datetime(2027, 1, day, hour, tzinfo=ZoneInfo(zone)).timestamp()


def worst(told: dict[str, Forecast], left: dict[str, float]) -> float:
    """By how many seconds the forecasts were wrong at the most."""
    assert told.keys() == left.keys()
    return max(abs((told[key].at or 0.0) - moment) for key, moment in left.items())


def test_each_letter_leaves_when_it_was_told(store: Store, clock: Clock) -> None:
    write(store, clock, 30, campaign())
    told = forecasts(store)
    assert {one.because for one in told.values()} == {Because.TURN}
    assert worst(told, leave(store, clock)) <= STEP


def test_it_stays_true_while_letters_leave(store: Store, clock: Clock) -> None:
    write(store, clock, 20, campaign())
    leave(store, clock, most=8)
    told = forecasts(store)
    assert 0 < len(told) < 20
    assert worst(told, leave(store, clock)) <= STEP


def test_hours_are_the_offices_own(store: Store, clock: Clock) -> None:
    """From Friday afternoon in Toronto into Monday."""
    clock.now = at(15, 17, "America/Toronto") - 20 * MINUTE
    office = campaign(hours="mon-fri 09:00-17:00")
    write(store, clock, 40, office, zone="America/Toronto")
    told = forecasts(store)
    left = leave(store, clock)
    assert worst(told, left) <= STEP
    late = [key for key, moment in left.items() if moment > at(18, 8, "America/Toronto")]
    assert 10 < len(late) < 30
    assert {told[key].because for key in late} == {Because.HOURS}
    assert {told[key].because for key in left.keys() - set(late)} == {Because.TURN}
    assert {one.zone for one in told.values()} == {"America/Toronto"}


def test_a_ceiling_makes_many_days(store: Store, clock: Clock) -> None:
    clock.now = at(15, 23)
    write(store, clock, 15, campaign(ceiling=10))
    told = forecasts(store)
    assert worst(told, leave(store, clock)) <= STEP


def test_campaigns_share_a_mailbox(store: Store, clock: Clock) -> None:
    write(store, clock, 12, campaign())
    write(store, clock, 24, campaign(slug="libraries"))
    told = forecasts(store)
    assert worst(told, leave(store, clock)) <= 3 * MINUTE, "they take turns"


def test_an_account_of_few_letters_is_the_narrow_place(store: Store, clock: Clock) -> None:
    with store.write() as tx:
        lanes.limit_account(tx, RELAY, HOURLY, 0, clock.now)
    write(store, clock, 10, campaign(), officials=6)
    told = forecasts(store, [RELAY])
    left = leave(store, clock, way=Way(account=RELAY, limited=True, reserve=0.0))
    assert worst(told, left) <= 8 * MINUTE
    assert max(left.values()) > clock.now - 2 * MINUTE > at(15, 8) + 50 * MINUTE


def test_an_accounts_day_is_over_at_its_own_midnight(store: Store, clock: Clock) -> None:
    clock.now = at(15, 23)
    with store.write() as tx:
        lanes.limit_account(tx, RELAY, None, 10, clock.now)
    write(store, clock, 15, campaign(), zone="America/Vancouver")
    told = forecasts(store, [RELAY])
    left = leave(store, clock, way=Way(account=RELAY, limited=True))
    assert worst(told, left) <= STEP
    assert max(left.values()) > at(16, 0)


@pytest.mark.parametrize(
    "lane", ["everything", "campaign:exams", "official:minister-1",
             "mailbox:minister-1@ministry.example", "domain:ministry.example",
             f"account:{RELAY}"],
)  # fmt: skip
def test_of_what_is_paused_nobody_can_tell(store: Store, clock: Clock, lane: str) -> None:
    write(store, clock, 1, campaign())
    with store.write() as tx:
        lanes.pause(tx, lane, reason="a wrong date", actor="staff:1", now=clock.now)
    (told,) = forecasts(store, [RELAY]).values()
    assert (told.at, told.because) == (None, Because.PAUSE)
    with store.write() as tx:
        lanes.resume(tx, lane)
    (told,) = forecasts(store, [RELAY]).values()
    assert told.at == clock.now


def test_of_a_relay_that_is_down_nobody_can_tell(store: Store, clock: Clock) -> None:
    write(store, clock, 1, campaign())
    with store.write() as tx:
        lanes.close(tx, RELAY, "connection refused", clock.now)
    clock.pass_(DAY)
    (told,) = forecasts(store, [RELAY]).values()
    assert (told.at, told.because) == (None, Because.RELAY)
    (told,) = forecasts(store, [RELAY, "fake:second"]).values()
    assert told.at == clock.now, "the other one takes over"


def test_what_was_put_off_leaves_no_earlier(store: Store, clock: Clock) -> None:
    clock.now = at(15, 16)
    write(store, clock, 2, campaign(hours="09:00-17:00"))
    with store.write() as tx:
        tx.execute(update(letter).values(due_at=at(15, 17) + HOUR))
    assert {(one.at, one.because) for one in forecasts(store).values()} == {
        (at(16, 9), Because.RETRY)
    }


def test_of_what_nobody_approved_only_a_pause_is_told(store: Store, clock: Clock) -> None:
    accept(store, draft())
    assert forecasts(store) == {}
    with store.write() as tx:
        lanes.pause(tx, "everything", reason="stop", actor="staff:1", now=clock.now)
    assert {one.because for one in forecasts(store).values()} == {Because.PAUSE}


def test_the_last_of_each_queue(store: Store, clock: Clock) -> None:
    write(store, clock, 20, campaign(), officials=2)
    with store.read() as tx:
        found = tx.execute(select(letter.c.queue, letter.c.id)).all()
        waiting = {row.queue: Line(letters=20) for row in found}
        told = forecast.ends(tx, waiting, clock.now)
    left = leave(store, clock)
    for name, one in told.items():
        last = max(left[row.id] for row in found if row.queue == name)
        assert abs((one.at or 0.0) - last) <= STEP


def test_behind_very_many_it_says_not_before(store: Store, clock: Clock) -> None:
    write(store, clock, 1, campaign())
    with store.read() as tx:
        (name,) = tx.execute(select(letter.c.queue)).scalars()
        told = forecast.ends(tx, {name: Line(letters=5_000_000)}, clock.now)[name]
    assert told.later
    assert told.at == clock.now + 60 * DAY


def chance(store: Store, letter_id: str) -> float | None:
    with store.read() as tx:
        return forecast.chance(tx, letter_id, store.now(tx))


def test_its_chance_comes_with_the_hours(store: Store, clock: Clock) -> None:
    """What a second letter's receipt may show of the first without telling that there was one."""
    clock.now = at(15, 20)
    write(store, clock, 1, campaign(hours="09:00-17:00"))
    (key,) = forecasts(store)
    assert chance(store, key) is None
    clock.now = at(16, 8)
    assert chance(store, key) is None
    clock.now = at(16, 10)
    assert chance(store, key) == at(16, 9)
    with store.write() as tx:
        lanes.pause(tx, "everything", reason="stop", actor="staff:1", now=clock.now)
    assert chance(store, key) == at(16, 9), "it had left before the pause"
    clock.now = at(16, 18)
    assert chance(store, key) == at(16, 9), "what has left stays so in the evening"


def test_its_chance_comes_after_those_before_it(store: Store, clock: Clock) -> None:
    write(store, clock, 9, campaign())
    with store.read() as tx:
        *_, before, last = tx.execute(select(letter.c.id).order_by(letter.c.due_at)).scalars()
    assert chance(store, last) is None
    left = leave(store, clock)
    assert left[before] <= (chance(store, last) or 0.0) <= left[last]


def test_it_has_no_chance_while_it_is_paused_since_before(store: Store, clock: Clock) -> None:
    with store.write() as tx:
        lanes.pause(tx, "campaign:exams", reason="stop", actor="staff:1", now=clock.now)
    clock.pass_(1)
    write(store, clock, 1, campaign())
    (key,) = forecasts(store)
    clock.pass_(HOUR)
    assert chance(store, key) is None


def test_it_has_no_chance_while_the_relay_is_down(store: Store, clock: Clock) -> None:
    with store.write() as tx:
        lanes.close(tx, RELAY, "connection refused", clock.now)
    clock.pass_(1)
    write(store, clock, 1, campaign())
    (key,) = forecasts(store)
    clock.pass_(HOUR)
    assert chance(store, key) is None
    with store.write() as tx:
        lanes.reopen(tx, RELAY)
    assert chance(store, key) is not None
