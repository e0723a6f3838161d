"""SQLite made safe and fair: which library, which journal, and one writer at a time."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # no wheel for this machine: Python's own, which may be older
    import sqlite3 as sqlite

module: ModuleType = sqlite
version: tuple[int, ...] = tuple(sqlite.sqlite_version_info)

# Releases that carry the fix of the WAL-reset bug (sqlite.org/wal.html, "The WAL-Reset Bug").
_FIXED_IN = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


GLANCE = 0.001  # seconds between looks at a gate that another process holds


def wal_is_safe() -> bool:
    """True when this SQLite cannot lose a commit through the WAL-reset bug."""
    return version >= _FIXED_IN[0] or any(
        version[:2] == fixed[:2] and version >= fixed for fixed in _FIXED_IN
    )


def prepare(connection: Any, _record: object) -> None:
    """Set up a new connection: durable commits, foreign keys, transactions begun by us."""
    connection.isolation_level = None  # the module must not begin transactions on its own
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute(f"PRAGMA journal_mode = {'WAL' if wal_is_safe() else 'TRUNCATE'}")
    cursor.execute("PRAGMA synchronous = FULL")  # a power cut must not lose what was thanked for
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # what is erased is gone from the file too
    cursor.execute("PRAGMA cache_size = -16000")
    cursor.close()


@contextmanager
def unenforced(connection: Connection) -> Iterator[None]:
    """A connection that leaves foreign keys alone for a while; to be used outside a transaction."""
    cursor = connection.connection.cursor()  # the driver's own: SQLAlchemy would begin here
    cursor.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()


class WriteGate:
    """Lets one writer in at a time, nearly in turn: SQLite's own waiting is a lottery.

    Threads queue on a lock, processes on a file lock. The file is opened at the first use in each
    process: a descriptor inherited over a fork would exclude nobody. Raises TimeoutError after
    `patience` seconds: a writer that hangs must not hang everybody.
    """

    def __init__(self, file: Path, *, patience: float = 10.0) -> None:
        self._file = file
        self._patience = patience
        self._lock = threading.Lock()
        self._descriptor = -1
        self._owner = os.getpid()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the gate."""
        if self._owner != os.getpid():  # after a fork the old lock's holder does not exist here
            self._owner, self._descriptor, self._lock = os.getpid(), -1, threading.Lock()
        end = time.monotonic() + self._patience
        if not self._lock.acquire(timeout=self._patience):
            raise TimeoutError
        try:
            self._wait_for_the_file(end)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Give the file back, once no writer is inside; the next writer opens it anew."""
        if self._owner != os.getpid():  # inherited: the parent's file, and a lock nobody frees
            return
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = -1

    def _wait_for_the_file(self, end: float) -> None:
        if self._descriptor < 0:
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise TimeoutError from None
                time.sleep(GLANCE)
            else:
                return
