"""Counts kept aside say what counting says, and tell of which moment they are."""

from __future__ import annotations

import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, text

from mailer import sendlog
from mailer.campaigns.library import Library
from mailer.db import Store, marks, migrate
from mailer.db.schema import written_count
from mailer.db.searching import UNNAMED
from mailer.errors import StoreError
from mailer.sendlog import Filter, counted, counting
from mailer.sendlog.named import Named, named
from mailer.status import State
from mailer.submissions import accept
from tests.conftest import Clock
from tests.factories import campaign, draft, supporter
from tests.web_public.homes import write_campaign

UTC = ZoneInfo("UTC")
GO = threading.Event()
OWN = Named(subjects=frozenset({"Quiet exams"}), districts=frozenset({"North"}))


def write(store: Store, number: int, slug: str = "exams", **who: str) -> None:
    made = supporter(name=f"Ann {number}", email=f"s{number}@supporter.example", **who)
    accept(store, draft(made, about=campaign(slug=slug)))


def written(store: Store, slug: str = "") -> counted.Written:
    return counted.written(store, slug, since="2000-01-01T00", own=OWN, zone=UTC)


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
    assert counting.count_written(store, OWN, UTC, GO) == 2, "the newest may be late"
    assert written(store) == before
    clock.pass_(60)
    assert counting.count_written(store, OWN, UTC, GO) == 2
    assert counting.count_written(store, OWN, UTC, GO) == 0
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
    counting.count_written(store, Named(), UTC, GO)
    with store.read() as tx:
        kept = tx.execute(select(written_count.c.value).where(written_count.c.facet == "subject"))
        assert set(kept.scalars()) == {""}


def test_districts_that_somebody_typed_are_counted_by_no_name(store: Store, clock: Clock) -> None:
    for number, lives in enumerate(("North", "Zebedee Quillfeather, 416 555 0100", "", "north ")):
        write(store, number, district=lives)
    assert written(store).facets["district"] == {UNNAMED: 4, "": 2, "North": 2}
    clock.pass_(60)
    counting.count_written(store, OWN, UTC, GO)
    assert written(store).facets["district"] == {UNNAMED: 4, "": 2, "North": 2}
    with store.read() as tx:
        assert "Zebedee" not in repr(tx.execute(select(written_count)).all())


def test_the_organizers_own_districts_stand_in_their_files(home: Path) -> None:
    file = home / "officials.yaml"
    known = file.read_text(encoding="utf-8")
    one = (
        "  - {id: bay, name: Bea Bay, email: bay@a.example, district: {en: Bay, fr: Baie}}\n"
    )  # fmt: skip
    file.write_text(known.replace("\nofficials:\n", f"\nofficials:\n{one}", 1), encoding="utf-8")
    (home / "districts.csv").write_text("code,district\nA1A,Far Hills\n", encoding="utf-8")
    write_campaign(home, "bay", to={"district": ["Bay", "Baie"]})
    own = named(Library(home).current())
    assert own.districts >= {"Bay", "Baie", "Far Hills"}
    assert "" not in own.districts


def test_districts_are_counted_anew_from_a_place_back(store: Store, clock: Clock) -> None:
    for number in range(3):
        write(store, number, district="North" if number else "Typed words")
        clock.pass_(60)
    counting.count_written(store, OWN, UTC, GO)
    before = written(store)
    with store.write() as tx:
        tx.execute(delete(written_count).where(written_count.c.facet == "district"))
        marks.put(tx, counting.DISTRICTS_FROM, marks.get(tx, counting.WRITTEN_TO) + "~")
    write(store, 3, district="North")
    clock.pass_(60)
    counting.count_written(store, OWN, UTC, GO)
    assert written(store).facets["district"] == {"North": 2}, "what came since, once"
    assert counting.count_districts_again(store, OWN, GO) == 6
    assert counting.count_districts_again(store, OWN, GO) == 0
    assert written(store).facets["district"] == {"North": 6, UNNAMED: 2}
    for facet in ("official", "role", "subject"):
        assert sum(written(store).facets[facet].values()) == 8
    assert before.facets["district"] == {"North": 4, UNNAMED: 2}


def test_two_workers_never_count_the_same(request: pytest.FixtureRequest, clock: Clock) -> None:
    """On PostgreSQL, where both may write at once: the second waits for the first."""
    url = str(request.getfixturevalue("new_postgres")())
    stores = [Store(url, clock=clock) for _ in range(2)]
    migrate.upgrade(stores[0])
    write(stores[0], 1)
    clock.pass_(60)
    with stores[0].write() as tx:
        marks.hold(tx, counting.WRITTEN_TO)
        with pytest.raises(StoreError, match="lock timeout"):
            _hold_at_once(stores[1])
    for store in stores:
        counting.count_written(store, OWN, UTC, GO)
    assert written(stores[0]).facets["official"] == {"minister-1": 1, "minister-2": 1}
    for store in stores:
        store.close()


def _hold_at_once(store: Store) -> None:
    with store.write() as tx:
        tx.execute(text("SET LOCAL lock_timeout = 1"))
        marks.hold(tx, counting.WRITTEN_TO)


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
