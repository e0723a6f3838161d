"""What limits letters: pace of mailbox, domain and account, hours, ceilings, pauses, fair turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from mailer import outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter
from mailer.errors import Next, SendError
from mailer.officials.values import Pace
from mailer.outbox import Claimed, NewLetter, Terms, Way, Written, lanes, queues
from mailer.outbox.pace import Bucket, end_of_day
from mailer.status import Kind, State
from mailer.transports import Answer
from tests.conftest import Clock
from tests.factories import FAST

ACCOUNT = "smtp://relay.example:587"
WAY = Way(account=ACCOUNT)
LIMITED = replace(WAY, limited=True)
HOURLY = Pace(count=60, seconds=3600.0)


def add(
    store: Store, number: int, *, campaign: str = "exams", official: str = "one",
    address: str = "", terms: Terms | None = None, kind: Kind = Kind.LETTER,
) -> None:  # fmt: skip
    """Queue letters that may leave."""
    address = address or f"{official}@ministry.example"
    written = Written(
        language="en", from_name="Ann", from_address="letters@campaign.example",
        to_address=address, subject="Exams", body="Hi.",
    )  # fmt: skip
    new = NewLetter(
        kind=kind, state=State.QUEUED, written=written, actor="test", campaign=campaign,
        official=official, terms=terms or Terms(pace=FAST),
    )  # fmt: skip
    with store.write() as tx:
        outbox.add(tx, [new] * number, store.now(tx))


def claim(store: Store, most: int = 100, way: Way = WAY, worker: str = "w") -> list[Claimed]:
    with store.write() as tx:
        return outbox.claim(tx, worker, now=store.now(tx), lease=1e9, most=most, way=way)


def by_domain(taken: list[Claimed]) -> Counter[str]:
    return Counter(one.mail.to_address.partition("@")[2] for one in taken)


def by_campaign(store: Store, taken: list[Claimed]) -> Counter[Any]:
    with store.read() as tx:
        ids = [one.id for one in taken]
        return Counter(
            tx.execute(select(letter.c.campaign).where(letter.c.id.in_(ids))).scalars()
        )  # fmt: skip


@contextmanager
def writing(store: Store) -> Iterator[tuple[Tx, float]]:
    with store.write() as tx:
        yield tx, store.now(tx)


def test_all_mailboxes_of_a_domain_share_its_pace(store: Store, clock: Clock) -> None:
    add(store, 10, official="one")
    add(store, 10, official="two")
    add(store, 3, official="far", address="far@elsewhere.example")
    with writing(store) as (tx, now):
        lanes.set_domain_paces(tx, {"ministry.example": HOURLY}, now)
    assert by_domain(claim(store)) == {"ministry.example": HOURLY.burst, "elsewhere.example": 3}
    clock.pass_(120)
    assert len(claim(store)) == 2
    with writing(store) as (tx, now):
        lanes.set_domain_paces(tx, {}, now)
    assert len(claim(store)) == 12, "a pace that is taken out of the file no longer counts"


def test_an_account_keeps_its_pace_for_all_workers_together(store: Store, clock: Clock) -> None:
    for official in ("one", "two", "three"):
        add(store, 20, official=official)
    with writing(store) as (tx, now):
        lanes.limit_account(tx, ACCOUNT, HOURLY, 0, now)
    way = replace(LIMITED, reserve=0.0)
    first, second = claim(store, way=way), claim(store, way=way, worker="other")
    assert len(first) + len(second) == HOURLY.burst
    sent = 0
    for _ in range(30):
        clock.pass_(60)
        sent += len(claim(store, most=1, way=way)) + len(claim(store, way=way, worker="other"))
    assert sent == 30


def test_a_share_of_the_account_is_kept_for_people(store: Store) -> None:
    add(store, 50)
    with writing(store) as (tx, now):
        lanes.limit_account(tx, ACCOUNT, None, 20, now)
    assert len(claim(store, way=LIMITED)) == 18
    add(store, 5, kind=Kind.CONFIRMATION, address="ann@supporter.example")
    assert by_domain(claim(store, way=LIMITED)) == {"supporter.example": 2}


def test_the_day_of_an_account_begins_anew(store: Store, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 23, 23, 59, tzinfo=UTC).timestamp()
    add(store, 50)
    with writing(store) as (tx, now):
        lanes.limit_account(tx, ACCOUNT, None, 10, now)
    way = replace(LIMITED, reserve=0.0)
    assert [len(claim(store, way=way)) for _ in range(2)] == [10, 0]
    clock.pass_(120)
    assert [len(claim(store, way=way)) for _ in range(2)] == [10, 0]


def test_no_more_than_the_ceiling_in_the_offices_day(store: Store, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 23, 15, 0, tzinfo=UTC).timestamp()  # 10:00 in Toronto
    terms = Terms(pace=FAST, timezone="America/Toronto", ceiling=4)
    add(store, 20, terms=terms)
    add(store, 20, campaign="other", terms=Terms(pace=FAST, timezone="America/Toronto"))
    taken = claim(store)
    assert by_campaign(store, taken)["exams"] <= 4
    assert len(claim(store)) == 0, "the other campaign has none left, this one may no more"
    clock.now = datetime(2026, 11, 24, 4, 59, tzinfo=UTC).timestamp()
    assert claim(store) == []
    clock.now = datetime(2026, 11, 24, 5, 0, tzinfo=UTC).timestamp()  # midnight there
    assert by_campaign(store, claim(store)) == {"exams": 4}


def test_no_pace_elsewhere_passes_the_ceiling(store: Store, clock: Clock) -> None:
    """The ceiling holds for the mailbox: what others sent it today counts."""
    add(store, 6, campaign="other")
    assert len(claim(store)) == 6
    add(store, 20, terms=Terms(pace=FAST, ceiling=10))
    assert len(claim(store)) == 4
    with writing(store) as (tx, now):
        lanes.set_paces(tx, {lanes.of_mailbox("one@ministry.example"): FAST})
        assert outbox.claim(tx, "w", now=now, lease=60, most=50, way=WAY) == []


def test_letters_leave_in_office_hours_only(store: Store, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC).timestamp()  # Sunday 22:00 in Toronto
    terms = Terms(pace=FAST, hours="mon-fri 09:00-17:00", timezone="America/Toronto")
    add(store, 5, terms=terms)
    add(store, 2, kind=Kind.CONFIRMATION, address="ann@supporter.example")
    assert by_domain(claim(store)) == {"supporter.example": 2}
    clock.now = datetime(2026, 11, 23, 14, 0, tzinfo=UTC).timestamp()  # Monday 09:00
    assert len(claim(store, most=3)) == 3
    clock.now = datetime(2026, 11, 23, 22, 0, tzinfo=UTC).timestamp()  # Monday 17:00
    assert claim(store) == []
    with writing(store) as (tx, now):
        queues.roll_windows(tx, now)
    clock.now = datetime(2026, 11, 24, 14, 30, tzinfo=UTC).timestamp()
    assert len(claim(store)) == 2


def test_hours_that_change_in_the_file_hold_for_letters_that_wait(
    store: Store, clock: Clock
) -> None:
    clock.now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC).timestamp()
    add(store, 2)
    closed = Terms(hours="09:00-17:00", timezone="America/Toronto")
    with writing(store) as (tx, now):
        queues.set_terms(tx, {("exams", "one"): closed}, now)
    assert claim(store) == []
    with writing(store) as (tx, now):
        queues.set_terms(tx, {("exams", "one"): Terms()}, now)
    assert len(claim(store)) == 2


@pytest.mark.parametrize(
    "lane",
    ["everything", "campaign:exams", "official:one", "mailbox:one@ministry.example",
     "domain:ministry.example"],
)  # fmt: skip
def test_what_is_paused_waits_and_goes_on(store: Store, lane: str) -> None:
    add(store, 2)
    with writing(store) as (tx, now):
        lanes.pause(tx, lane, reason="a fault in the letter", actor="staff:x", now=now)
        assert lanes.paused(tx)[lane].reason == "a fault in the letter"
    assert claim(store) == []
    with writing(store) as (tx, now):
        assert lanes.resume(tx, lane)
        assert not lanes.resume(tx, lane)
    assert len(claim(store)) == 2


def test_a_pause_of_one_thing_stops_nothing_else(store: Store) -> None:
    add(store, 2)
    add(store, 2, campaign="other", official="two")
    add(store, 2, kind=Kind.CONFIRMATION, address="ann@supporter.example")
    with writing(store) as (tx, now):
        lanes.pause(tx, lanes.of_campaign("exams"), reason="x", actor="staff:x", now=now)
    assert len(claim(store)) == 4


def test_a_paused_account_is_shut(store: Store) -> None:
    with writing(store) as (tx, now):
        lanes.pause(tx, lanes.of_account(ACCOUNT), reason="x", actor="staff:x", now=now)
        assert lanes.account_health(tx, ACCOUNT, now) is lanes.Health.SHUT
        lanes.reopen(tx, ACCOUNT)
        assert lanes.account_health(tx, ACCOUNT, now) is lanes.Health.SHUT, (
            "a late yes is no resume"
        )


def test_a_small_campaign_gets_as_many_turns_as_a_large_one(store: Store) -> None:
    for number in range(30):
        add(store, 20, campaign="large", official=f"minister-{number}")
    add(store, 200, campaign="small", official="other")
    counts: Counter[Any] = Counter()
    for _ in range(5):
        counts += by_campaign(store, claim(store, most=40))
    assert counts == {"large": 100, "small": 100}


def test_within_a_campaign_every_official_gets_a_turn(store: Store) -> None:
    for number in range(40):
        add(store, 10, official=f"minister-{number}")
    taken = [one for _ in range(5) for one in claim(store, most=16)]
    assert len({one.mail.to_address for one in taken}) == 40


def test_people_come_first_whatever_waits(store: Store) -> None:
    add(store, 100)
    add(store, 3, kind=Kind.CONFIRMATION, address="ann@supporter.example")
    assert by_domain(claim(store, most=3)) == {"supporter.example": 3}


def test_what_is_only_kept_here_knows_no_limits_but_pauses(store: Store, clock: Clock) -> None:
    clock.now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC).timestamp()
    terms = Terms(pace=Pace(count=1, seconds=86400.0), hours="09:00-10:00", ceiling=1)
    add(store, 5, terms=terms)
    kept = Way(account="maildir:/outbox", delivers=False)
    with writing(store) as (tx, now):
        lanes.pause(tx, lanes.EVERYTHING, reason="x", actor="staff:x", now=now)
    assert claim(store, way=kept) == []
    with writing(store) as (tx, now):
        lanes.resume(tx, lanes.EVERYTHING)
    assert len(claim(store, way=kept)) == 5


def test_waiting_for_pace_or_hours_is_not_failing(store: Store, clock: Clock) -> None:
    """The deadline counts from the first attempt, however long the letter had waited before."""
    add(store, 1, terms=Terms(pace=FAST))
    clock.pass_(30 * 86400.0)
    (one,) = claim(store)
    error = outbox.Outcome(letter=one, account=ACCOUNT, error=SendError("busy", code="450"))
    with writing(store) as (tx, now):
        outbox.fence(tx, "w", [(one, "0" * 64)], now=now, lease=60)
        outbox.settle(tx, "w", [error], now=now)
        assert tx.execute(select(letter.c.state)).scalar_one() == "queued"


def test_two_officials_behind_one_mailbox_share_its_pace(store: Store) -> None:
    terms = Terms(pace=HOURLY)
    add(store, 10, official="one", address="office@ministry.example", terms=terms)
    add(store, 10, official="two", address="office@ministry.example", terms=terms)
    assert len(claim(store)) == HOURLY.burst


def test_the_pure_bucket_counts_a_day_and_a_pace() -> None:
    now = 1_800_000_000.0
    bucket = Bucket(count=60, seconds=3600.0, burst=6, full_at=now, day_most=8)
    ends = end_of_day(now, "UTC")
    assert bucket.allowance(now, 100) == 6
    bucket = bucket.spent(6, now, ends)
    assert (bucket.allowance(now, 100), bucket.next_at(now)) == (0, now + 60)
    bucket = bucket.spent(2, now + 120, ends)
    assert bucket.next_at(now + 120) == ends
    assert bucket.allowance(ends, 100) == 6
    assert bucket.reserved(0.1).burst == 5


def test_the_midnight_of_an_office_is_its_own() -> None:
    evening = datetime(2026, 11, 23, 2, 0, tzinfo=UTC).timestamp()  # 21:00 in Toronto
    assert end_of_day(evening, "America/Toronto") == evening + 3 * 3600
    assert end_of_day(evening, "UTC") == evening + 22 * 3600


def settle(store: Store, letters: list[Claimed], error: SendError | None = None) -> None:
    """Say of letters that they were refused, or (None) taken."""
    answer = None if error else Answer(text="queued", code="250")
    with writing(store) as (tx, now):
        outbox.fence(tx, "w", [(one, "0" * 64) for one in letters], now=now, lease=60)
        said: dict[str, Any] = {"account": ACCOUNT, "answer": answer, "error": error}
        outcomes = [outbox.Outcome(letter=one, **said) for one in letters]
        outbox.settle(tx, "w", outcomes, now=now)


FULL = SendError("RCPT: over quota", Next.LANE, code="552 5.2.2", after=86400.0)


def test_a_full_mailbox_costs_one_letter_a_try_and_the_others_nothing(
    store: Store, clock: Clock
) -> None:
    add(store, 50)
    add(store, 1, official="two")
    first = claim(store, most=2)
    settle(store, [one for one in first if "one@" in one.mail.to_address], FULL)
    assert claim(store) == [], "the other letters to it wait, and have lost no attempt"
    clock.pass_(86401.0)
    (probe,) = claim(store)
    assert probe.probes
    assert claim(store) == [], "one letter finds out"
    settle(store, [probe], FULL)
    clock.pass_(2 * 86400.0)
    (probe,) = claim(store)
    settle(store, [probe])
    assert len(claim(store)) == 49, "it takes letters again"


def test_a_probe_of_a_mailbox_that_is_lost_is_followed_by_another(
    store: Store, clock: Clock
) -> None:
    add(store, 5)
    settle(store, claim(store, most=1), FULL)
    clock.pass_(86401.0)
    assert len(claim(store)) == 1
    clock.pass_(lanes.PROBE_TAKES + 1)
    assert len(claim(store)) == 1


def test_a_full_mailbox_of_a_supporter_stops_no_other_supporters_mail(store: Store) -> None:
    add(store, 3, kind=Kind.CONFIRMATION, address="ann@supporter.example")
    settle(store, claim(store, most=1), FULL)
    assert len(claim(store)) == 2
