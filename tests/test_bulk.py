"""Acts on many letters: all that match and nothing else, once, also when a worker is killed."""

from __future__ import annotations

import pytest

from mailer import audit, bulk, outbox, sendlog
from mailer.bulk import ACTS, Job
from mailer.db import Store
from mailer.errors import Next, SendError
from mailer.sendlog import Filter, properties
from mailer.status import State
from mailer.submissions import accept, restoring
from tests.conftest import Clock
from tests.factories import campaign, draft, recipients, supporter
from tests.staff_letters import hand_over, send, settle, write

ACTOR = "staff:0123456789abcdef"


def begin(store: Store, act: str, wanted: Filter | None = None) -> str:
    with store.write() as tx:
        return bulk.begin(tx, act, wanted or Filter(), actor=ACTOR, now=store.now(tx))


def finish(store: Store, job_id: str, *, delivers: bool = False) -> Job:
    while bulk.step(store, delivers=delivers):
        pass
    return look(store, job_id)


def look(store: Store, job_id: str) -> Job:
    found = bulk.job(store, job_id)
    assert found
    return found


def states(store: Store, slug: str = "") -> dict[State, int]:
    return sendlog.counts(store, slug)


def test_held_letters_of_one_official_are_released(store: Store, clock: Clock) -> None:
    write(store, 1, hold="a look")
    write(store, 2, hold="a look")
    write(store, 3)
    clock.pass_(1)
    job_id = begin(store, "release", Filter(official="minister-1"))
    clock.pass_(1)
    write(store, 4, hold="a look")
    done = finish(store, job_id)
    assert (done.state, done.total, done.looked_at, done.changed) == ("done", 2, 2, 2)
    assert done.part == 1.0
    assert states(store) == {State.QUEUED: 4, State.REVIEW: 4}
    (row, *_) = sendlog.page(store, Filter(official="minister-1", query="supporter 1")).rows
    page = sendlog.letter_page(store, row.id)
    assert page
    assert page.events[-1].actor == ACTOR
    (entry,) = audit.page(store, audit.Wanted(act="bulk.done"), 9).entries
    assert (entry.subject, entry.count, entry.actor) == (job_id, 2, ACTOR.removeprefix("staff:"))


def test_whoever_goes_on_after_a_kill_does_nothing_twice(store: Store, clock: Clock) -> None:
    write(store, 1, to=recipients(10))
    clock.pass_(1)
    job_id = begin(store, "hold")
    assert bulk.step(store, delivers=False, part=4)
    half = look(store, job_id)
    assert (half.state, half.looked_at, half.changed) == ("running", 4, 4)
    done = finish(store, job_id)
    assert (done.looked_at, done.changed) == (10, 10)
    assert states(store) == {State.REVIEW: 10}
    row = sendlog.page(store, Filter()).rows[0]
    page = sendlog.letter_page(store, row.id)
    assert page
    assert [event.state for event in page.events] == [State.QUEUED, State.REVIEW]


def undo(store: Store, job_id: str) -> str | None:
    with store.write() as tx:
        return bulk.undo(tx, job_id, actor=ACTOR, now=store.now(tx))


def undoable(store: Store, job_id: str) -> int:
    with store.read() as tx:
        return bulk.undoable(tx, look(store, job_id))


def test_a_hold_is_taken_back_where_nobody_has_touched_it(store: Store, clock: Clock) -> None:
    write(store, 1, to=recipients(5))
    write(store, 2, to=recipients(1), hold="a look")
    clock.pass_(1)
    job_id = begin(store, "hold")
    assert undo(store, job_id) is None, "it still runs"
    clock.pass_(1)
    finish(store, job_id)
    clock.pass_(1)
    first, second, third, *_ = sendlog.page(store, Filter(query="supporter 1")).rows
    with store.write() as tx:
        for one in (first, second):
            assert outbox.let_leave(tx, one.id, actor=ACTOR, now=clock.now)
        assert outbox.hold(tx, first.id, actor=ACTOR, now=clock.pass_(1))
        assert outbox.withdraw(tx, third.id, actor=ACTOR, now=clock.now)
    assert undoable(store, job_id) == 2
    taken_back = undo(store, job_id)
    assert taken_back
    assert undo(store, job_id) == taken_back, "a second click begins nothing"
    while bulk.step(store, delivers=False, part=2):
        pass
    done = look(store, taken_back)
    assert (done.state, done.act, done.looked_at, done.changed) == ("done", "release", 5, 2)
    assert states(store) == {State.QUEUED: 3, State.REVIEW: 2, State.CANCELLED: 1}
    assert undo(store, taken_back) is None, "what takes back is not taken back"
    assert undoable(store, job_id) == 0


