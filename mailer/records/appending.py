"""Lines added to a file so that they are on the disk: what must not be lost with a database."""

from __future__ import annotations

import os
from pathlib import Path


def append(file: Path, line: str) -> None:
    """Add an ASCII line, for the file's owner alone, beside one that a crash cut off.

    It is on the disk when this returns. Raises OSError.
    """
    data = f"{line}\n".encode("ascii")
    file.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(file, flags, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        cut_off = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, b"\n" + data if cut_off else data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
