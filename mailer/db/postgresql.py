"""PostgreSQL made steady: how connections are kept, and a clock that no pause can set back."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

from mailer.errors import StoreError

IDLE = 1.0
"""Seconds after which a connection is tried before it is used: the server may have gone since."""

PREPARE_AFTER = 3
"""Runs of a statement after which PostgreSQL keeps its plan."""

FROZEN = 10
"""Seconds anybody may pause within a transaction before the server ends it and frees its locks.

A machine that is suspended there would hold up all others until it wakes. As long as SQLite's gate.
"""

_BOUND = f"SET idle_in_transaction_session_timeout = '{FROZEN}s'"


def engine(url: URL) -> Engine:
    """An engine for a PostgreSQL; raises StoreError where the driver is missing."""
    try:
        made = create_engine(
            url,
            pool_size=10,
            max_overflow=10,
            connect_args={"prepare_threshold": None, "connect_timeout": 10},
        )
    except ImportError:
        raise StoreError("PostgreSQL needs the extra: pip install 'mailer[postgres]'") from None
    event.listen(made, "connect", _meet)
    event.listen(made, "checkin", _note_use)
    event.listen(made, "checkout", _try_if_idle)
    event.listen(made, "begin", _begin)
    return made


def since_boot() -> float:
    """Seconds on a clock that goes on while the process, or the machine, is suspended."""
    if hasattr(time, "CLOCK_BOOTTIME"):  # Linux
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = since_boot()


def _try_if_idle(connection: Any, record: Any, _proxy: Any) -> None:
    """Try a connection that was idle; the pool replaces it, and all its like, when it is dead.

    Not at each use, as the pool's own option would: a worker uses it a hundred times a second.
    """
    if since_boot() - record.info.get("used", 0.0) < IDLE:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except connection.Error as error:
        raise InvalidatePoolError from error


def _meet(connection: Any, record: Any) -> None:
    """Find out whether we speak to PostgreSQL itself or to a pooler, such as PgBouncer.

    A pooler names another process than the one that answers, and may hand each transaction to
    another. Only where there is none may statements be prepared and settings be left behind.
    """
    with connection.cursor() as cursor:
        (answers,) = cursor.execute("SELECT pg_backend_pid()").fetchone()
        record.info["direct"] = answers == connection.info.backend_pid
        if record.info["direct"]:
            connection.prepare_threshold = PREPARE_AFTER
            cursor.execute(_BOUND)
    connection.commit()


def _begin(connection: Connection) -> None:
    """Bound how long a writer may pause, where a pooler forgets what was set before."""
    if connection.get_execution_options().get("writes") and not connection.info["direct"]:
        connection.exec_driver_sql(_BOUND.replace("SET", "SET LOCAL", 1))


def unbound(connection: Connection) -> None:
    """Let this transaction pause as long as it likes: one that reads holds up nobody."""
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
