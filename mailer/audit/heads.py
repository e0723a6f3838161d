"""Where the audit stood at some moments: a file outside the database, each line proven by a key.

Whoever can write to the database can write the whole chain anew, and cut off its end. The key
and the file are not in the database: what was noted there, the chain must still say.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailer.errors import MailerError
from mailer.records.appending import append

_LINE = re.compile(r"(\d+\.\d+) (head|restored) (\d+) ([0-9a-f]{64}|-) ([0-9a-f]{64})")
_PURPOSE = b"mailer: where the audit stood"


@dataclass(frozen=True, kw_only=True)
class Head:
    """The newest entry at a moment."""

    number: int  # 0: there was none
    hash: str  # of that entry; "" of none
    at: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What the file says."""

    heads: tuple[Head, ...] = ()  # those that the chain must still hold, oldest first
    unproven: int = 0  # lines that no key of today proves, or that cannot be read


def file_beside(journal: Path) -> Path:
    """Where heads are noted: beside the journal of erasures."""
    return journal.with_name("audit.log")


def note(file: Path, head: Head, keys: Sequence[str], *, restored: bool = False) -> None:
    """Write down where the audit stands; `restored`: what came after it is gone with a restore.

    Raises MailerError when that cannot be done.
    """
    kind = "restored" if restored else "head"
    said = f"{head.at!r} {kind} {head.number} {head.hash or '-'}"
    try:
        append(file, f"{said} {_proof(said, keys[0])}")
    except OSError as error:
        raise MailerError(f"{file} cannot be written: {error.strerror or error}") from None


def read(file: Path, keys: Sequence[str]) -> Noted:
    """What is noted, without what a restore took back; raises MailerError."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except FileNotFoundError:
        return Noted()
    except OSError as error:
        raise MailerError(f"{file} cannot be read: {error.strerror or error}") from None
    heads: list[Head] = []
    unproven = 0
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None or not _is_proven(line, keys):
            unproven += bool(line)
            continue
        kept = "" if found[4] == "-" else found[4]
        head = Head(at=float(found[1]), number=int(found[3]), hash=kept)
        if found[2] == "restored":
            heads = [one for one in heads if one.number <= head.number]
        heads.append(head)
    return Noted(heads=tuple(heads), unproven=unproven)


def _is_proven(line: str, keys: Sequence[str]) -> bool:
    said, _, proof = line.rpartition(" ")
    return any(hmac.compare_digest(_proof(said, key), proof) for key in keys)


def _proof(said: str, key: str) -> str:
    own = hmac.digest(key.encode(), _PURPOSE, hashlib.sha256)  # a key serves one purpose only
    return hmac.new(own, said.encode("ascii"), hashlib.sha256).hexdigest()
