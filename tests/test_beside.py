"""What a worker does beside the deliveries: counts, and acts on many letters."""

from __future__ import annotations

import threading
from zoneinfo import ZoneInfo

from mailer import bulk, sendlog
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import StoreError
from mailer.sendlog import Filter, counted
from mailer.status import State
from mailer.worker.beside import Beside, acting_on_many, counting_letters
from tests.conftest import Clock
from tests.staff_letters import write


def test_it_counts_and_acts(settings: Settings, store: Store, clock: Clock) -> None:
    write(store, 1)
    clock.pass_(60)
    with store.write() as tx:
        bulk.begin(tx, "hold", Filter(), actor="staff:0123456789", now=clock.now)
    acting_on_many(store, delivers=False)(threading.Event())
    assert sendlog.counts(store) == {State.REVIEW: 2}
    counting_letters(store, Library(settings.home), ZoneInfo("UTC"))(threading.Event())
    assert counted.states(store, Filter(), small=0).by_state == {State.REVIEW: 2}


def test_work_that_goes_on_is_not_begun_again_and_ends_when_asked() -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()
    times: list[int] = []

    def work(stop: threading.Event) -> None:
        times.append(1)
        begun.release()
        stop.wait(30)
        go_on.set()

    beside = Beside(work)
    beside.begin()
    assert begun.acquire(timeout=30)
    beside.begin()
    beside.end(30)
    assert go_on.is_set()
    assert times == [1]
    beside.begin()
    assert times == [1], "what has ended is not begun anew"


def test_a_database_that_is_away_ends_no_worker() -> None:
    done = threading.Event()

    def work(_stop: threading.Event) -> None:
        done.set()
        raise StoreError("away")

    beside = Beside(work)
    beside.begin()
    assert done.wait(30)
    beside.end(30)
