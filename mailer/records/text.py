"""Text files as people's editors leave them: made fit for reading, invisible characters told."""

from __future__ import annotations

import re
import unicodedata

from mailer import addresses
from mailer.records.findings import Findings

# Characters that parsers take for line ends, or refuse outright: places would no longer agree.
_REFUSED = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})


HIDDEN = frozenset(
    "\u00ad\u200b\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
"""Characters that nobody can see and no text needs; joiners are part of some words."""

_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7}) ")


def clean(text: str) -> str:
    """Newlines as line ends, no byte order mark at the front."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def reveal(text: str, findings: Findings) -> str:
    """Tell of characters nobody can see; the text again, with spaces for those parsers refuse."""
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.isprintable():
            _reveal_line(line, number, findings)
    return "".join(" " if _is_refused(character) else character for character in text)


def reveal_indentation(text: str, findings: Findings, *, first_line: int = 1) -> list[int]:
    """The lines of YAML (from `first_line` on) indented with anything but spaces; each is told."""
    told: list[int] = []
    for number, line in enumerate(text.split("\n"), start=first_line):
        indentation = line[: len(line) - len(line.lstrip())]
        odd = indentation.lstrip(" ")
        if odd and line.strip():
            column = len(indentation) - len(odd) + 1
            name = "tab" if odd[0] == "\t" else "no-break space"
            message = f"a {name} stands in the indentation"
            findings.error(number, column, message, "write ordinary spaces")
            told.append(number)
    return told


def reveal_conflict(text: str, findings: Findings) -> bool:
    """True, and told, when git has left both sides of a merge in the file."""
    marks = [at for at, line in enumerate(text.split("\n"), 1) if _CONFLICT.match(line)]
    for number in marks:
        message = "a merge was left unfinished here: this is git's mark"
        findings.error(number, 1, message, "keep one side, and take the marks away")
    return bool(marks)


def _reveal_line(line: str, number: int, findings: Findings) -> None:
    before = ""
    for column, character in enumerate(line, start=1):
        if not character.isprintable() and addresses.hostile(before + character.replace("\t", " ")):
            code = f"U+{ord(character):04X}"
            name = unicodedata.name(character, "a control character").lower()
            message = f"an invisible character stands here: {code}, {name}"
            findings.error(number, column, message, "delete it and type the text again")
            return
        before = character if character.isprintable() else ""


def _is_refused(character: str) -> bool:
    if character in "\n\t":
        return False
    return unicodedata.category(character) in _REFUSED or character in HIDDEN
