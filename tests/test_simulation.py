"""The simulation: it moves counts, and comes to the same as the buckets and the real ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer import outbox
from mailer.campaigns.values import Recipient
from mailer.db import Store
from mailer.db.schema import letter
from mailer.officials import hours
from mailer.officials.values import Pace
from mailer.outbox import Way, flow, lanes, queues
from mailer.outbox.arrivals import Arrivals, Curve, Share
from mailer.outbox.pace import Bucket
from mailer.outbox.progression import Because, Course, Line
from mailer.outbox.simulation import HORIZON, Plan, simulate
from mailer.submissions import accept
from mailer.transports import Limits
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients, supporter

ZONE = "America/Toronto"
NINE = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo(ZONE)).timestamp()  # a Tuesday
HOUR, DAY = 3600.0, 86400.0
NINE_HUNDRED = Pace(count=900, seconds=HOUR)


def line(official: str = "ann", pace: Pace = NINE_HUNDRED, open_at: str = "", **more) -> Line:
    opened = hours.parse(open_at) if open_at else None
    return Line(official=official, domain="m.example", pace=pace, hours=opened, zone=ZONE, **more)


def arrivals(supporters: int, over: float = 8.0, curve: Curve = Curve.LAUNCH) -> Arrivals:
    return Arrivals(supporters=supporters, begins=NINE, seconds=over * HOUR, curve=curve)


def courses(*lines: Line, **plan) -> tuple[Course, ...]:
    plan.setdefault("arrivals", arrivals(10_000))
    return simulate(Plan(lines=lines or (line(),), **plan)).courses


# --- How supporters come -----------------------------------------------------------------------


@given(st.integers(1, 10**6), st.floats(0.1, 500), st.sampled_from(Curve), st.data())
def test_a_supporter_has_come_when_their_moment_has(number, over, curve, data):
    come = arrivals(number, over, curve)
    one = data.draw(st.integers(1, number))
    assert come.by(come.when(one) + 1e-3) >= one
    assert come.by(come.when(one) - 1e-3) <= one
    assert come.begins < come.when(one) < come.ends
    assert (come.by(come.begins - 1), come.by(come.ends)) == (0, number)


def test_half_of_a_launch_comes_in_the_first_quarter():
    assert arrivals(10_000).by(NINE + 2 * HOUR) == pytest.approx(5_000, abs=100)
    even = arrivals(10_000, curve=Curve.EVEN)
    assert [even.by(NINE + hour * HOUR) for hour in (0, 2, 4, 8, 9)] == [
        0, 2500, 5000, 10_000, 10_000,
    ]  # fmt: skip


@given(st.integers(1, 9), st.integers(0, 500))
def test_turns_share_out_every_supporter_once(turns, supporters):
    shares = [Share(turn=turn, turns=turns) for turn in range(turns)]
    assert sum(one.of(supporters) for one in shares) == supporters
    numbers = [one.number(at + 1) for one in shares for at in range(one.of(supporters))]
    assert sorted(numbers) == list(range(1, supporters + 1))


# --- Many letters at once, and letter by letter ------------------------------------------------

paces = st.builds(Pace, count=st.integers(1, 2000), seconds=st.sampled_from([1.0, 60.0, HOUR, DAY]))


@given(paces, st.integers(1, 300), st.floats(0, 3), st.integers(0, 50))
@settings(max_examples=200, deadline=None)
def test_a_bucket_lets_many_go_as_it_lets_each(pace, number, part, before):
    """The closed form against the bucket asked for one letter after the other."""
    start = 1_000_000.0
    bucket = flow.bucket_of(pace, start)
    bucket = bucket.spent(min(before, bucket.burst), start, start + DAY)
    now, one_by_one, left = start, bucket, []
    for _ in range(number):
        now = one_by_one.next_at(now)
        one_by_one = one_by_one.spent(1, now, start + DAY)
        left.append(now)
    interval = bucket.interval
    assert flow.leaves_at(bucket, start, number) == pytest.approx(left[-1], abs=interval / 1e4)
    until = left[-1] + (part + 0.5) * interval
    total = flow.letters_between(bucket, start, until)
    assert total >= number, "none is held back that the bucket lets go"
    assert flow.leaves_at(bucket, start, total) < until
    assert flow.leaves_at(bucket, start, total + 1) > until - interval / 1e4
    spent = flow.spent(bucket, number, start, left[-1], start + DAY)
    assert spent.full_at == pytest.approx(one_by_one.full_at, abs=interval / 1e4)
    assert spent.day_count == one_by_one.day_count


def test_what_is_set_aside_for_others_may_be_spent_by_them():
    """Letters then wait for their own share again: the others' did not go back in time."""
    full = Bucket(count=10, seconds=1.0, burst=10, full_at=0.0)
    spent = full.spent(10, 100.0, DAY)
    assert spent.reserved(0.2).allowance(100.0, 99) == 0
    assert spent.reserved(0.2).allowance(100.5, 99) == 3
    assert spent.allowance(100.5, 99) == 5
    assert spent.reserved(0.2).next_at(100.0) == pytest.approx(100.3)


