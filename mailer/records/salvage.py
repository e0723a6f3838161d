"""What of a text can still be read when a part of it cannot: that is made a comment."""

from __future__ import annotations

import re
from collections.abc import Collection

_MOST, _LONG = 8, 800_000  # of short texts; characters read again in all of long ones

_TOML_BEGINS = re.compile(r"\s*(?:[\w.\"'-]+\s*=|\[)")


def rounds(text: str) -> range:
    """One for each part that may be taken out of a text: long ones are not read again for long."""
    return range(max(2, min(_MOST, _LONG // (len(text) + 1))))


def with_spaces(text: str, odd: Collection[int]) -> str:
    """A YAML text whose `odd` lines (from 0) begin with spaces, as many as their neighbours."""
    lines = text.split("\n")
    above, dashes = "", 2
    for at, line in enumerate(lines):
        if at in odd:
            inner = above.lstrip().startswith("-") or above.rstrip().endswith(":")
            left = dashes if line.lstrip().startswith("-") else _indent(above) + 2 * inner
            lines[at] = " " * left + line.lstrip()
        if lines[at].strip():
            above = lines[at]
            dashes = _indent(above) if above.lstrip().startswith("-") else dashes
    return "\n".join(lines)


def without_entry(text: str, line: int) -> str:
    """A YAML text without the entry of a list, or the key, that a line (from 0) belongs to."""
    lines = text.split("\n")
    if not 0 <= line < len(lines):
        return text
    start = _entry(lines, line)
    left = _indent(lines[start])
    end = max(start, line) + 1
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > left):
        end += 1
    return _commented(lines, start, end)


def without_pair(text: str, line: int) -> str:
    """A TOML text without the key, or the table, that begins at a line (from 0)."""
    lines = text.split("\n")
    if not 0 <= line < len(lines):
        return text
    table = lines[line].lstrip().startswith("[")
    end = line + 1
    while end < len(lines) and not (
        lines[end].lstrip().startswith("[") if table else _TOML_BEGINS.match(lines[end])
    ):
        end += 1
    return _commented(lines, line, end)


def _entry(lines: list[str], line: int) -> int:
    """The line on which the outermost entry around a line begins, else the line itself."""
    found, left = line, _indent(lines[line]) + 1
    for at in range(line, -1, -1):
        text = lines[at]
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        if text.lstrip().startswith("-") and _indent(text) < left:
            found, left = at, _indent(text)
        elif not _indent(text):
            break
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _commented(lines: list[str], start: int, end: int) -> str:
    return "\n".join([*lines[:start], *["#"] * (end - start), *lines[end:]])
