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


def explain(said: str, text: str) -> tuple[int, int, str, str]:
    """Line and column (from 1) in `text`, what is wrong, what to do."""
    found = _AT.search(said)
    lines = text.split("\n")
    line = int(found[1]) if found and found[1] else len(text.rstrip("\n").split("\n"))
    column = int(found[2]) if found and found[2] else len(lines[line - 1]) + 1
    for part, message, suggestion in _MEANINGS:
        if part in said:
            if part == "Unterminated string":
                line, column = _open_text(lines, line, column)
            elif part == 'Expected "\'"':
                line, column = _open_quote(lines, line, column)
            elif "is never closed" in message and "quotation" not in message:
                line, column = _opened(lines, line, column)
            elif "twice" in message:  # tomllib points behind the value
                if lines[line - 1].lstrip().startswith("["):
                    message, suggestion = _TABLE_TWICE
                column = len(lines[line - 1]) - len(lines[line - 1].lstrip()) + 1
            return line, column, message, suggestion
    return line, column, f"this is not TOML: {_AT.sub('', said)[:120]}", "check quotes and brackets"