@given(st.integers(0, 100), st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_what_several_share_is_shared_fairly(total, wants):
    given_ = flow.fair(total, wants, [0.0] * len(wants))
    assert sum(given_) == min(total, sum(wants))
    assert all(got <= want for got, want in zip(given_, wants, strict=True))
    short = [got for got, want in zip(given_, wants, strict=True) if got < want]
    assert not short or max(given_) <= min(short) + 1


def test_what_does_not_divide_goes_to_whoever_was_served_longest_ago():
    assert flow.fair(4, [5, 5, 5], [9.0, 3.0, 9.0]) == [1, 2, 1]
    assert flow.fair(1, [1, 2], [9.0, 3.0]) == [0, 1]
    assert flow.fair(1, [1, 2], [3.0, 9.0]) == [1, 0]


# --- What comes of it --------------------------------------------------------------------------


def test_without_need_to_wait_letters_leave_as_they_are_written():
    (course,) = courses(arrivals=arrivals(1600, curve=Curve.EVEN))
    assert course.counts == (200,) * 8
    assert course.longest_wait < 1
    assert course.kept_by == {}
    assert course.first == pytest.approx(NINE + 9)
    assert course.last == pytest.approx(NINE + 8 * HOUR - 9)


def test_a_mailbox_takes_its_pace_and_once_a_burst():
    (course,) = courses()
    assert course.counts[:4] == (989, 900, 900, 900)
    assert (course.letters, course.gone, sum(course.counts)) == (10_000, 10_000, 10_000)
    assert course.last == pytest.approx(course.first + (10_000 - 90) * 4, abs=4)
    assert course.peak == 989
    assert set(course.kept_by) == {Because.MAILBOX}


def test_the_number_of_slices_changes_nothing_but_the_picture():
    (hourly,), (finer,) = courses(), courses(every=900.0)
    assert len(finer.counts) > 3 * len(hourly.counts)
    assert sum(finer.counts) == sum(hourly.counts)
    assert finer.last == hourly.last


def test_letters_wait_for_the_offices_hours():
    (course,) = courses(line(open_at="mon-fri 10:00-12:00"))
    shown = [at for at, count in enumerate(course.counts) if count]
    tuesday_to_friday = [24 * day + hour for day in range(4) for hour in (1, 2)]
    assert shown == [*tuesday_to_friday, *(24 * 6 + hour for hour in (1, 2)), 24 * 7 + 1]
    assert course.first == NINE + HOUR
    assert course.kept_by[Because.HOURS] > course.kept_by[Because.MAILBOX]


def test_a_ceiling_counts_the_days_of_the_office():
    (course,) = courses(ceiling=4000)
    by_day = Counter({15: 0})
    for at, count in enumerate(course.counts):
        by_day[datetime.fromtimestamp(NINE + at * HOUR, ZoneInfo(ZONE)).day] += count
    assert [by_day[day] for day in (24, 25, 26)] == [4000, 4000, 2000]
    assert Because.CEILING in course.kept_by


def test_a_mail_server_is_shared_by_its_mailboxes():
    first, second = courses(
        line("ann"), line("ben"), domains={"m.example": Pace(count=1000, seconds=HOUR)}
    )
    assert [a + b for a, b in zip(first.counts, second.counts, strict=True)][1:4] == [1000] * 3
    assert abs(first.gone - second.gone) == 0
    assert set(first.kept_by) <= {Because.DOMAIN, Because.MAILBOX}
    assert first.kept_by[Because.DOMAIN] > 0


def test_a_line_that_is_done_leaves_its_share_to_the_others():
    small, large = courses(
        line("ann", share=Share(turn=0, turns=4)),
        line("ben"),
        domains={"m.example": Pace(count=900, seconds=HOUR)},
        arrivals=arrivals(10_000, over=1.0),
    )
    assert small.letters == 2500
    of_the_burst = 90 // 5  # it goes to those who come first, a fifth of them ann's
    assert small.last == pytest.approx(NINE + 2 * (2500 - of_the_burst) * 4, abs=40)
    assert (large.counts[4], large.counts[6]) == (450, 900)


def test_the_account_keeps_a_share_for_mail_to_people():
    limits = Limits(daily=1000, reserve=0.2)
    (course,) = courses(limits=limits, arrivals=arrivals(2000, over=1.0))
    assert _by_utc_day(course) == [800, 800, 400]
    assert Because.DAILY in course.kept_by


def test_a_warm_up_lets_more_go_each_day():
    limits = Limits(daily=1000, warmup_days=5, reserve=0.0)
    (course,) = courses(limits=limits, arrivals=arrivals(1500, over=1.0))
    assert _by_utc_day(course) == [50, 105, 223, 472, 650]


def test_mails_that_ask_for_confirmation_go_first_and_cost_as_well():
    limits = Limits(daily=1000, reserve=0.1)
    outcome = simulate(
        Plan(lines=(line(),), limits=limits, arrivals=arrivals(1500, over=1.0), confirm=True)
    )
    (course,) = outcome.courses
    first, *later = _by_utc_day(course)
    asked_later = 1500 - (1000 - first)
    assert 0 < first < 500
    assert later == [900 - asked_later, 900, 600 - first + asked_later - 900]
    asked = datetime.fromtimestamp(outcome.asked_at, ZoneInfo("UTC"))
    assert (asked.day, asked.hour) == (25, 0)
    assert Because.DAILY in course.kept_by
    assert course.longest_wait > 24 * HOUR


def _by_utc_day(course: Course) -> list[int]:
    by_day: Counter[int] = Counter()
    for at, count in enumerate(course.counts):
        by_day[int((NINE + at * HOUR) // DAY)] += count
    return list(by_day.values())


def test_the_pace_of_an_account_holds_for_all_together():
    limits = Limits(pace=Pace(count=1, seconds=1.0))
    first, second = courses(line("ann"), line("ben"), limits=limits, arrivals=arrivals(9000, 1.0))
    both = [a + b for a, b in zip(first.counts, second.counts, strict=True)]
    assert both[2:9] == [1800] * 7, "two mailboxes of 900 an hour are slower than it"
    slow = replace(limits, pace=Pace(count=20, seconds=60.0))
    first, second = courses(line("ann"), line("ben"), limits=slow, arrivals=arrivals(9000, 1.0))
    both = [a + b for a, b in zip(first.counts, second.counts, strict=True)]
    assert both[1:9] == [1200] * 8
    assert Because.ACCOUNT in first.kept_by


def test_what_would_never_end_is_given_up_after_a_year():
    (course,) = courses(line(pace=Pace(count=1, seconds=DAY)), arrivals=arrivals(1000))
    assert course.last is None
    assert 360 <= course.gone <= HORIZON / DAY + 1


def test_a_hundred_thousand_supporters_and_every_official_are_a_few_thousand_steps():
    steps = []
    plan = Plan(lines=tuple(line(f"o{n}") for n in range(124)), arrivals=arrivals(100_000))
    outcome = simulate(plan, lambda done, of: steps.append((done, of)))
    assert steps[-1] == (12_400_000, 12_400_000)
    assert len(steps) < 1000
    assert all(course.gone == 100_000 for course in outcome.courses)


# --- The real ledger ---------------------------------------------------------------------------

ACCOUNT = "fake:relay"
HOURS = 7
TICK = 20.0  # seconds between two claims: the simulated engine never sleeps


def test_the_ledger_lets_letters_go_as_it_was_simulated(store: Store, clock: Clock) -> None:
    """Letter for letter, in each hour, to each official: pace, a shared domain, hours, ceiling."""
    clock.now = NINE
    paces = {"one.example": Pace(count=60, seconds=HOUR)}
    with store.write() as tx:
        lanes.set_domain_paces(tx, paces, clock.now)
    come = Arrivals(supporters=90, begins=NINE, seconds=2 * HOUR, curve=Curve.EVEN)
    plan = Plan(lines=tuple(map(_line_to, _three())), arrivals=come, ceiling=70, domains=paces)
    real = _play(store, clock, plan, Way(account=ACCOUNT))
    assert real == _by_hour(plan)
    assert sum(real.values()) > 180


def test_the_ledger_keeps_to_the_account_as_it_was_simulated(store: Store, clock: Clock) -> None:
    """A pace and a day of UTC that all letters share, less the share that is kept for people."""
    clock.now = evening = NINE + 8 * HOUR  # two hours before midnight in UTC
    limits = Limits(pace=Pace(count=120, seconds=HOUR), daily=150, reserve=0.2)
    with store.write() as tx:
        lanes.limit_account(tx, ACCOUNT, limits.pace, limits.daily, clock.now)
    come = Arrivals(supporters=90, begins=evening, seconds=HOUR)
    lines = tuple(replace(_line_to(one), hours=None) for one in _three())
    plan = Plan(lines=lines, arrivals=come, limits=limits)
    real = _play(store, clock, plan, Way(account=ACCOUNT, limited=True, reserve=0.2))
    simulated = _by_hour(plan)
    assert _together(real) == _together(simulated)
    assert sum(_together(real)[:2]) == 120, "a day's 150, less a fifth"
    assert all(abs(real[key] - simulated[key]) <= 2 for key in real | simulated), "fair turns"


def _together(counts: Counter[tuple[str, int]]) -> list[int]:
    return [sum(counts[one, hour] for one, at in counts if at == hour) for hour in range(HOURS)]


def _play(store: Store, clock: Clock, plan: Plan, way: Way) -> Counter[tuple[str, int]]:
    """Seven hours of a real ledger; letters that left, by official and hour."""
    begins, real, entered = clock.now, Counter(), 0
    to = [one if _line_to(one) in plan.lines else replace(one, hours="") for one in _three()]
    while clock.now < begins + HOURS * HOUR:
        come = plan.arrivals.by(clock.now)
        for number in range(entered, come):
            who = supporter(name=f"S {number}", email=f"s{number}@supporter.example")
            accept(store, draft(who, about=campaign(ceiling=plan.ceiling), to=tuple(to)))
        if come > entered:
            entered = come
            with store.write() as tx:
                tx.execute(letter.update().values(cleared=True))
        hour = int((clock.now - begins) // HOUR)
        real.update((official, hour) for official in _claim(store, way))
        clock.pass_(TICK)
    return real


def _by_hour(plan: Plan) -> Counter[tuple[str, int]]:
    return Counter({
        (course.line.official, hour): count
        for course in simulate(plan).courses
        for hour, count in enumerate(course.counts[:HOURS]) if count
    })  # fmt: skip


def _line_to(one: Recipient) -> Line:
    return Line(
        official=one.official, domain=one.email.rpartition("@")[2], pace=one.pace,
        hours=hours.parse(one.hours) if one.hours else None, zone=one.timezone,
    )  # fmt: skip


def _three():
    """Two mailboxes on one server, and one with hours that reaches its ceiling."""
    ann, ben, cleo = recipients(3, Pace(count=45, seconds=HOUR))
    return (
        replace(ann, email="ann@one.example", timezone=ZONE),
        replace(ben, email="ben@one.example", timezone=ZONE),
        replace(cleo, timezone=ZONE, hours="10:00-12:30", pace=Pace(count=60, seconds=HOUR)),
    )


def _claim(store: Store, way: Way) -> list[str]:
    """Everything that may leave now, as a worker would take it; the officials it goes to."""
    taken = []
    while True:
        with store.write() as tx:
            now = store.now(tx)
            queues.roll_windows(tx, now)
            found = outbox.claim(tx, "w1", now=now, lease=30 * DAY, most=100, way=way)
        if not found:
            return taken
        names = {"ann": "minister-1", "ben": "minister-2", "minister-3": "minister-3"}
        taken += [names[one.mail.to_address.partition("@")[0]] for one in found]
