"""Making a backup while others write: the database's copy, looked through, packed, then named."""

from __future__ import annotations

from pathlib import Path

from mailer.db.backup import archive, files, postgres_dump, sqlite_copy
from mailer.db.backup.archive import Manifest
from mailer.db.store import Store
from mailer.db.tick import Tick


def make(store: Store, file: Path, *, replace: bool, tick: Tick) -> Manifest:
    """Back the database up to `file`, whole or not at all; raises BackupError.

    Writers go on meanwhile. Beside `file` there is room needed for a copy that is not packed.
    """
    version = store.version()
    copy = sqlite_copy.copy if store.is_sqlite else postgres_dump.copy
    with files.whole(file, replace=replace) as out:
        raw = files.scratch(file.with_name(f"{file.name}.part.raw"))
        try:
            moment, rows = copy(store, raw, tick)
            return archive.pack(
                out, raw, engine="sqlite" if store.is_sqlite else "postgresql", version=version,
                moment=moment, rows=rows, tick=tick,
            )  # fmt: skip
        finally:
            raw.unlink(missing_ok=True)
