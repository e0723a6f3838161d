"""PostgreSQL made steady: how connections are kept, and a clock that no pause can set back."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

from mailer.errors import StoreError

IDLE = 1.0
"""Seconds after which a connection is tried before it is used: the server may have gone since."""

FROZEN = 10
"""Seconds a writer may pause within a transaction before the server ends it and frees its locks.

A machine that is suspended there would hold up all others until it wakes. As long as SQLite's gate.
"""


def engine(url: URL) -> Engine:
    """An engine for a PostgreSQL; raises StoreError where the driver is missing."""
    try:
        made = create_engine(
            url,
            pool_size=10,
            max_overflow=10,
            connect_args={"prepare_threshold": None, "connect_timeout": 10},  # PgBouncer
        )
    except ImportError:
        raise StoreError("PostgreSQL needs the extra: pip install 'mailer[postgres]'") from None
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


def _begin(connection: Connection) -> None:
    """Bound how long a writer may pause. A reader holds up nobody, and may show slowly."""
    if connection.get_execution_options().get("writes"):
        bound = f"SET LOCAL idle_in_transaction_session_timeout = '{FROZEN}s'"
        connection.exec_driver_sql(bound)
