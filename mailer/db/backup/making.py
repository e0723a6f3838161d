"""Making a backup while others write: the database's copy, looked through, packed, then named."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from mailer.db.backup import archive, encryption, files, postgres_dump, sqlite_copy
from mailer.db.backup.archive import Manifest
from mailer.db.backup.encryption import Encryption
from mailer.db.store import Store
from mailer.db.tick import Tick


def make(
    store: Store, file: Path, *, replace: bool, tick: Tick, encrypted: Encryption | None = None
) -> Manifest:
    """Back the database up to `file`, whole or not at all; raises BackupError.

    Writers go on meanwhile. Beside `file` there is room needed for a copy that is not packed; a
    backup to be encrypted needs it in its own room, and nothing that can be read lies by `file`.
    """
    with files.whole(file, replace=replace) as out:
        if encrypted is None:
            return _pack(store, out, file.with_name(f"{file.name}{files.RAW}"), tick)
        with encryption.private_room(encrypted.room) as room:
            plain = files.scratch(room / "backup")
            with plain.open("w+b") as packed:
                made = _pack(store, packed, room / "copy", tick)
            archive.wrap(out, made, lambda write: encryption.encrypt(plain, write, encrypted.keys))
            return made


def _pack(store: Store, out: IO[bytes], scratch: Path, tick: Tick) -> Manifest:
    version = store.version()
    copy = sqlite_copy.copy if store.is_sqlite else postgres_dump.copy
    raw = files.scratch(scratch)
    try:
        moment, rows = copy(store, raw, tick)
        return archive.pack(
            out, raw, engine="sqlite" if store.is_sqlite else "postgresql", version=version,
            moment=moment, rows=rows, tick=tick,
        )  # fmt: skip
    finally:
        raw.unlink(missing_ok=True)
