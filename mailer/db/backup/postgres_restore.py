"""Putting a backup in the place of the tables of a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mailer.db import migrate, schema
from mailer.db.backup import archive, postgres_dump, postgres_tools
from mailer.db.backup.archive import Manifest
from mailer.db.store import Store, Tx
from mailer.db.tick import Tick
from mailer.errors import BackupError

T = TypeVar("T")
_ALEMBIC = "alembic_version"
_OPTIONS = ("--format=custom", "--single-transaction", "--exit-on-error", "--no-owner",
            "--no-privileges")  # fmt: skip

# Autovacuum's workers have a database too, but no user.
_OTHERS = text(
    "SELECT count(*), coalesce(string_agg(DISTINCT nullif(application_name, ''), ', '), '')"
    " FROM pg_stat_activity WHERE datname = current_database() AND usesysid IS NOT NULL"
    " AND pid <> pg_backend_pid()"
)


def restore(
    store: Store, file: Path, manifest: Manifest, settle: Callable[[Tx, float], T], tick: Tick
) -> tuple[str, T]:
    """Do it; see `restoring.restore`.

    The present tables move to a schema of their own and come back when anything fails. Until all
    is settled the database says that it is being restored, and no program of ours starts on it.
    """
    archive.unpack(file, manifest, None, tick)
    with _said_plainly(store):
        with store.write() as tx:
            _refuse_if_used(tx)
            program = postgres_tools.Program(store, "pg_restore", postgres_tools.server_version(tx))
            kept = _set_aside(tx, manifest, store.now(tx))
        try:
            _fill(store, program, file, manifest, tick)
            with store.rebuild() as tx:
                _refuse_unless_whole(tx, file, manifest)
                _stamp(tx, manifest.version)
                migrate.upgrade_within(tx)
                settled = settle(tx, store.now(tx))
                tx.execute(text("ANALYZE"))
        except BaseException:
            with store.write() as tx:
                _take_back(tx, manifest, kept)
            raise
        if not kept.tables:
            return "", settled
        return f"the schema {kept.schema}", settled


def _refuse_if_used(tx: Tx) -> None:
    others, names = tx.execute(_OTHERS).one()
    if others:
        how_many = "another connection" if others == 1 else f"{others} other connections"
        who = f" ({names})" if names else ""
        raise BackupError(
            f"the database has {how_many}{who}: stop `mailer web` and `mailer worker` on every"
            " machine, and whatever else is connected"
        )


@dataclass(frozen=True, kw_only=True)
class _Aside:
    """The tables that were there, and the schema they stand in now."""

    schema: str
    tables: list[str]


def _set_aside(tx: Tx, manifest: Manifest, now: float) -> _Aside:
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d_%H%M%S_%f")
    aside = _Aside(schema=f"replaced_{moment}", tables=_present(tx, manifest))
    tx.execute(text("SET LOCAL lock_timeout = '10s'"))
    tx.execute(text(f"CREATE SCHEMA {aside.schema}"))
    for name in aside.tables:
        tx.execute(text(f'ALTER TABLE "{name}" SET SCHEMA {aside.schema}'))
    tx.execute(text(f"CREATE TABLE {_ALEMBIC} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    _stamp(tx, migrate.RESTORING)
    return aside


def _take_back(tx: Tx, manifest: Manifest, aside: _Aside) -> None:
    for name in _present(tx, manifest):
        tx.execute(text(f'DROP TABLE "{name}" CASCADE'))
    here = tx.dialect.default_schema_name
    for name in aside.tables:
        tx.execute(text(f'ALTER TABLE {aside.schema}."{name}" SET SCHEMA "{here}"'))
    tx.execute(text(f"DROP SCHEMA {aside.schema}"))


def _fill(
    store: Store, program: postgres_tools.Program, file: Path, manifest: Manifest, tick: Tick
) -> None:
    """Let pg_restore write all tables, in one transaction.

    A pg_restore whose restore was killed may come late: it holds what it was fed so far, of a
    small backup all, and is seen by nobody until it connects.
    """
    try:
        program.run(_OPTIONS, feed=_ticking(file, manifest, tick))
    except BackupError as error:
        with store.read() as tx:
            strange = set(_present(tx, manifest)) - {_ALEMBIC}
        if not strange:  # as it should be: ours left nothing behind
            raise
        raise BackupError(
            "another pg_restore wrote into the database meanwhile, likely one of a restore that"
            " was ended: nothing is changed, run it again"
        ) from error


def _present(tx: Tx, manifest: Manifest) -> list[str]:
    """The tables that are there of those that we or the backup know."""
    known = {*schema.metadata.tables, *manifest.rows, _ALEMBIC}
    return sorted(known & set(tx.dialect.get_table_names(tx)))


def _refuse_unless_whole(tx: Tx, file: Path, manifest: Manifest) -> None:
    there = set(tx.dialect.get_table_names(tx))
    found = {name: postgres_dump.count(tx, name) for name in manifest.rows if name in there}
    if found != manifest.rows:
        raise BackupError(f"{file} does not hold what its manifest says")


def _stamp(tx: Tx, version: str) -> None:
    tx.execute(text(f"DELETE FROM {_ALEMBIC}"))  # noqa: S608 - a name of ours
    adding = f"INSERT INTO {_ALEMBIC} VALUES (:version)"  # noqa: S608 - a name of ours
    tx.execute(text(adding), {"version": version})


def _ticking(file: Path, manifest: Manifest, tick: Tick) -> Iterator[bytes]:
    done = 0
    for chunk in archive.chunks(file):
        yield chunk
        done += len(chunk)
        tick("put back", done, manifest.size)


@contextmanager
def _said_plainly(store: Store) -> Iterator[None]:
    """Say plainly what the server refuses, such as making a schema without the right to."""
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise BackupError(f"the database {store.shown} cannot be replaced: {reason}") from error
