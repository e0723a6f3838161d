"""The relay's log: what it took and what it refused, written before anybody is told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

TOOK, REFUSED, SPOILT = "took", "refused", "spoilt"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line: what became of one letter at the relay."""

    at: float  # seconds since 1970, by the relay's clock
    did: str  # took | refused | spoilt (no answer was given, and the letter was not taken)
    letter: str  # its id, from the Message-ID where there was one, else from the sender
    sender: str = ""
    recipient: str = ""
    phase: str = ""
    code: int = 0
    fault: str = ""
    sha256: str = ""  # of the message as it was before dots were doubled


class Logbook:
    """Appends; each line is one write, which a kill of the process cannot take back."""

    def __init__(self, file: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(file, flags, 0o600)

    def write(self, entry: Entry) -> None:
        """Have it written before returning."""
        os.write(self._descriptor, json.dumps(asdict(entry)).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def read(file: Path) -> list[Entry]:
    """All lines; a last one that is not ended is still being written and does not count."""
    return list(_lines(file))


def _lines(file: Path) -> Iterator[Entry]:
    if not file.exists():
        return
    for line in file.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield Entry(**json.loads(line))
