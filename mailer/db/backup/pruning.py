"""Backups that were kept long enough: they go once a newer one is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mailer.db.backup import archive, files
from mailer.errors import BackupError


def prune(newest: Path, before: float) -> tuple[Path, ...]:
    """Remove the backups beside `newest` that are of a moment before this one; the files removed.

    Only files whose names end as its own does are looked at, and only what says of itself that it
    is a backup goes; and what a backup that was killed left half done, for it can be read as well.
    Raises BackupError when one cannot be removed.
    """
    old = tuple(sorted((*_old(newest, before), *_half_done(newest, before))))
    for file in old:
        try:
            file.unlink(missing_ok=True)  # another one may be doing the same
        except OSError as error:
            why = error.strerror or error
            raise BackupError(f"{newest} is made, but {file} cannot be removed: {why}") from None
    return old


def _old(newest: Path, before: float) -> Iterator[Path]:
    for file in newest.parent.iterdir():
        same = file.suffix == newest.suffix and file.name != newest.name
        if same and file.is_file() and not file.is_symlink():
            try:
                if archive.read(file).moment < before:
                    yield file
            except BackupError:
                continue  # something else: not ours to remove


def _half_done(newest: Path, before: float) -> Iterator[Path]:
    endings = tuple(f"{newest.suffix}{draft}" for draft in files.DRAFTS)
    for file in newest.parent.iterdir():
        ours = file.name.endswith(endings) and file.is_file() and not file.is_symlink()
        if ours and file.stat().st_mtime < before:  # one under way is written to all the time
            yield file
