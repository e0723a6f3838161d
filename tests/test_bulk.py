"""Acts on many letters: all that match and nothing else, once, also when a worker is killed."""

from __future__ import annotations

import pytest

from mailer import audit, bulk, sendlog
from mailer.bulk import ACTS, Job
from mailer.db import Store
from mailer.sendlog import Filter
from mailer.status import State
from mailer.submissions import restoring
from tests.conftest import Clock
from tests.factories import recipients
from tests.staff_letters import send, write

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
