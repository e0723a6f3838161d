"""The store: opens the database, hands out transactions, tells the time they run at."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mailer.db import postgresql, schema, sqlite
from mailer.errors import StoreError

ASK_CLOCK = 1.0
"""Seconds between looks at PostgreSQL's clock; our own tells what has passed since."""

Tx = Connection
"""An open transaction. Functions that take one never commit: the verb that opened it does."""


class Store:
    """A database, open. One per process; make it after a fork.

    `clock` gives seconds since 1970 and is there for tests. Without it PostgreSQL's own clock is
    asked, so that leases mean the same on every machine.
    """

    def __init__(
        self, url: str, *, home: Path | None = None, clock: Callable[[], float] | None = None
    ) -> None:
        self.url = _resolved(url, home or Path.cwd())
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url)
        self.finishing: list[Callable[[], None]] = []
        self._clock = clock
        self._pepper = b""
        self._offset, self._asked_at = 0.0, -ASK_CLOCK  # of PostgreSQL's clock to our own
        file = self.url.database if self.is_sqlite else None
        self._gate = sqlite.WriteGate(Path(f"{file}.gate")) if file else None

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction that only reads."""
        with _said_plainly(self), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Tx]:
        """A transaction that sees one moment of the database, however long it reads."""
        level = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with (
            _said_plainly(self),
            self.engine.connect().execution_options(**level) as connection,
            connection.begin(),
        ):
            if not self.is_sqlite:
                postgresql.unbound(connection)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A transaction that writes; commits at the end, rolls back on an error."""
        with (
            _said_plainly(self),
            self._gate() if self._gate else nullcontext(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def rebuild(self) -> Iterator[Tx]:
        """A transaction that may make tables anew; foreign keys are looked at when it ends.

        SQLite cannot replace a table that others refer to while it enforces them (its manual,
        "Making Other Kinds Of Table Schema Changes").
        """
        if not self.is_sqlite:
            with self.write() as tx:
                yield tx
            return
        with (
            _said_plainly(self),
            self._gate() if self._gate else nullcontext(),
            self.engine.connect().execution_options(writes=True) as connection,
            sqlite.unenforced(connection),
            connection.begin(),
        ):
            yield connection
            if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
                raise StoreError(f"{len(broken)} rows would refer to nothing; nothing was changed")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other writers of this machine out without a transaction; nothing on PostgreSQL."""
        with _said_plainly(self), self._gate() if self._gate else nullcontext():
            yield

    def now(self, tx: Tx | None = None) -> float:
        """The moment, in seconds since 1970."""
        if self._clock:
            return self._clock()
        if self.is_sqlite or tx is None:
            return time.time()
        if postgresql.since_boot() > self._asked_at + ASK_CLOCK:
            asked = tx.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
            self._asked_at = postgresql.since_boot()
            self._offset = float(asked) - self._asked_at
        return self._offset + postgresql.since_boot()

    def check_version(self) -> None:
        """Raise StoreError unless the tables are those this program knows."""
        found = self.version()
        if found != schema.VERSION:
            state = f"at version {found}" if found else "empty"
            raise StoreError(
                f"the database {self.shown} is {state}, this program needs version"
                f" {schema.VERSION}: run `mailer db upgrade`"
            )

    def version(self) -> str:
        """The database's migration, or "" when it has no tables yet."""
        with self.read() as tx:
            names = set(tx.dialect.get_table_names(tx))
            if "alembic_version" not in names:
                return ""
            return str(tx.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")

    def journal_mode(self) -> str:
        """How SQLite keeps what it is about to write; "" on PostgreSQL."""
        if not self.is_sqlite:
            return ""
        with self.read() as tx:
            return str(tx.exec_driver_sql("PRAGMA journal_mode").scalar_one())

    def scrub(self) -> bool:
        """Empty SQLite's write-ahead log, so that what was erased is gone from it too.

        False while somebody reads an older state of the database: the next checkpoint does it.
        """
        if not self.is_sqlite:
            return True
        with _said_plainly(self), closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()  # the driver's own: it may not be in a transaction
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return not busy

    def pepper(self, tx: Tx) -> bytes:
        """This installation's own key for hashes of people; made with the tables, never changed."""
        if not self._pepper:
            named = select(schema.meta.c.value).where(schema.meta.c.name == "pepper")
            found = tx.execute(named).scalar()
            if not found:
                raise StoreError("the database has lost its pepper: restore it from a backup")
            self._pepper = bytes.fromhex(found)
        return self._pepper

    @property
    def shown(self) -> str:
        """The database's address without its password."""
        if self.is_sqlite:
            return str(self.url.database)
        return self.url.set(query={}).render_as_string(hide_password=True)

    def close(self) -> None:
        """Let what `finishing` names write what it still has; then close connections and files."""
        while self.finishing:
            self.finishing.pop()()
        self.engine.dispose()
        if self._gate:
            self._gate.close()


def plant_pepper(tx: Tx) -> None:
    """Make the installation's pepper; part of the first migration."""
    tx.execute(insert(schema.meta).values(name="pepper", value=secrets.token_hex(32)))


def _resolved(url: str, home: Path) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError("the database's address cannot be read: see MAILER_DATABASE_URL") from None
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        file = home / parsed.database
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder {file.parent} cannot be made: {error.strerror}") from None
        return parsed.set(database=str(file))
    return parsed


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return postgresql.engine(url)
    engine = create_engine(url, module=sqlite.module, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", sqlite.prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Begin SQLite's transaction; a writer's at once: a late upgrade fails without waiting."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _said_plainly(store: Store) -> Iterator[None]:
    """Say plainly when the database cannot be used; broken rules pass as they are."""
    try:
        yield
    except (DBAPIError, sqlite.module.Error) as error:
        away = store.engine.dialect.loaded_dbapi
        cause = error.orig if isinstance(error, DBAPIError) else error
        broken = type(cause) is away.DatabaseError  # such as a file that is no database
        lost = (away.OperationalError, away.InterfaceError, away.InternalError)
        if broken or isinstance(cause, lost):
            reason = str(cause).strip().splitlines()[0]
            raise StoreError(f"the database {store.shown} cannot be used: {reason}") from error
        raise
    except (PoolTimeout, TimeoutError) as error:
        raise StoreError(f"the database {store.shown} is too busy") from error
    except OSError as error:
        if error.filename and str(error.filename).endswith(".gate"):
            raise StoreError(
                f"the database {store.shown} cannot be written: {error.strerror}"
            ) from error
        raise
