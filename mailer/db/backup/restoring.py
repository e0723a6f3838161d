"""Putting a backup back: what it would cost, whether it may, and the two engines' ways to do it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import column, func, select, table

from mailer.db import migrate
from mailer.db.backup import postgres_restore, sqlite_restore
from mailer.db.backup.archive import Manifest
from mailer.db.store import Store, Tx
from mailer.db.tick import Tick
from mailer.errors import BackupError, StoreError

T = TypeVar("T")
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What the present database has that the backup has not."""

    submissions: int = 0
    letters: int = 0
    left: int = 0  # letters, of any age, that a server took since
    unreadable: str = ""  # why nobody can tell

    def __bool__(self) -> bool:
        return bool(self.submissions or self.letters or self.left or self.unreadable)


@dataclass(frozen=True, kw_only=True)
class Restored(Generic[T]):
    """What was put back."""

    kept: str  # where the replaced database is; "" when there was none
    settled: T  # what `settle` said


def refuse_unless_ours(store: Store, manifest: Manifest, file: Path) -> None:
    """Raise BackupError when this program cannot put `file` into this database."""
    engine = "sqlite" if store.is_sqlite else "postgresql"
    if manifest.engine != engine:
        raise BackupError(
            f"{file} is a backup of {ENGINES.get(manifest.engine, manifest.engine)}, and the"
            f" database {store.shown} is {ENGINES[engine]}: restore it into one of its own kind,"
            " then carry it over with `mailer db copy`"
        )
    if not migrate.knows(manifest.version):
        raise BackupError(
            f"{file} holds tables of version {manifest.version!r}, which this mailer does not"
            " know: put it back with the mailer that made it, or a later one"
        )


def loss(store: Store, manifest: Manifest) -> Loss:
    """What would be lost by putting the backup in the database's place."""
    if store.is_sqlite and not Path(str(store.url.database)).exists():
        return Loss()
    try:
        with store.read() as tx:
            if not {"submission", "letter"} <= set(tx.dialect.get_table_names(tx)):
                return Loss()
            since = manifest.moment
            return Loss(
                submissions=_newer(tx, "submission", "created_at", since),
                letters=_newer(tx, "letter", "created_at", since),
                left=_newer(tx, "letter", "sent_at", since),
            )
    except StoreError as error:
        if not store.is_sqlite:
            raise  # a server that is away: nothing can be put into it
        return Loss(unreadable=str(error))
    finally:
        store.close()  # a connection of ours must not look like another program's


def restore(
    store: Store, file: Path, manifest: Manifest, *, settle: Callable[[Tx, float], T], tick: Tick
) -> Restored[T]:
    """Make the database what the backup in `file` is, brought to this program's version.

    `settle` is called with a transaction and the moment before anybody else can see what was put
    back. Raises BackupError, and then the database is as it was: when the file is damaged, another
    program works on the database, or the disk is full. The replaced database is kept aside.
    """
    refuse_unless_ours(store, manifest, file)
    engine = sqlite_restore if store.is_sqlite else postgres_restore
    kept, settled = engine.restore(store, file, manifest, settle, tick)
    return Restored(kept=kept, settled=settled)


def _newer(tx: Tx, name: str, moment: str, since: float) -> int:
    """How many rows of a table, of whichever version, are newer."""
    newer = select(func.count()).select_from(table(name)).where(column(moment) > since)
    return int(tx.execute(newer).scalar_one())
