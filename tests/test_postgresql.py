"""Connections to PostgreSQL that died while nobody used them, and its clock."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from sqlalchemy import text

from mailer.db import Store, postgresql

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
