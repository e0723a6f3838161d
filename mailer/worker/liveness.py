"""Tells dead workers of this machine from living ones, so that their letters need not wait.

Each worker holds a lock on a file of its own for as long as it lives; the kernel lets go of it
however it ends. A worker on another machine is left to its lease.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from mailer.db.ids import random_id


class Liveness:
    """This worker's sign of life, and a look at the others'."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.name = random_id()
        self._file = folder / self.name
        # Locked under another name first: nobody may see it between its making and its locking.
        draft = folder / f".{self.name}"
        self._descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        draft.rename(self._file)

    def dead(self) -> list[str]:
        """Workers of this machine that ended without a word."""
        return [file.name for file in self._others() if _is_free(file)]

    def bury(self, names: list[str]) -> None:
        """Forget workers whose letters have been taken back."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Leave: this worker holds no letters any more."""
        self._file.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _others(self) -> list[Path]:
        files = self._folder.iterdir()
        return [file for file in files if file.name != self.name and file.name[0] != "."]


def alive(folder: Path) -> int:
    """How many workers of this machine hold their lock in `folder`; 0 where there is none."""
    if not folder.is_dir():
        return 0
    return sum(not _is_free(file) for file in folder.iterdir() if file.exists())


def _is_free(file: Path) -> bool:
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False  # gone: it ended well
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)
