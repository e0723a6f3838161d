"""Putting a backup in the place of an SQLite database, or where none is."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TypeVar

from sqlalchemy.engine import URL

from mailer.db import migrate
from mailer.db.backup import archive, files, sqlite_copy
from mailer.db.backup.archive import Manifest
from mailer.db.store import Store, Tx
from mailer.db.tick import Tick
from mailer.errors import BackupError

T = TypeVar("T")
_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite may keep beside a database


def restore(
    store: Store, file: Path, manifest: Manifest, settle: Callable[[Tx, float], T], tick: Tick
) -> tuple[str, T]:
    """Do it; see `restoring.restore`.

    All is prepared in a folder beside the database, then put in its place in one transaction:
    whenever this breaks off, the database is the old one or the new one.
    """
    live = Path(str(store.url.database))
    with store.alone(), _folder(live) as folder:
        _refuse_if_used(live)
        draft = folder / "prepared.db"
        with draft.open("xb") as out:
            archive.unpack(file, manifest, out, tick)
        settled = _prepare(draft, manifest, file, lambda tx: settle(tx, store.now()))
        _refuse_if_used(live)
        kept = _put(draft, live, store.now(), tick)
    return kept, settled


def _refuse_if_used(live: Path) -> None:
    try:
        used = live.exists() and sqlite_copy.in_use(live)
    except BackupError:
        return  # too damaged for anybody to use
    if used:
        raise BackupError(
            f"another program has {live} open: stop `mailer up`, `mailer web` and `mailer worker`"
        )


@contextmanager
def _folder(live: Path) -> Iterator[Path]:
    """A private folder beside the database, empty and gone afterwards."""
    folder = live.with_name(f".{live.name}.restoring")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
        yield folder
    except OSError as error:
        raise BackupError(f"{folder} cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(draft: Path, manifest: Manifest, file: Path, settle: Callable[[Tx], T]) -> T:
    sqlite_copy.look_into(draft, f"{file} holds a damaged database")
    url = URL.create("sqlite", database=str(draft)).render_as_string()
    with closing(Store(url)) as prepared:
        if prepared.version() != manifest.version:
            raise BackupError(f"{file} does not hold what its manifest says")
        migrate.upgrade(prepared)
        with prepared.write() as tx:
            return settle(tx)


def _put(draft: Path, live: Path, now: float, tick: Tick) -> str:
    """Put the prepared database in place; where the replaced one is now, or ""."""
    kept = _free_name(live, now)
    if live.exists() and _is_copied(live, kept, tick):
        try:
            sqlite_copy.put(draft, live, tick)
        except BackupError:
            kept.unlink()
            raise
    else:  # nothing, or what is no database any more: nobody can be working with it
        for end in ("", *_BESIDE):
            if (old := live.with_name(live.name + end)).exists():
                old.chmod(0o600)
                old.rename(kept.with_name(kept.name + end))
        draft.chmod(0o600)
        draft.rename(live)
    files.sync(live.parent)
    return str(kept) if kept.exists() else ""


def _is_copied(live: Path, kept: Path, tick: Tick) -> bool:
    """Copy the database as it is; false when it is none any more."""
    try:
        sqlite_copy.put(live, files.scratch(kept), tick)
    except BackupError as error:
        kept.unlink()
        if type(error.__cause__) is sqlite_copy.NO_DATABASE:
            return False
        raise  # such as a full disk
    return True


def _free_name(live: Path, now: float) -> Path:
    """A name beside the database that tells when it was replaced, and that nothing has yet."""
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d-%H%M%S")
    for number in count(1):
        kept = live.with_name(f"{live.name}.replaced-{moment}{f'-{number}' * (number > 1)}")
        if not kept.exists():
            break
    return kept
