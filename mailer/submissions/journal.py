"""The journal of erasures: a file outside the database, so that a restore can repeat them.

A line is a moment and a mailbox's keyed hash, never an address, or a submission's id, which is
random. The key comes with the database, so the hashes of a backup are those of the journal.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from mailer.errors import MailerError

_LINE = re.compile(r"(\d+\.\d+) (?:([0-9a-f]{40})|([0-9a-z]{26}))")


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """At a moment, all that was known of a mailbox was erased, or of one submission."""

    at: float
    mailbox: str = ""  # as addresses.mailbox_key makes it
    submission: str = ""  # its id: then nothing else of the mailbox


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What a journal says."""

    erasures: tuple[Erasure, ...] = ()
    unreadable: int = 0  # lines; one that a crash cut off belongs to an erasure never made


def note(file: Path, erasure: Erasure) -> None:
    """Write an erasure down to the disk; raises MailerError when that cannot be done."""
    line = f"{erasure.at!r} {erasure.submission or erasure.mailbox}\n".encode()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(file, flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            cut_off = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, b"\n" + line if cut_off else line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unusable(file, "written", error) from None


def read(file: Path) -> Noted | None:
    """What the journal says, oldest first; None where there is none. Raises MailerError."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(file, "read", error) from None
    matches = [_LINE.fullmatch(line) for line in lines]
    erasures = [
        Erasure(at=float(found[1]), mailbox=found[2] or "", submission=found[3] or "")
        for found in matches
        if found
    ]
    return Noted(erasures=tuple(erasures), unreadable=matches.count(None))


def _unusable(file: Path, how: str, error: OSError) -> MailerError:
    why = error.strerror or str(error)
    return MailerError(f"the journal of erasures {file} cannot be {how}: {why} (MAILER_JOURNAL)")
