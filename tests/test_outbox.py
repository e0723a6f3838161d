"""The outbox: claim, fence, settle and reap, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from mailer import outbox, sendlog
from mailer.db import Store
from mailer.db.schema import lane, letter
from mailer.errors import IllegalMove, Next, SendError
from mailer.officials.values import Pace
from mailer.outbox import Claimed, Event, Outcome, Way, lanes
from mailer.status import State
from mailer.submissions import accept
from mailer.transports import Answer
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients, supporter

ACCOUNT = "fake:relay"


def claim(
    store: Store, worker: str = "w1", most: int = 10, *, lease: float = 60.0,
    delivers: bool = False, **limits: Any,
) -> list[Claimed]:  # fmt: skip
    way = Way(account=ACCOUNT, delivers=delivers, **limits)
    with store.write() as tx:
        return outbox.claim(tx, worker, now=store.now(tx), lease=lease, most=most, way=way)


def fence(store: Store, letters: Sequence[Claimed], worker: str = "w1") -> set[str]:
    with store.write() as tx:
        pairs = [(one, "0" * 64) for one in letters]
        return outbox.fence(tx, worker, pairs, now=store.now(tx), lease=60.0)


def settle(store: Store, letters: Sequence[Claimed], error: SendError | None = None, *,
           worker: str = "w1", dotted: bool = False) -> None:  # fmt: skip
    answer = None if error else Answer(text="queued", code="250")
    dotted = dotted or error is None or error.maybe_accepted
    outcomes = [
        Outcome(letter=one, account=ACCOUNT, answer=answer, error=error, dotted=dotted)
        for one in letters
    ]
    with store.write() as tx:
        outbox.settle(tx, worker, outcomes, now=store.now(tx))


def reap(store: Store, dead: Sequence[str] = ()) -> int:
    with store.write() as tx:
        return outbox.reap(tx, now=store.now(tx), dead=dead)


def states(store: Store) -> list[str]:
    with store.read() as tx:
        return sorted(tx.execute(select(letter.c.state)).scalars())


def column(store: Store, name: str) -> set[object]:
    with store.read() as tx:
        return set(tx.execute(select(letter.c[name])).scalars())


def test_a_letter_goes_from_queued_over_the_fence_to_sent(store: Store) -> None:
    accept(store, draft())
    mine = claim(store)
    assert states(store) == ["claimed", "claimed"]
    assert fence(store, mine) == {one.id for one in mine}
    assert states(store) == ["dot", "dot"]
    settle(store, mine)
    assert states(store) == ["sent", "sent"]
    page = sendlog.letter_page(store, mine[0].id)
    assert page is not None
    assert [event.state for event in page.events] == ["queued", "sent"]
    assert page.row.answer == "250 queued"
    assert page.transport == ACCOUNT


def test_what_one_worker_holds_no_other_can_claim(store: Store) -> None:
    accept(store, draft())
    assert len(claim(store)) == 2
    assert claim(store, "w2") == []


def test_an_expired_claim_goes_back_to_the_queue_and_cost_nothing(
    store: Store, clock: Clock
) -> None:
    accept(store, draft())
    mine = claim(store)
    clock.pass_(61)
    assert fence(store, mine) == set()
    assert reap(store) == 2
    assert states(store) == ["queued", "queued"]
    assert column(store, "attempts") == {0}
    assert column(store, "possibly_twice") == {False}
    assert claim(store, "w2") == [], "others go first: it may be this one that ends workers"
    clock.pass_(1)
    assert len(claim(store, "w2")) == 2
    assert fence(store, mine) == set(), "the first worker's lease is gone for good"


def test_a_dot_without_an_answer_is_sent_again_with_a_flag_and_the_same_bytes(
    store: Store, clock: Clock
) -> None:
    accept(store, draft())
    mine = claim(store)
    fence(store, mine)
    clock.pass_(61)
    reap(store)
    assert states(store) == ["queued", "queued"]
    assert column(store, "possibly_twice") == {True}
    clock.pass_(1)
    again = claim(store, "w2")
    assert {one.mail for one in again} == {one.mail for one in mine}, "the date stays too"
    page = sendlog.letter_page(store, mine[0].id)
    assert page is not None
    assert "uncertain" in [event.state for event in page.events]


def test_a_campaign_may_hold_what_is_uncertain(store: Store, clock: Clock) -> None:
    accept(store, draft(about=campaign(uncertain="hold")))
    fence(store, claim(store))
    clock.pass_(61)
    reap(store)
    assert states(store) == ["uncertain", "uncertain"]
    assert claim(store) == []


def test_a_dead_workers_letters_need_not_wait_for_the_lease(store: Store) -> None:
    accept(store, draft())
    claim(store, "dead")
    assert reap(store) == 0
    assert reap(store, ["dead"]) == 2
    assert states(store) == ["queued", "queued"]


def test_a_late_answer_settles_a_letter_that_has_not_left_again(store: Store, clock: Clock) -> None:
    accept(store, draft())
    mine = claim(store)
    fence(store, mine)
    clock.pass_(61)
    reap(store)
    settle(store, mine)
    assert states(store) == ["sent", "sent"]
    assert column(store, "possibly_twice") == {True}
    assert claim(store, "w2") == []


def test_a_late_answer_beats_another_workers_claim_at_the_fence(store: Store, clock: Clock) -> None:
    accept(store, draft())
    mine = claim(store)
    fence(store, mine)
    clock.pass_(61)
    reap(store)
    clock.pass_(1)
    theirs = claim(store, "w2")
    settle(store, mine)
    assert fence(store, theirs, "w2") == set()
    assert states(store) == ["sent", "sent"]


def test_a_worker_that_lost_its_lease_cannot_undo_what_another_did(
    store: Store, clock: Clock
) -> None:
    accept(store, draft())
    mine = claim(store)
    clock.pass_(61)
    reap(store)
    clock.pass_(1)
    theirs = claim(store, "w2")
    fence(store, theirs, "w2")
    settle(store, theirs, worker="w2")
    settle(store, mine, SendError("gone", Next.FAIL))
    assert states(store) == ["sent", "sent"]


def test_a_refusal_for_good_fails_the_letter_with_the_servers_words(store: Store) -> None:
    accept(store, draft(to=recipients(1)))
    mine = claim(store)
    settle(store, mine, SendError("no such user", Next.FAIL, code="550 5.1.1"))
    assert states(store) == ["failed"]
    assert column(store, "answer") == {"550 5.1.1 no such user"}
    assert column(store, "reason") == {"refused"}


def test_a_retry_waits_longer_each_time_until_the_deadline(store: Store, clock: Clock) -> None:
    accept(store, draft(to=recipients(1)))
    waits = []
    for _ in range(200):
        mine = claim(store)
        if not mine:
            break
        settle(store, mine, SendError("try later", code="451"))
        if states(store) == ["failed"]:
            break
        (due,) = column(store, "due_at")
        waits.append(due - clock.now)  # type: ignore[operator]
        clock.now = due  # type: ignore[assignment]
    assert waits[:5] == [60, 300, 900, 1800, 1800]
    assert states(store) == ["failed"]
    assert column(store, "reason") == {"deadline"}
    assert 3.9 * 86400 < sum(waits) <= 4 * 86400


def test_a_servers_own_hint_wins_over_our_backoff(store: Store, clock: Clock) -> None:
    accept(store, draft(to=recipients(1)))
    settle(store, claim(store), SendError("slow down", code="450", after=7000.0))
    assert column(store, "due_at") == {clock.now + 7000}


def test_a_dead_relay_costs_no_attempt_and_shuts_the_account(store: Store, clock: Clock) -> None:
    accept(store, draft())
    settle(store, claim(store), SendError("connection refused", Next.STOP))
    assert states(store) == ["queued", "queued"]
    assert column(store, "attempts") == {0}
    with store.read() as tx:
        assert lanes.account_health(tx, ACCOUNT, clock.now) is lanes.Health.SHUT
        assert lanes.account_health(tx, ACCOUNT, clock.now + 5) is lanes.Health.PROBE
    clock.pass_(5)
    mine = claim(store)
    fence(store, mine)
    settle(store, mine)
    with store.read() as tx:
        assert lanes.account_health(tx, ACCOUNT, clock.now) is lanes.Health.GOOD


def test_a_relay_that_stays_down_is_probed_ever_less(store: Store, clock: Clock) -> None:
    accept(store, draft(to=recipients(1)))
    waits = []
    for _ in range(8):
        settle(store, claim(store), SendError("down", Next.STOP))
        with store.read() as tx:
            until = tx.execute(
                select(lane.c.closed_until).where(lane.c.id == f"account:{ACCOUNT}")
            ).scalar_one()
        waits.append(until - clock.now)
        clock.now = until
    assert waits == [5, 15, 30, 60, 120, 300, 300, 300]


def test_an_answer_that_may_be_lost_makes_the_letter_uncertain(store: Store) -> None:
    accept(store, draft(to=recipients(1), about=campaign(uncertain="hold")))
    mine = claim(store)
    fence(store, mine)
    settle(store, mine, SendError("cut after the dot", maybe_accepted=True))
    assert states(store) == ["uncertain"]


def test_doubt_is_resent_with_a_pause_not_at_once(store: Store, clock: Clock) -> None:
    accept(store, draft(to=recipients(1)))
    mine = claim(store)
    fence(store, mine)
    settle(store, mine, SendError("cut after the dot", maybe_accepted=True))
    assert states(store) == ["queued"]
    assert column(store, "possibly_twice") == {True}
    assert column(store, "due_at") == {clock.now + 60}


def test_a_second_doubt_waits_for_a_person(store: Store, clock: Clock) -> None:
    accept(store, draft(to=recipients(1)))
    for _ in range(2):
        clock.pass_(3600)
        mine = claim(store)
        fence(store, mine)
        settle(store, mine, SendError("cut after the dot", maybe_accepted=True))
    assert states(store) == ["uncertain"]
    clock.pass_(10 * 86400)
    assert claim(store) == []


def test_an_older_claim_of_the_same_worker_cannot_pass_the_fence(
    store: Store, clock: Clock
) -> None:
    accept(store, draft(to=recipients(1)))
    old = claim(store)
    clock.pass_(61)
    reap(store)
    clock.pass_(1)
    new = claim(store)
    assert fence(store, old) == set()
    assert fence(store, new) == {new[0].id}


def test_a_letter_that_alone_is_minded_does_not_hold_up_the_others(
    store: Store, clock: Clock
) -> None:
    accept(store, draft(to=recipients(1)))
    clock.pass_(1)
    accept(store, draft(supporter(name="Ben"), to=recipients(1)))
    (first,) = claim(store, most=1)
    settle(store, [first], SendError("sender not owned", Next.STOP, code="553"))
    clock.pass_(5)
    (second,) = claim(store, most=1)
    assert second.id != first.id


def test_a_lane_opens_again_after_a_wrong_clock_or_a_corrected_pace(
    store: Store, clock: Clock
) -> None:
    def write(name: str) -> None:
        who = supporter(name=name, email=f"{name}@supporter.example")
        accept(store, draft(who, to=recipients(1, Pace(count=1, seconds=86400.0))))
        with store.write() as tx:
            tx.execute(letter.update().values(cleared=True, due_at=0.0))

    write("Ann")
    clock.now += 365 * 86400
    assert len(claim(store, delivers=True)) == 1
    clock.now -= 365 * 86400
    write("Ben")
    assert len(claim(store, delivers=True)) == 1, "a year ahead cannot be true"
    write("Cleo")
    assert claim(store, delivers=True) == []
    with store.write() as tx:
        quick = Pace(count=900, seconds=3600.0)
        lanes.set_paces(tx, {"mailbox:minister-1@ministry.example": quick})
    assert len(claim(store, delivers=True)) == 1


def test_many_letters_nobody_approved_are_held_in_batches(store: Store) -> None:
    many = recipients(700)
    for number in range(2):
        who = supporter(name=f"S {number}", email=f"s{number}@supporter.example")
        accept(store, draft(who, to=many))
    held = []
    for _ in range(3):
        with store.write() as tx:
            held.append(outbox.hold_uncleared(tx, now=store.now(tx)))
    assert held == [1000, 400, 0]


def test_the_pace_of_an_official_holds_over_time(store: Store, clock: Clock) -> None:
    hourly = Pace(count=60, seconds=3600.0)
    for number in range(80):
        who = supporter(name=f"Supporter {number}", email=f"s{number}@supporter.example")
        accept(store, draft(who, to=recipients(1, hourly)))
    taken = len(claim(store, most=100, delivers=False, lease=1.0))
    assert taken == 80, "what is only kept here is not paced"
    clock.pass_(2)
    reap(store)
    clock.pass_(1)
    with store.write() as tx:
        tx.execute(letter.update().values(cleared=True))
    left = []
    for _ in range(30):
        left.append(len(claim(store, most=100, delivers=True, lease=1e6)))
        clock.pass_(60)
    assert left[0] == hourly.burst == 6
    assert left[1:] == [1] * 29


def test_many_spent_lanes_do_not_stand_before_an_open_one(store: Store, clock: Clock) -> None:
    slow, quick = Pace(count=1, seconds=86400.0), Pace(count=900, seconds=3600.0)
    many = tuple(
        replace(one, official=f"slow-{one.official}", email=f"slow-{one.email}", pace=slow)
        for one in recipients(60)
    )
    for number in range(2):
        who = supporter(name=f"Supporter {number}", email=f"s{number}@supporter.example")
        accept(store, draft(who, to=many))
    for number in range(300):
        who = supporter(name=f"Other {number}", email=f"o{number}@supporter.example")
        accept(store, draft(who, to=recipients(1, quick)))
    with store.write() as tx:
        tx.execute(letter.update().values(cleared=True))
    taken = [one for _ in range(20) for one in claim(store, most=40, delivers=True)]
    to = Counter(one.mail.to_address.partition("-")[0] for one in taken)
    assert to == {"slow": 60, "minister": quick.burst}
    clock.pass_(4.1)
    assert len(claim(store, most=40, delivers=True)) == 1


def test_each_lane_gets_its_share_of_a_wave(store: Store) -> None:
    for number in range(20):
        who = supporter(name=f"Supporter {number}", email=f"s{number}@supporter.example")
        accept(store, draft(who, to=recipients(1) if number else recipients(3)))
    taken = {one.mail.to_address for one in claim(store, most=6)}
    assert len(taken) == 3


def test_only_cleared_letters_leave_through_a_transport_that_delivers(store: Store) -> None:
    accept(store, draft())
    assert claim(store, delivers=True) == []
    with store.write() as tx:
        assert outbox.hold_uncleared(tx, now=store.now(tx)) == 2
    assert states(store) == ["review", "review"]
    assert column(store, "reason") == {"unapproved"}


def test_an_illegal_move_is_refused_in_words(store: Store) -> None:
    accept(store, draft(to=recipients(1)))
    mine = claim(store)
    with store.write() as tx, pytest.raises(IllegalMove, match="queued"):
        outbox.move(
            tx, [mine[0].id], State.DELIVERED, Event(now=1.0, actor="test"),
            come_from={State.QUEUED},
        )  # fmt: skip


def test_a_move_from_elsewhere_changes_nothing(store: Store) -> None:
    accept(store, draft(to=recipients(1)))
    mine = claim(store)
    fence(store, mine)
    with store.write() as tx:
        ids = [mine[0].id]
        assert outbox.move(tx, ids, State.REVIEW, Event(now=1.0, actor="test")) == []
    assert states(store) == ["dot"]
