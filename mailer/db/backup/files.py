"""Files that are there whole or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from mailer.errors import BackupError

DRAFT, RAW = ".part", ".part.raw"
DRAFTS = (DRAFT, RAW)
"""What is added to a file's name while it is being written, and to the copy it is made from."""


@contextmanager
def whole(file: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """Write `file` (mode 0600) beside its place; it gets its name when all has gone well.

    Raises BackupError when it cannot be written, is there already and may not be replaced, or
    somebody else writes it at this moment.
    """
    _refuse_unless_free(file, replace=replace)
    draft = file.with_name(f"{file.name}{DRAFT}")
    try:
        with os.fdopen(_draft(draft, file), "w+b") as out:
            try:
                yield out
                out.flush()
                os.fsync(out.fileno())
                _refuse_unless_free(file, replace=replace)
                draft.replace(file)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        sync(file.parent)
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror or error}") from None


def sync(folder: Path) -> None:
    """Bring the names in a folder down to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def scratch(file: Path) -> Path:
    """An empty private file beside `file`, in the place of what a crash left there."""
    with suppress(FileNotFoundError):
        file.unlink()
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    return file


def _refuse_unless_free(file: Path, *, replace: bool) -> None:
    if file.is_dir():
        raise BackupError(f"{file} is a folder: name a file in it")
    if not file.parent.is_dir():
        raise BackupError(f"there is no folder {file.parent}: make it first")
    if file.exists() and not replace:
        raise BackupError(f"{file} is there already: name another file, or say --force")


def _draft(draft: Path, file: Path) -> int:
    """A descriptor of the draft, ours alone; what a crash left in it is gone."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(draft, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between our opening and our locking another one may have finished: then this is `file`.
        if not os.path.samestat(os.fstat(descriptor), draft.stat()):
            raise BlockingIOError
        os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
    except (BlockingIOError, FileNotFoundError):
        os.close(descriptor)
        raise BackupError(f"another backup to {file} is being made") from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
