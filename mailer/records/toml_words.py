"""What a TOML parser's complaint means, in words for people who do not write TOML for a living."""

from __future__ import annotations

import re

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")

# What tomllib says (a part of it), what we say, what to do.
_MEANINGS = (
    ("Expected '=' after a key", "a key has no = after it", 'write key = "value"'),
    ("Invalid statement", "this is not a key", 'write key = "value"'),
    ("Invalid initial character for a key", "this is not a key", 'write key = "value"'),
    ("Invalid value", "this value is not understood", "put text in quotes"),
    ("Cannot overwrite a value", "this key is given twice", "keep one of them"),
    ("twice", "this table is given twice", "for a list of tables write [[name]]"),
    ("Cannot mutate", "this table is given twice", "for a list of tables write [[name]]"),
    ("Expected newline", "something stands after the value", "one key on each line"),
    ("Unclosed array", "a [ is never closed", "close it with ]"),
    ("Unclosed inline table", "a { is never closed", "close it with }"),
    ("Unterminated string", "a quotation mark is opened and never closed", "close it"),
    ("Illegal character '\\n'", "a quotation mark is opened and never closed", "close it"),
    ("Unescaped '\\'", "the backslash is not understood here", "write \\\\ for one backslash"),
    ('Expected "\'"', "a quotation mark is opened and never closed", "close it"),
)
_TABLE_TWICE = ("this table is given twice", "for a list of tables write [[name]] at each")
_DAY = re.compile(r"=\s*(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4}|\d{5,}-\d\d-\d\d)\b")
_HOUR = re.compile(r"=\s*\d{1,2}[:.h]\d\d")
_SPACED = re.compile(r"=\s*\d{1,3}(?:[ \u00a0\u202f,.']\d{3})+\s*(?:#.*)?$")
_OPENING = re.compile(r"[^#=]*=\s*([\[{])")


def _open_text(lines: list[str], line: int, column: int) -> tuple[int, int]:
    """The last line that opens a text of several lines, and does not close it."""
    for at in range(line, 0, -1):
        for mark in ('"""', "'''"):
            if lines[at - 1].count(mark) % 2:
                return at, lines[at - 1].index(mark) + 1
    return line, column


def _open_quote(lines: list[str], line: int, column: int) -> tuple[int, int]:
    """The first line with a single quotation mark that has no other half."""
    for at, text in enumerate(lines[:line], start=1):
        bare = re.sub(r'"(?:\\.|[^"\\])*"|#.*', lambda found: " " * len(found[0]), text)
        if bare.count("'") % 2:
            return at, bare.index("'") + 1
    return line, column


def _opened(lines: list[str], line: int, column: int) -> tuple[int, int]:
    """Where the value begins that was not closed before this place."""
    for at in range(line, 0, -1):
        found = _OPENING.match(lines[at - 1])
        if found and (at < line or found.start(1) + 1 < column):
            return at, found.start(1) + 1
    return line, column


def _follows(lines: list[str], line: int, column: int) -> bool:
    """True where a value begins right behind another one, on its line."""
    text = lines[line - 1] if line <= len(lines) else ""
    before, after = text[: column - 1].rstrip(), text[column - 1 :].lstrip()
    return before[-1:] in {'"', "'", "]", "}"} and after[:1] not in {"", "#"}


def _behind(text: str) -> tuple[str, str] | None:
    """What is wrong with a value that TOML reads only the beginning of, and what to do."""
    if _DAY.search(text):
        return "this is not a date", "write it as 2021-06-18"
    if _HOUR.search(text):
        return "times are text here", 'write hours = "09:00-17:00", in quotes'
    if _SPACED.search(text):
        return "a number is written without spaces, commas and dots", "write digits only, as 5000"
    return None


def _table_twice(lines: list[str], line: int) -> tuple[int, int, str, str]:
    """A table that is given again; blamed is the one of them that is no part of a list."""
    name = lines[line - 1].strip().strip("[]").strip()
    alone = re.compile(rf"\s*\[\s*{re.escape(name)}\s*\]")
    listed = lines[line - 1].lstrip().startswith("[[")
    first = next((at for at, text in enumerate(lines, 1) if listed and alone.match(text)), line)
    return first, len(lines[first - 1]) - len(lines[first - 1].lstrip()) + 1, *_TABLE_TWICE


def explain(said: str, text: str) -> tuple[int, int, str, str]:
    """Line and column (from 1) in `text`, what is wrong, what to do."""
    found = _AT.search(said)
    lines = text.split("\n")
    line = int(found[1]) if found and found[1] else len(text.rstrip("\n").split("\n"))
    column = int(found[2]) if found and found[2] else len(lines[line - 1]) + 1
    for part, message, suggestion in _MEANINGS:
        if part in said:
            return _told(part, message, suggestion, lines, line, column)
    return line, column, f"this is not TOML: {_AT.sub('', said)[:120]}", "check quotes and brackets"


def _told(
    part: str, message: str, suggestion: str, lines: list[str], line: int, column: int
) -> tuple[int, int, str, str]:
    """What is to be told, at the place where it was written: the parser points behind it."""
    if part == "Unterminated string":
        line, column = _open_text(lines, line, column)
    elif part == 'Expected "\'"':
        line, column = _open_quote(lines, line, column)
    elif part in {"Unclosed array", "Unclosed inline table"}:
        if _follows(lines, line, column):
            return line, column, "a comma is missing here", "write , between two values"
        line, column = _opened(lines, line, column)
    elif part == "Expected newline":
        message, suggestion = _behind(lines[line - 1]) or (message, suggestion)
    elif "twice" in message:
        if lines[line - 1].lstrip().startswith("["):
            return _table_twice(lines, line)
        if re.search(r"=\s*\{", lines[line - 1]):
            message, suggestion = "a key is given twice between { and }", "keep one of them"
        column = len(lines[line - 1]) - len(lines[line - 1].lstrip()) + 1
    return line, column, message, suggestion
