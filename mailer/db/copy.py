"""One database into another, between the engines or within one: a plain stream of rows.

Ids are text, moments are seconds: nothing has to be turned into anything else. Both sides are
hashed, so that the copy is known to say what the original says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Row, Table, delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from mailer.db import migrate, schema
from mailer.db.store import Store, Tx
from mailer.db.tick import Tick
from mailer.errors import StoreError

T = TypeVar("T")

BATCH = 1000  # rows in memory at a time

MADE_WITH_THE_TABLES = frozenset({"alembic_version", "audit_head", "meta", "lane", "queue"})
"""Tables that a new database may have rows in; the copy replaces them."""


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What a table holds, on both sides."""

    rows: int
    hash: str  # of its rows, in any order


def copy(
    source: Store, target: Store, *, settle: Callable[[Tx, float], T], tick: Tick
) -> tuple[dict[str, Copied], T]:
    """Copy all of `source` into `target`, which must be empty; what each table holds.

    One moment of the source, in one transaction of the target: `settle` is called in it once both
    sides have been compared. Raises StoreError, and then the target has no rows of the source.
    """
    source.check_version()
    with target.read() as tx:
        _refuse_unless_empty(tx, target)
    migrate.upgrade(target)
    with source.snapshot() as read, target.write() as write, _said_plainly(target):
        _refuse_unless_empty(write, target)
        found = _copy(read, write, tick)
        settled = settle(write, target.now(write))
    return found, settled


def digest(tx: Tx, table: Table, tick: Callable[[int], None] = lambda _: None) -> Copied:
    """What a table holds: the same on both engines, whatever the order of its rows."""
    known = _Hash()
    for rows in _batches(tx, table):
        known.add(rows)
        tick(len(rows))
    return known.copied()


def _copy(read: Tx, write: Tx, tick: Tick) -> dict[str, Copied]:
    tables = schema.metadata.sorted_tables  # those that others refer to come first
    of = sum(_rows(read, table) for table in tables)
    for table in reversed(tables):
        write.execute(delete(table))
    copying, comparing = _Progress(tick, "copied", of), _Progress(tick, "compared", of)
    found = {table.name: _copy_table(read, write, table, copying) for table in tables}
    for table in tables:
        if digest(write, table, comparing) != found[table.name]:
            raise StoreError(f"the copy of the table {table.name} differs: nothing was kept")
    return found


def _copy_table(read: Tx, write: Tx, table: Table, tick: Callable[[int], None]) -> Copied:
    known = _Hash()
    statement = insert(table)
    for rows in _batches(read, table):
        write.execute(statement, [dict(row._mapping) for row in rows])
        known.add(rows)
        tick(len(rows))
    return known.copied()


class _Hash:
    """Sums the hashes of rows, so that their order does not matter and no row goes unseen."""

    def __init__(self) -> None:
        self._rows = self._sum = 0

    def add(self, rows: Sequence[Row[Any]]) -> None:
        """Take more rows into account."""
        for row in rows:
            # Numbers as Python writes them: exact, and with a point where they have one.
            said = json.dumps(dict(row._mapping), sort_keys=True, ensure_ascii=False)
            one = hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
            self._sum = (self._sum + int.from_bytes(one)) % 2**256
        self._rows += len(rows)

    def copied(self) -> Copied:
        """All rows so far."""
        return Copied(rows=self._rows, hash=f"{self._sum:064x}")


class _Progress:
    """Counts rows over all tables."""

    def __init__(self, tick: Tick, work: str, of: int) -> None:
        self._tick, self._work, self._of = tick, work, of
        self._done = 0

    def __call__(self, rows: int) -> None:
        """Note that so many more are done."""
        self._done += rows
        self._tick(self._work, self._done, self._of)


def _batches(tx: Tx, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """All rows, some at a time; PostgreSQL keeps the rest on its side."""
    options = {"stream_results": True, "max_row_buffer": BATCH}
    rows = iter(tx.execute(select(table), execution_options=options))
    while batch := list(islice(rows, BATCH)):
        yield batch


def _rows(tx: Tx, table: Table) -> int:
    return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def _refuse_unless_empty(tx: Tx, target: Store) -> None:
    """Raise StoreError when the target has rows, or tables that are not ours."""
    for name in sorted(set(tx.dialect.get_table_names(tx)) - MADE_WITH_THE_TABLES):
        table = schema.metadata.tables.get(name)
        if table is None or _rows(tx, table):
            what = "a table that is not ours" if table is None else "rows"
            raise StoreError(
                f"{target.shown} is not empty ({what}: {name}): name an empty database"
            )


@contextmanager
def _said_plainly(target: Store) -> Iterator[None]:
    """Say plainly what the target does not take, such as a reference to nothing."""
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise StoreError(f"{target.shown} does not take a row: {reason}") from error
