"""Counts kept aside say what counting says, and tell of which moment they are."""

from __future__ import annotations

import threading
from zoneinfo import ZoneInfo

from sqlalchemy import select

from mailer import sendlog
from mailer.db import Store
from mailer.db.schema import written_count
from mailer.sendlog import Filter, counted, counting
from mailer.status import State
from mailer.submissions import accept
from tests.conftest import Clock
from tests.factories import campaign, draft, supporter

UTC = ZoneInfo("UTC")
GO = threading.Event()


def write(store: Store, number: int, slug: str = "exams", **who: str) -> None:
    made = supporter(name=f"Ann {number}", email=f"s{number}@supporter.example", **who)
    accept(store, draft(made, about=campaign(slug=slug)))


def written(store: Store, slug: str = "") -> counted.Written:
    subjects = {"Quiet exams"}
    return counted.written(store, slug, since="2000-01-01T00", subjects=subjects, zone=UTC)


def test_what_was_written_is_counted_once_and_the_rest_is_added(store: Store, clock: Clock) -> None:
    write(store, 1, role="student", district="North")
    clock.pass_(3600)
    write(store, 2, role="student")
    before = written(store)
    assert before.facets["official"] == {"minister-1": 2, "minister-2": 2}
    assert before.facets["role"] == {"student": 4}
    assert before.facets["district"] == {"": 2, "North": 2}
    assert before.hours == {"2027-01-15T08": 2, "2027-01-15T09": 2}
    assert before.days == {"2027-01-15": 4}
    assert before.until is None
    assert counting.count_written(store, {"Quiet exams"}, UTC, GO) == 2, "the newest may be late"
    assert written(store) == before
    clock.pass_(60)
    assert counting.count_written(store, {"Quiet exams"}, UTC, GO) == 2
    assert counting.count_written(store, {"Quiet exams"}, UTC, GO) == 0
    assert written(store) == before
    write(store, 3, "other", role="faculty")
    assert written(store).facets["role"] == {"student": 4, "faculty": 2}
    assert written(store, "other").facets["role"] == {"faculty": 2}


def test_subjects_with_words_of_a_supporter_are_not_kept(store: Store, clock: Clock) -> None:
    write(store, 1)
    (row, *_) = sendlog.page(store, Filter()).rows
    page = sendlog.letter_page(store, row.id)
    assert page
    assert page.mail
    clock.pass_(60)
    counting.count_written(store, set(), UTC, GO)
    with store.read() as tx:
        kept = tx.execute(select(written_count.c.value).where(written_count.c.facet == "subject"))
        assert set(kept.scalars()) == {""}


def test_states_are_counted_anew_now_and_then(store: Store, clock: Clock) -> None:
    for number in range(3):
        write(store, number, "other" if number else "exams")
    exact = counted.states(store, Filter())
    assert (exact.by_state, exact.at) == ({State.QUEUED: 6}, None)
    assert counted.states(store, Filter(), small=1) == exact, "never counted: counted now"
    assert counting.count_states(store, GO)
    kept = counted.states(store, Filter(), small=1)
    assert (kept.by_state, kept.at) == ({State.QUEUED: 6}, clock.now)
    assert counted.states(store, Filter(campaign="other"), small=1).all == 4
    assert counted.states(store, Filter(official="minister-2"), small=1).all == 3
    write(store, 7)
    assert not counting.count_states(store, GO), "not yet"
    assert counted.states(store, Filter(), small=1) == kept
    clock.pass_(counting.EVERY + 1)
    assert counting.count_states(store, GO)
    assert counted.states(store, Filter(), small=1).all == 8


def test_a_count_that_is_stopped_keeps_the_one_before(store: Store, clock: Clock) -> None:
    write(store, 1)
    counting.count_states(store, GO)
    write(store, 2)
    clock.pass_(60)
    stopped = threading.Event()
    stopped.set()
    assert not counting.count_states(store, stopped)
    assert counted.states(store, Filter(), small=1).all == 2
    assert counting.count_states(store, GO), "another goes on at once"
    assert counted.states(store, Filter(), small=1).all == 4


def test_what_needs_people_is_counted_whatever_it_is_for(store: Store) -> None:
    write(store, 1)
    accept(store, draft(supporter(email="x@supporter.example"), hold="a look"))
    assert counted.waiting_for_people(store) == {
        State.REVIEW: 2, State.UNCERTAIN: 0, State.FAILED: 0,
    }  # fmt: skip