def test_what_was_let_go_is_held_again_while_it_waits(store: Store, clock: Clock) -> None:
    write(store, 1, to=recipients(3), hold="a look")
    clock.pass_(1)
    job_id = begin(store, "release")
    finish(store, job_id)
    clock.pass_(1)
    send(store, clock)
    assert undoable(store, job_id) == 2
    taken_back = undo(store, job_id)
    assert taken_back
    assert finish(store, taken_back).changed == 2
    assert states(store) == {State.SENT: 1, State.REVIEW: 2}


@pytest.mark.parametrize("act", ["cancel", "answered", "arrived", "give-up"])
def test_what_cannot_be_taken_back_is_not_offered(store: Store, clock: Clock, act: str) -> None:
    write(store, 1)
    clock.pass_(1)
    job_id = begin(store, act)
    finish(store, job_id)
    assert (undoable(store, job_id), undo(store, job_id)) == (0, None)


def test_a_letter_in_doubt_again_is_not_sent_by_the_same_act_again(
    store: Store, clock: Clock
) -> None:
    """It failed, is sent again, and comes into doubt while the act looks at those in doubt."""
    write(store, 1, to=recipients(1), about=campaign(uncertain="hold"))
    one, _ = hand_over(store, clock)
    settle(store, clock, one, SendError("no such user", Next.FAIL, code="550"))
    clock.pass_(1)
    job_id = begin(store, "resend")
    assert bulk.step(store, delivers=False)
    assert states(store) == {State.QUEUED: 1}
    hand_over(store, clock)
    with store.write() as tx:
        outbox.reap(tx, now=clock.pass_(3600))
    assert State.UNCERTAIN in states(store)
    done = finish(store, job_id)
    assert (done.state, done.looked_at, done.changed) == ("done", 2, 1)
    assert states(store) == {State.UNCERTAIN: 1}


def test_filters_that_hardly_any_letter_fits_are_gone_through_to_the_end(
    store: Store, clock: Clock
) -> None:
    for number in range(6):
        who = supporter(email=f"s{number}@supporter.example", role="student")
        accept(store, draft(who, to=recipients(1)))
        clock.pass_(1)
    with store.write() as tx:
        found = properties.by_property(tx, Filter(role="student"), 9, parts=(2,))
        assert (len(found.places), found.read_to is None) == (3, False)
        every = sendlog.every_place(tx, Filter(role="student"), 9)
    assert len(every) == 6
    clock.pass_(1)
    assert finish(store, begin(store, "hold", Filter(role="student"))).changed == 6


def test_a_job_stops_where_it_is(store: Store, clock: Clock) -> None:
    write(store, 1)
    clock.pass_(1)
    job_id = begin(store, "hold")
    with store.write() as tx:
        assert bulk.stop(tx, job_id, now=clock.now)
        assert not bulk.stop(tx, job_id, now=clock.now)
    assert not bulk.step(store, delivers=False)
    assert look(store, job_id).state == "stopped"
    assert states(store) == {State.QUEUED: 2}


def test_what_nobody_approved_stays_held(store: Store, clock: Clock) -> None:
    write(store, 1, hold="a look")
    clock.pass_(1)
    kept = finish(store, begin(store, "release"), delivers=True)
    assert (kept.looked_at, kept.changed) == (2, 0)
    assert states(store) == {State.REVIEW: 2}


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [
        ("cancel", {State.REVIEW: 2, State.QUEUED: 2}, {State.CANCELLED: 4}),
        ("hold", {State.REVIEW: 2, State.QUEUED: 2}, {State.REVIEW: 4}),
        ("resend", {State.REVIEW: 2, State.QUEUED: 2}, {State.REVIEW: 2, State.QUEUED: 2}),
    ],
)
def test_each_act_is_for_its_own_states(
    store: Store, clock: Clock, act: str, before: dict[State, int], after: dict[State, int]
) -> None:
    write(store, 1)
    write(store, 2, hold="a look")
    assert states(store) == before
    clock.pass_(1)
    assert finish(store, begin(store, act)).state == "done"
    assert states(store) == after


def test_answered_is_noted_once(store: Store, clock: Clock) -> None:
    made = write(store, 1, to=recipients(1))
    send(store, clock)
    clock.pass_(1)
    assert finish(store, begin(store, "answered")).changed == 1
    assert finish(store, begin(store, "answered")).changed == 0
    (row,) = sendlog.submission_letters(store, made.id)
    assert row.state is State.SENT


def test_every_act_moves_letters_legally() -> None:
    for act in ACTS.values():
        for state, decision in act.by_state.items():
            assert decision is None or state in decision.old
            assert act.leaves(state) == (decision is not None and decision.new is State.QUEUED)


def test_a_restore_ends_what_was_under_way(store: Store, clock: Clock) -> None:
    write(store, 1)
    job_id = begin(store, "hold")
    with store.write() as tx:
        restoring.settle(tx, why="restored", actor="command line", now=clock.now)
    assert look(store, job_id).state == "stopped"


def test_searched_words_are_no_filter_for_an_act(store: Store) -> None:
    with pytest.raises(ValueError, match="filters alone"):
        begin(store, "hold", Filter(query="ann"))
