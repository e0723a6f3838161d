"""Migrated PostgreSQL databases for tests, used again: to empty one is far cheaper than to make it.

Only what is as good as new is used again: nobody connected, the same tables, indexes and rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from mailer.db import Store, migrate

TEMPLATE = "template_mailer"
MOST_ROWS = 500
"""Deleted rows beyond which a database is dropped: they would be in the way of the next test."""

_TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
# Everything that makes a schema, the files it lies in, and what was learnt of its rows.
_SHAPE = """
SELECT md5(string_agg(one, ' ' ORDER BY one)) FROM (
    SELECT concat(c.oid, c.relname, c.relfilenode, c.reloptions, c.reltuples, i.indisvalid) AS one
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat(attrelid, attname, atttypid, attnotnull, attisdropped, attstattarget)
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND attnum > 0
    UNION ALL SELECT concat(oid, conname, convalidated) FROM pg_constraint
    UNION ALL SELECT concat(oid, tgname, tgenabled) FROM pg_trigger
    UNION ALL SELECT concat(oid, proname) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT concat(setdatabase, setrole, setconfig) FROM pg_db_role_setting
    UNION ALL SELECT concat(oid, nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg_t%'
) AS all_of_it
"""
_OTHERS = """
SELECT count(*), pg_sleep(0.01) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_LOOKS = 20  # at whether those are gone who have just closed their connections
_SEQUENCES = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"


class Databases:
    """The databases of one server: `url` has `{name}` in their place."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._free: list[str] = []
        self._shapes: dict[str, str] = {}
        with self._at("postgres") as server:
            server.execute(f"CREATE DATABASE {TEMPLATE}")
        store = Store(url.format(name=TEMPLATE))
        migrate.upgrade(store)
        store.close()
        with self._at(TEMPLATE) as template:
            self._rows = {table: _rows(template, table) for table in _tables(template)}

    def take(self) -> str:
        """A migrated database that nobody else has; its name."""
        return self._free.pop() if self._free else self._make()

    def give_back(self, name: str) -> None:
        """Keep a database for another test if it is as good as new, once empty; else drop it."""
        if self._cleaned(name):
            self._free.append(name)
            return
        with self._at("postgres") as server:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _make(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        with self._at("postgres") as server:
            # The template's files are copied: less work than to log each of their pages.
            server.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
        with self._at(name) as made:
            self._shapes[name] = _shape(made)
        return name

    def _cleaned(self, name: str) -> bool:
        try:
            with self._at(name) as used:
                if not _is_alone(used) or _shape(used) != self._shapes[name]:
                    return False
                used.execute("SET session_replication_role = replica")  # no order among tables
                used.execute("SET lock_timeout = '1s'")
                deleted = sum(used.execute(_emptied(table)).rowcount for table in self._rows)
                for table, rows in self._rows.items():
                    _fill(used, table, rows)
                used.execute(_SEQUENCES)
        except psycopg.Error:  # it was dropped, or somebody holds on to it
            return False
        return deleted <= MOST_ROWS

    @contextmanager
    def _at(self, name: str) -> Iterator[psycopg.Connection[Any]]:
        address = self.url.format(name=name).replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    return [name for (name,) in connection.execute(_TABLES)]


def _shape(connection: psycopg.Connection[Any]) -> str:
    (shape,) = connection.execute(_SHAPE).fetchone() or ("",)
    return str(shape)


def _is_alone(connection: psycopg.Connection[Any]) -> bool:
    """True when nobody else is connected to the database, or is no longer in a moment."""
    counts = (connection.execute(_OTHERS).fetchone() for _ in range(_LOOKS))
    return any(found and not found[0] for found in counts)


def _rows(connection: psycopg.Connection[Any], table: str) -> bytes:
    """What a table holds, to be put back by `_fill`."""
    with connection.cursor().copy(_said("COPY {} TO STDOUT", table)) as rows:
        return b"".join(map(bytes, rows))


def _fill(connection: psycopg.Connection[Any], table: str, rows: bytes) -> None:
    if rows:
        with connection.cursor().copy(_said("COPY {} FROM STDIN", table)) as into:
            into.write(rows)


def _emptied(table: str) -> sql.Composed:
    return _said("DELETE FROM {}", table)


def _said(words: LiteralString, table: str) -> sql.Composed:
    return sql.SQL(words).format(sql.Identifier(table))
