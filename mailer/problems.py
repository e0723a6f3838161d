"""What is wrong in a file an organizer wrote, or with what a mailer needs; and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Level = Literal["ok", "warn", "fail"]


class Severity(StrEnum):
    """How much a problem matters: an error stops the campaign, a note is only worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One finding. Lines and columns count from 1; 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0
    message: str
    suggestion: str = ""
    severity: Severity = Severity.ERROR
    source: str = ""  # the line as it stands in the file, for the caret

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        kind = "" if self.severity is Severity.ERROR else f"{self.severity}: "
        hint = f"; {self.suggestion}" if self.suggestion else ""
        return f"{place}: {kind}{self.message}{hint}"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A DNS record, ready to be published."""

    name: str
    kind: str  # TXT, MX, CNAME, PTR
    value: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that `mailer doctor` looked at."""

    level: Level
    what: str
    found: str
    repair: str = ""
    publish: Record | None = None  # part of the repair


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that `word` was probably meant to be, or an empty string."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return found[0] if found else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion in words, or an empty string when nothing known is near."""
    near = closest(word, known)
    return f"did you mean {near}?" if near else ""
