"""SQLite made safe and fair: which library, which journal, and one writer at a time."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # no wheel for this machine: Python's own, which may be older
    import sqlite3 as sqlite

module: ModuleType = sqlite
version: tuple[int, ...] = tuple(sqlite.sqlite_version_info)

# Releases that carry the fix of the WAL-reset bug (sqlite.org/wal.html, "The WAL-Reset Bug").
_FIXED_IN = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


def wal_is_safe() -> bool:
    """True when this SQLite cannot lose a commit through the WAL-reset bug."""
    return version >= _FIXED_IN[0] or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in _FIXED_IN
    )


def prepare(connection: Any, _record: object) -> None:
    """Set up a new connection: durable commits, foreign keys, transactions begun by us."""
    connection.isolation_level = None  # the module must not begin transactions on its own
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 15000")
    cursor.execute(f"PRAGMA journal_mode = {'WAL' if wal_is_safe() else 'TRUNCATE'}")
    cursor.execute("PRAGMA synchronous = FULL")  # a power cut must not lose what was thanked for
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # what is erased is gone from the file too
    cursor.execute("PRAGMA cache_size = -16000")
    cursor.close()


class WriteGate:
    """Lets one writer in at a time, in turn: SQLite's own waiting is a lottery.

    Threads queue on a lock, processes on a file lock. The file is opened at the first use in each
    process: a descriptor inherited over a fork would exclude nobody.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._descriptor = -1
        self._owner = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the gate."""
        if self._owner != os.getpid() and self._owner:
            self._lock = threading.Lock()  # after a fork the old lock's holder does not exist here
        with self._lock:
            if self._file is None:
                self._owner = os.getpid()
                yield
                return
            if self._owner != os.getpid():
                self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                self._owner = os.getpid()
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
