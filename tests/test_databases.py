"""The tests' own databases on PostgreSQL: what is used again is as good as new."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest
from sqlalchemy import delete, insert, select, text

from mailer.db import Store
from mailer.db.schema import meta
from tests.databases import Databases
from tests.processes.box import eventually

OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


def is_left(databases: Databases, name: str) -> bool:
    """True when nobody is connected any more: a server takes its time to notice."""
    address = databases.url.format(name="postgres").replace("+psycopg", "")
    with closing(psycopg.connect(address)) as asking:
        return asking.execute(OTHERS, [name]).fetchone() == (0,)


def test_one_that_was_written_to_is_emptied_and_used_again(databases: Databases) -> None:
    name = databases.take()
    with closing(Store(databases.url.format(name=name))) as store:
        with store.read() as tx:
            before = tx.execute(select(meta).order_by(meta.c.name)).all()
        with store.write() as tx:
            tx.execute(delete(meta))
            tx.execute(insert(meta).values(name="left", value="over"))
    eventually(lambda: is_left(databases, name), "nobody is connected")
    databases.give_back(name)
    assert databases.take() == name
    with closing(Store(databases.url.format(name=name))) as store, store.read() as tx:
        assert tx.execute(select(meta).order_by(meta.c.name)).all() == before
    databases.give_back(name)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE meta ADD COLUMN more TEXT",
        "CREATE TABLE more (id TEXT)",
        "DROP TABLE consent",
        "TRUNCATE meta",
        "CREATE INDEX more ON meta (value)",
        "CREATE SCHEMA more",
        "ANALYZE meta",
    ],
)
def test_one_that_is_not_as_it_was_made_is_dropped(databases: Databases, change: str) -> None:
    name = databases.take()
    with closing(Store(databases.url.format(name=name))) as store, store.write() as tx:
        tx.execute(text(change))
    databases.give_back(name)
    other = databases.take()
    assert other != name
    databases.give_back(other)


def test_one_that_somebody_still_holds_is_dropped(databases: Databases) -> None:
    name = databases.take()
    address = databases.url.format(name=name).replace("+psycopg", "")
    with closing(psycopg.connect(address)) as held:
        databases.give_back(name)
        with pytest.raises(psycopg.OperationalError):
            held.execute("SELECT 1")
    other = databases.take()
    assert other != name
    databases.give_back(other)
