"""A wave that is stopped while those it names act, too: nobody waits for the other in a ring."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import select, text, update

from mailer import audit, submissions
from mailer.audit import Wanted
from mailer.db import Store
from mailer.db.schema import letter, submission
from mailer.review import waves
from mailer.review.waves import Found, Wave
from mailer.submissions import erasing
from mailer.submissions.journal import Erasure
from mailer.submissions.passage import Door, Passage, always
from tests.conftest import Clock
from tests.factories import draft, supporter

MEMBERS = 5
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
HERE = f"{WAITING} AND datname = current_database()"


@pytest.fixture
def shared(new_postgres: Callable[[], str], clock: Clock) -> Iterator[Store]:
    """A database of several machines: on one, a writer has it for itself anyway."""
    opened = Store(new_postgres(), clock=clock)
    yield opened
    opened.close()


def wave_of(store: Store) -> tuple[Wave, list[str]]:
    """Some who wrote from one place, and the wave that they are; their ids, in order."""
    drafts = [
        draft(supporter(name=f"P{one} Example", email=f"p{one}@x.example"), network="here")
        for one in range(MEMBERS)
    ]  # fmt: skip
    door = Door(judge=lambda _tx, _now: Passage(), may_mail=always)
    for made in drafts:
        submissions.accept(store, made, door)
    ids = sorted(made.id for made in drafts)
    return Wave(campaign="exams", network_of=ids[0]), ids


def begin(pool: ThreadPoolExecutor, store: Store, wave: Wave) -> Future[Found]:
    """Press, and come back as soon as the press waits for somebody else's row."""
    pressed = pool.submit(waves.invalidate, store, wave, actor=audit.COMMAND, why="")
    while not pressed.done():
        with store.read() as tx:
            if tx.execute(text(HERE)).scalar_one():
                break
        time.sleep(0.01)
    return pressed


@pytest.mark.parametrize("which", [0, MEMBERS // 2, MEMBERS - 1])
def test_whoever_erases_what_a_wave_is_about_to_stop_is_not_turned_away(
    shared: Store, which: int
) -> None:
    wave, ids = wave_of(shared)
    with ThreadPoolExecutor(1) as pool:
        with shared.write() as tx:
            mine = select(letter.c.id).where(letter.c.submission == ids[which])
            tx.execute(mine.with_for_update()).all()
            pressed = begin(pool, shared, wave)
            now = shared.now(tx)
            erased = erasing.erase(tx, Erasure(at=now, submission=ids[which]), now=now)
        assert erased.stopped == 2
        assert pressed.result() == Found(submissions=MEMBERS, stoppable=2 * (MEMBERS - 1))
    assert waves.look(shared, wave) == Found()


def test_of_two_who_press_at_once_each_counts_what_was_theirs(shared: Store) -> None:
    wave, ids = wave_of(shared)
    with ThreadPoolExecutor(1) as pool:
        with shared.write() as tx:
            tx.execute(select(letter.c.id).with_for_update()).all()
            other = update(submission).where(submission.c.id == ids[0])
            tx.execute(other.values(invalid_at=1.0))
            pressed = begin(pool, shared, wave)
        assert pressed.result() == Found(submissions=MEMBERS - 1, stoppable=2 * (MEMBERS - 1))
    (act,) = audit.page(shared, Wanted(act="wave.invalidate"), 10).entries
    assert act.count == MEMBERS - 1
