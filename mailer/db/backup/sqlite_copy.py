"""SQLite's own way to copy a database that is in use (sqlite.org/backup.html)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from mailer.db import sqlite
from mailer.db.store import Store
from mailer.db.tick import Tick
from mailer.errors import BackupError

PAGES = 256
"""Pages copied at a time: a megabyte, then others may have the file's lock."""

NO_DATABASE = sqlite.module.DatabaseError
"""What SQLite raises, and nothing more special, over a file that is none."""

RESTARTS = 3
"""Times that writers may make the copy begin again, where there is no snapshot to copy from."""


def copy(store: Store, to: Path, tick: Tick) -> tuple[float, dict[str, int]]:
    """Copy the database to `to` and look it through; the moment it shows, and its rows by table.

    Raises BackupError when the copy cannot be written, or the database itself is damaged.
    """
    with _said_plainly("the database cannot be copied"), closing(_plain(to)) as target:
        moment = _copy_from(store, target, tick)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, which needs no other
        look_through(target, "the database is damaged; `mailer db check` says more")
        return moment, counts(target)


def put(source: Path, into: Path, tick: Tick) -> None:
    """Make the database `into` what `source` is, in one transaction; raises BackupError.

    The file stays the same one: a program that has it open sees the new contents, or none of them.
    """
    failed = f"{into} cannot be used"
    with _said_plainly(failed), closing(_plain(source)) as read, closing(_plain(into)) as write:
        _backup(read, write, -1, "put back", tick)


def look_into(file: Path, otherwise: str) -> None:
    """Raise BackupError(`otherwise`) unless the database in `file` holds together."""
    with _said_plainly(otherwise), closing(_plain(file)) as database:
        look_through(database, otherwise)


def look_through(database: Any, otherwise: str) -> None:
    """Raise BackupError(`otherwise`) unless every page, index and reference holds."""
    found = [row[0] for row in database.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"] or database.execute("PRAGMA foreign_key_check").fetchone():
        raise BackupError(otherwise)


def counts(database: Any) -> dict[str, int]:
    """The rows of every table."""
    tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    names = [row[0] for row in tables if not row[0].startswith("sqlite_")]
    asked = {
        name: f'SELECT count(*) FROM "{name}"'  # noqa: S608 - a table of the file's own
        for name in names
    }
    return {name: int(database.execute(words).fetchone()[0]) for name, words in asked.items()}


def in_use(file: Path) -> bool:
    """True when another program has the database open (in WAL mode), or writes at this moment.

    Whoever has a database in WAL mode open holds a shared lock on its file; an exclusive one
    shows it. Raises BackupError when the file is no database.
    """
    with _said_plainly(str(file)), closing(_plain(file, patience=0.0)) as probe:
        probe.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            probe.execute("BEGIN EXCLUSIVE")
        except sqlite.module.OperationalError as error:
            if "locked" in str(error):
                return True
            raise
        probe.execute("ROLLBACK")
        return False


def _copy_from(store: Store, target: Any, tick: Tick) -> float:
    """Copy piece by piece; the moment of which it is the picture."""
    if store.journal_mode() == "wal":
        with store.read() as tx:
            moment = store.now(tx)
            tx.exec_driver_sql("SELECT count(*) FROM sqlite_schema")  # from here on a snapshot
            _backup(tx.connection.driver_connection, target, PAGES, "copied", tick)
            return moment
    moment = store.now()
    copy_piecemeal(store, target, tick)
    return moment


def copy_piecemeal(store: Store, target: Any, tick: Tick) -> None:
    """Copy where readers and writers exclude each other, a piece at a time.

    A writer between two pieces makes it begin anew; after RESTARTS of that all is copied at once,
    and writers wait.
    """
    with closing(_plain(Path(str(store.url.database)))) as source:
        try:
            _backup(source, target, PAGES, "copied", _Patience(tick))
        except _OftenRestarted:
            _backup(source, target, -1, "copied", tick)


def _backup(source: Any, target: Any, pages: int, work: str, tick: Tick) -> None:
    def progress(_status: int, left: int, of: int) -> None:
        tick(work, of - left, of)

    with _said_plainly("the copy cannot be written"):
        source.backup(target, pages=pages, progress=progress, sleep=0.05)


class _OftenRestarted(Exception):  # noqa: N818 - it names what happened
    """Writers were quicker than the copy."""


class _Patience:
    """Passes ticks on until the copy has begun anew too often."""

    def __init__(self, tick: Tick) -> None:
        self._tick = tick
        self._done = self._restarts = 0

    def __call__(self, work: str, done: int, of: int) -> None:
        """Note how far the copy is."""
        self._restarts += done <= self._done  # a step that goes on has more done than the last
        self._done = done
        if self._restarts > RESTARTS:
            raise _OftenRestarted
        self._tick(work, done, of)


def _plain(file: Path, patience: float = 10.0) -> Any:
    """A connection without a store: no gate, no transaction but those asked for."""
    connection = sqlite.module.connect(str(file), timeout=patience, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


@contextmanager
def _said_plainly(failed: str) -> Iterator[None]:
    try:
        yield
    except sqlite.module.Error as error:
        raise BackupError(f"{failed}: {error}") from error
