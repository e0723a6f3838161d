"""Evidence: what becomes known of a letter later, once and in any order, on both databases."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import select, update

from mailer import outbox
from mailer.db import Store
from mailer.db.schema import letter, letter_event
from mailer.errors import Next, SendError
from mailer.outbox.evidence import Evidence, record
from mailer.status import State
from mailer.transports import Answer
from tests.conftest import Clock
from tests.factories import campaign, recipients
from tests.staff_letters import hand_over, letters, send, settle, write

ACCEPTED, DELIVERED, BOUNCED, COMPLAINED = Evidence
NO_ANSWER = SendError("no answer", maybe_accepted=True)

_ids = itertools.count()


def say(
    store: Store, letter_id: str, kind: Evidence, *, id_: str = "", at: float | None = None
) -> State | None:
    with store.write() as tx:
        return record(
            tx, letter_id, kind, external_id=id_ or f"test:{next(_ids)}", actor="provider",
            code="", note="", now=store.now(tx), at=at,
        )  # fmt: skip


def one(store: Store, policy: str = "resend") -> str:
    write(store, 1, about=campaign(uncertain=policy), to=recipients(1))
    (made,) = letters(store)
    return made


def state(store: Store) -> State:
    with store.read() as tx:
        return State(tx.execute(select(letter.c.state)).scalar_one())


def noted(store: Store) -> list[tuple[str, str]]:
    with store.read() as tx:
        found = tx.execute(
            select(letter_event.c.state, letter_event.c.note)
            .where(letter_event.c.actor == "provider")
            .order_by(letter_event.c.id)
        )
        return [(row.state, row.note) for row in found]


def claim(store: Store, worker: str = "w") -> list[outbox.Claimed]:
    way = outbox.Way(account="smtp:relay.example", delivers=False)
    with store.write() as tx:
        return outbox.claim(tx, worker, now=store.now(tx), lease=60, most=9, way=way)


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ([DELIVERED], State.DELIVERED),
        ([BOUNCED], State.BOUNCED),
        ([COMPLAINED], State.COMPLAINED),
        ([ACCEPTED], State.SENT),
        ([DELIVERED, BOUNCED], State.BOUNCED),
        ([BOUNCED, DELIVERED], State.DELIVERED),
        ([DELIVERED, COMPLAINED], State.COMPLAINED),
        ([COMPLAINED, DELIVERED], State.COMPLAINED),
        ([COMPLAINED, BOUNCED], State.COMPLAINED),
        ([DELIVERED, ACCEPTED], State.DELIVERED),
        ([BOUNCED, COMPLAINED], State.BOUNCED),
    ],
)
def test_what_is_said_of_a_letter_that_left(
    store: Store, clock: Clock, said: list[Evidence], becomes: State
) -> None:
    key = one(store)
    send(store, clock)
    for kind in said:
        clock.pass_(5)
        say(store, key, kind)
    assert state(store) is becomes
    assert len(noted(store)) == len(said), "all of it is kept"


def test_the_same_event_counts_once(store: Store, clock: Clock) -> None:
    key = one(store)
    send(store, clock)
    assert say(store, key, DELIVERED, id_="test:same") is State.DELIVERED
    say(store, key, BOUNCED)
    assert say(store, key, DELIVERED, id_="test:same") is None
    assert state(store) is State.BOUNCED
    assert len(noted(store)) == 2


def test_evidence_needs_a_letter_and_an_id_of_its_own(store: Store, clock: Clock) -> None:
    key = one(store)
    send(store, clock)
    assert say(store, "no-such-letter", DELIVERED) is None
    with pytest.raises(ValueError, match="count twice"), store.write() as tx:
        record(tx, key, DELIVERED, external_id="", actor="provider", now=clock.now)
    assert state(store) is State.SENT


def test_the_later_by_the_providers_clock_counts_whatever_came_first(
    store: Store, clock: Clock
) -> None:
    key = one(store)
    send(store, clock)
    began = clock.now
    clock.pass_(1000)
    assert say(store, key, BOUNCED, at=began + 500) is State.BOUNCED
    assert say(store, key, DELIVERED, at=began + 100) is State.BOUNCED
    assert noted(store)[0] == ("bounced", "delivered")
    assert say(store, key, DELIVERED, at=began + 600) is State.DELIVERED
    assert say(store, key, BOUNCED, at=began + 9e9) is State.BOUNCED, "a clock that is ahead"
    clock.pass_(10)
    assert say(store, key, DELIVERED) is State.DELIVERED, "does not rule for ever"


@pytest.mark.parametrize("kind", Evidence)
def test_nothing_said_of_a_letter_that_never_left_moves_it(store: Store, kind: Evidence) -> None:
    key = one(store)
    assert say(store, key, kind) is State.QUEUED
    assert noted(store) == [("queued", str(kind))]
    for held in (State.REVIEW, State.CANCELLED, State.AWAITING):
        with store.write() as tx:
            tx.execute(update(letter).values(state=held))
        assert say(store, key, kind) is held


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [
        (ACCEPTED, State.SENT),
        (DELIVERED, State.DELIVERED),
        (BOUNCED, State.BOUNCED),
        (COMPLAINED, State.COMPLAINED),
    ],
)
@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_evidence_settles_doubt_and_no_second_copy_leaves(
    store: Store, clock: Clock, policy: str, kind: Evidence, becomes: State
) -> None:
    key = one(store, policy)
    taken, _ = hand_over(store, clock)
    settle(store, clock, taken, NO_ANSWER)
    assert state(store) is (State.UNCERTAIN if policy == "hold" else State.QUEUED)
    clock.pass_(5)
    assert say(store, key, kind) is becomes
    clock.pass_(7 * 86400)
    assert claim(store) == []
    with store.read() as tx:
        row = tx.execute(select(letter)).one()
    assert row.sent_at == clock.now - 7 * 86400
    assert row.lease_until is None


def test_evidence_beats_a_claim_at_the_fence(store: Store, clock: Clock) -> None:
    key = one(store)
    first, _ = hand_over(store, clock)
    settle(store, clock, first, NO_ANSWER)
    clock.pass_(3600)
    (second,) = claim(store, "other")
    assert say(store, key, DELIVERED) is State.DELIVERED
    with store.write() as tx:
        pairs = [(second, "0" * 64)]
        assert outbox.fence(tx, "other", pairs, now=clock.now, lease=60) == set()
        outbox.release(tx, "other", [key], now=clock.now)
    assert state(store) is State.DELIVERED


def test_evidence_behind_the_fence_wins_over_doubt(store: Store, clock: Clock) -> None:
    key = one(store)
    taken, _ = hand_over(store, clock)
    assert say(store, key, DELIVERED) is State.DELIVERED
    settle(store, clock, taken, NO_ANSWER)
    assert state(store) is State.DELIVERED
    clock.pass_(3600)
    with store.write() as tx:
        assert outbox.reap(tx, now=clock.now) == 0
    assert state(store) is State.DELIVERED


def test_evidence_that_overtakes_the_answer_stands_beside_it(store: Store, clock: Clock) -> None:
    key = one(store)
    taken, _ = hand_over(store, clock)
    assert say(store, key, BOUNCED) is State.BOUNCED
    settle(store, clock, taken, Answer(text="queued", code="250"))
    assert state(store) is State.BOUNCED


def test_a_bounce_says_nothing_of_a_letter_that_was_plainly_not_taken(
    store: Store, clock: Clock
) -> None:
    key = one(store)
    taken, _ = hand_over(store, clock)
    settle(store, clock, taken, SendError("later", code="451"))
    assert say(store, key, BOUNCED) is State.QUEUED
    assert say(store, key, DELIVERED) is State.DELIVERED, "the server took it all the same"


def test_what_was_given_up_may_have_arrived(store: Store, clock: Clock) -> None:
    key = one(store)
    taken, _ = hand_over(store, clock)
    settle(store, clock, taken, NO_ANSWER)
    clock.pass_(3600)
    again, _ = hand_over(store, clock)
    settle(store, clock, again, SendError("no such user", Next.FAIL, code="550 5.1.1"))
    assert state(store) is State.FAILED
    assert say(store, key, DELIVERED) is State.DELIVERED
    with store.read() as tx:
        row = tx.execute(select(letter)).one()
    assert row.reason == ""
    assert row.sent_at == clock.now


def test_staff_decide_about_doubt(store: Store, clock: Clock) -> None:
    key = one(store, "hold")
    taken, data = hand_over(store, clock)
    settle(store, clock, taken, NO_ANSWER)
    clock.pass_(100)
    with store.write() as tx:
        assert not outbox.let_leave(tx, key, actor="staff:1", now=clock.now)
        assert not outbox.try_again(tx, key, actor="staff:1", now=clock.now)
        assert outbox.send_again(tx, key, actor="staff:1", now=clock.now)
        assert not outbox.give_up(tx, key, actor="staff:1", now=clock.now)
    with store.read() as tx:
        row = tx.execute(select(letter)).one()
    assert (row.possibly_twice, row.tried_at, row.due_at) == (True, None, clock.now)
    again, same = hand_over(store, clock)
    assert same == data, "both copies are the same bytes"
    settle(store, clock, again, NO_ANSWER)
    clock.pass_(100)
    with store.write() as tx:
        assert outbox.arrived(tx, key, actor="staff:1", now=clock.now)
    assert state(store) is State.SENT
    with store.read() as tx:
        sent_at = tx.execute(select(letter.c.sent_at)).scalar_one()
    assert sent_at == clock.now - 100, "when it was handed over, not when somebody found out"


def test_a_letter_sent_again_by_staff_is_settled_by_news_of_the_first_copy(
    store: Store, clock: Clock
) -> None:
    key = one(store, "hold")
    taken, _ = hand_over(store, clock)
    settle(store, clock, taken, NO_ANSWER)
    with store.write() as tx:
        outbox.send_again(tx, key, actor="staff:1", now=clock.now)
    assert say(store, key, BOUNCED) is State.BOUNCED
    assert claim(store) == []


def test_a_failed_letter_tried_again_is_as_if_never_tried(store: Store, clock: Clock) -> None:
    key = one(store)
    taken, _ = hand_over(store, clock)
    settle(store, clock, taken, SendError("no such user", Next.FAIL, code="550 5.1.1"))
    with store.write() as tx:
        tx.execute(update(letter).values(told_at=clock.now))
        assert outbox.try_again(tx, key, actor="staff:1", now=clock.now)
    with store.read() as tx:
        row = tx.execute(select(letter)).one()
    assert (row.state, row.attempts, row.tried_at, row.told_at, row.reason) == (
        State.QUEUED, 0, None, None, "",
    )  # fmt: skip
    clock.pass_(5 * 86400)
    again, _ = hand_over(store, clock)
    settle(store, clock, again, SendError("later", code="451"))
    assert state(store) is State.QUEUED, "its deadline began anew"


def test_a_letter_given_up_in_doubt_and_tried_again_is_flagged(store: Store, clock: Clock) -> None:
    key = one(store, "hold")
    taken, data = hand_over(store, clock)
    settle(store, clock, taken, NO_ANSWER)
    with store.write() as tx:
        assert outbox.give_up(tx, key, actor="staff:1", now=clock.now)
    with store.read() as tx:
        row = tx.execute(select(letter)).one()
    assert (row.state, row.reason, row.told_at) == (State.FAILED, "given up by staff", None)
    clock.pass_(3600)
    with store.write() as tx:
        assert outbox.try_again(tx, key, actor="staff:1", now=clock.now)
    with store.read() as tx:
        assert tx.execute(select(letter.c.possibly_twice)).scalar_one() is True
    assert hand_over(store, clock)[1] == data
