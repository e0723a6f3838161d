"""Whether the pages are served from this folder: a lock that `mailer web` holds while it lives.

It opens the database only when somebody asks for a page; until then nothing else would show it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

LOCK = "web.lock"


def show(folder: Path) -> int:
    """Hold the lock, which several may, until this process and all it forks have ended.

    Returns the descriptor that holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def is_shown(folder: Path) -> bool:
    """True while somebody holds it."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
