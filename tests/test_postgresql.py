"""What is PostgreSQL's own: connections that died while nobody used them, its clock, its plans."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from sqlalchemy import text, update

from mailer import outbox
from mailer.db import Store, migrate, postgresql
from mailer.db.schema import letter
from mailer.outbox import NewLetter, Way, Written
from mailer.status import Kind, State

KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"


@pytest.fixture
def url(new_postgres: Callable[[], str]) -> str:
    return new_postgres()


def kill_others(store: Store) -> None:
    mine = f"{KILL} AND datname = current_database()"
    with store.read() as tx:
        tx.execute(text(mine))


def test_idle_connections_that_died_are_replaced_unseen(url: str) -> None:
    store, killer = Store(url), Store(url)
    with store.read() as one, store.read() as two:  # two connections in the pool
        one.execute(text("SELECT 1"))
        two.execute(text("SELECT 1"))
    time.sleep(postgresql.IDLE + 0.1)
    kill_others(killer)
    with store.read() as one, store.read() as two:
        assert one.execute(text("SELECT 1")).scalar() == 1
        assert two.execute(text("SELECT 1")).scalar() == 1
    store.close()
    killer.close()


def test_the_moment_is_the_databases_and_goes_on_between_questions(url: str) -> None:
    store = Store(url)
    with store.read() as tx:
        first, second = store.now(tx), store.now(tx)
        theirs = tx.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
        assert first < second <= float(theirs) + 0.01
        assert float(theirs) - second < 1.0
    store.close()


def written(count: int, officials: int) -> list[NewLetter]:
    return [
        NewLetter(
            kind=Kind.LETTER, state=State.QUEUED, actor="test", campaign="exams",
            official=f"minister-{number % officials}",
            written=Written(
                language="en", from_name="Ann Example", from_address="letters@campaign.example",
                to_name="Minister", to_address=f"minister-{number % officials}@ministry.example",
                subject="Exams", salutation="Dear Minister,", body="Words.",
            ),
        )
        for number in range(count)
    ]  # fmt: skip


def read_by_state(store: Store) -> int:
    with store.write() as tx:
        name = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = '{}'"
        return int(tx.execute(text(name.format("ix_letter_state"))).scalar_one())


def test_a_claim_reads_no_whole_queue_where_none_was_queued_when_postgresql_counted(
    url: str,
) -> None:
    store = Store(url)
    migrate.upgrade(store)
    with store.write() as tx:
        outbox.add(tx, written(600, 20), store.now(tx))
        tx.execute(update(letter).values(state=State.SENT.value))
    with store.write() as tx:
        tx.execute(text("ANALYZE"))
    with store.write() as tx:
        outbox.add(tx, written(600, 20), store.now(tx))
    before = read_by_state(store)
    with store.write() as tx:
        way = Way(account="fake:relay", delivers=False)
        claimed = outbox.claim(tx, "w1", now=store.now(tx), lease=60.0, most=40, way=way)
        tx.execute(text("SELECT pg_stat_force_next_flush()"))
    assert len(claimed) == 40
    assert read_by_state(store) - before < 100
    store.close()
