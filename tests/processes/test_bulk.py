"""An act on many letters, and the real worker killed in the middle of it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from sqlalchemy import func, select

from mailer import bulk, sendlog
from mailer.bulk import Job
from mailer.db import Store
from mailer.db.schema import letter_event
from mailer.sendlog import Filter
from mailer.status import State
from tests.factories import recipients
from tests.processes.box import PATIENCE, Running, eventually, new_home
from tests.staff_letters import write

ACTOR = "staff:0123456789abcdef"
PEOPLE, OFFICIALS = 30, 100
LETTERS = PEOPLE * OFFICIALS


def test_a_killed_worker_does_nothing_twice_and_the_next_one_goes_on(
    tmp_path: Path, database_url: str
) -> None:
    home, store = new_home(tmp_path / "home"), Store(database_url)
    to = recipients(OFFICIALS)
    for number in range(PEOPLE):
        write(store, number, to=to, hold="a look")
    with store.write() as tx:
        job_id = bulk.begin(tx, "cancel", Filter(), actor=ACTOR, now=store.now(tx))
    worker = Running(home, "worker", MAILER_DATABASE_URL=database_url)
    try:
        _wait_for_the_middle(store, job_id)
    finally:
        worker.stop(signal.SIGKILL)
    half = _job(store, job_id)
    assert half.state == "running"
    assert 0 < half.changed < LETTERS
    assert sendlog.counts(store)[State.CANCELLED] == half.changed, "no more, and no fewer"
    worker = Running(home, "worker", MAILER_DATABASE_URL=database_url)
    try:
        eventually(lambda: _job(store, job_id).state == "done", "the next worker goes on")
    finally:
        worker.stop()
    done = _job(store, job_id)
    assert (done.looked_at, done.changed) == (LETTERS, LETTERS)
    assert sendlog.counts(store) == {State.CANCELLED: LETTERS}
    assert _acts(store) == {1: LETTERS}, "once at each letter"
    store.close()


def _wait_for_the_middle(store: Store, job_id: str) -> None:
    end = time.monotonic() + PATIENCE
    while not _job(store, job_id).changed:
        assert time.monotonic() < end, "the worker does nothing"
        time.sleep(0.001)


def _job(store: Store, job_id: str) -> Job:
    found = bulk.job(store, job_id)
    assert found
    return found


def _acts(store: Store) -> dict[int, int]:
    """How many letters staff have acted on how often."""
    each = (
        select(func.count().label("times"))
        .where(letter_event.c.actor == ACTOR)
        .group_by(letter_event.c.letter)
        .subquery()
    )
    with store.read() as tx:
        counted = select(each.c.times, func.count()).group_by(each.c.times)
        return {row[0]: row[1] for row in tx.execute(counted)}
