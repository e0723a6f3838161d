"""A copy of a PostgreSQL database by pg_dump, of one moment, while others write."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import func, select, table, text

from mailer.db import schema
from mailer.db.backup import postgres_tools
from mailer.db.store import Store, Tx
from mailer.db.tick import Tick


def copy(store: Store, to: Path, tick: Tick) -> tuple[float, dict[str, int]]:
    """Copy our tables to `to` and read the copy through; its moment, and its rows by table.

    Rows are counted in the very snapshot that is dumped. Raises BackupError.
    """
    with store.snapshot() as tx:
        # This transaction stands still while pg_dump works: no server's limit may end it.
        tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        moment = store.now(tx)
        server = postgres_tools.server_version(tx)
        names = ours(tx)
        taken = tx.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        chosen = [f"--table={_pattern(tx, name)}" for name in names]
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={taken}"]
        dump = postgres_tools.Program(store, "pg_dump", server)
        progress = _Progress(tick, {name: _size(tx, name) for name in names})
        dump.run(["--verbose", *options, f"--file={to}", *chosen], heard=progress)
        rows = {name: count(tx, name) for name in names}
    # Written out as SQL to nowhere: every block of it has to be whole.
    restore = postgres_tools.Program(store, "pg_restore", server)
    restore.look(["--file=/dev/null", str(to)])
    return moment, rows


def ours(tx: Tx) -> list[str]:
    """Our tables that are there, without Alembic's, of which the manifest tells all."""
    there = set(tx.dialect.get_table_names(tx))
    return sorted(there & set(schema.metadata.tables))


def count(tx: Tx, name: str) -> int:
    """The rows of a table."""
    return int(tx.execute(select(func.count()).select_from(table(name))).scalar_one())


class _Progress:
    """Tells how far pg_dump is by what it says: the table it has begun with."""

    def __init__(self, tick: Tick, sizes: dict[str, int]) -> None:
        self._tick, self._sizes = tick, sizes
        self._of = sum(sizes.values())
        self._done = self._now = 0

    def __call__(self, line: str) -> None:
        """Note a line of pg_dump's."""
        begun = _BEGUN.search(line)
        if begun:
            self._done, self._now = self._done + self._now, self._sizes.get(begun[1], 0)
            self._tick("copied", self._done, self._of)


_BEGUN = re.compile(r'dumping contents of table ".*?(\w+)"')


def _size(tx: Tx, name: str) -> int:
    """The bytes of a table."""
    size = text("SELECT pg_table_size(CAST(:name AS regclass))")
    return int(tx.execute(size, {"name": name}).scalar_one())


def _pattern(tx: Tx, name: str) -> str:
    """A table's name as pg_dump's patterns want it: quoted, with its schema."""
    return f'"{tx.dialect.default_schema_name}"."{name}"'
