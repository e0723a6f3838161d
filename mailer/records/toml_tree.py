"""TOML text as a tree of values: tomllib knows what they are, a search of the text where."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from datetime import date, datetime
from typing import Any, TypeAlias

from mailer.records import salvage
from mailer.records.findings import Findings
from mailer.records.toml_words import explain
from mailer.records.tree import ODD, Entry, Item, Table, Value

Path: TypeAlias = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_PART = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')[ \t]*""")
_STRINGS = (
    ('"""', re.compile(r'"""(?:\\.|[^\\])*?"""(?:"{0,2})', re.DOTALL)),
    ("'''", re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL)),
    ('"', re.compile(r'"(?:\\.|[^"\\])*"')),
    ("'", re.compile(r"'[^']*'")),
)
_BARE = re.compile(r"[^,\]}\n#]*")
_MOST_DOTS = 500  # in a key: tomllib takes the square of their number
_DOTTED = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+)++""")


def read(text: str, findings: Findings, *, first_line: int = 1) -> Item | None:
    """The root table, or None after telling why there is none.

    `text` has newlines only; `first_line` is the line of the file on which it begins. What cannot
    be read is told, and taken out where the rest can be read without it: `findings.partial` is
    true then.
    """
    for _ in salvage.rounds(text):
        root, wrong = _read(text, findings, first_line)
        rest = text if wrong is None else salvage.without_pair(text, wrong)
        if rest == text:
            return root
        text, findings.partial = rest, True
    return None


def _read(text: str, findings: Findings, first_line: int) -> tuple[Item | None, int | None]:
    """The root table; None and the line (from 0) that keeps it from being read, if one does."""
    for dotted in _DOTTED.finditer(text):
        if dotted[0].count(".") > _MOST_DOTS:
            line = text.count("\n", 0, dotted.start())
            place = (first_line + line, dotted.start() - text.rfind("\n", 0, dotted.start()))
            findings.error(*place, "a key has too many dots", f"write it with {_MOST_DOTS} at most")
            return None, line
    try:
        values = tomllib.loads(text)
        return _Tree(text, _Places(text), first_line).item(values, ()), None
    except tomllib.TOMLDecodeError as error:
        line, column, message, suggestion = explain(str(error), text)
        findings.error(line + first_line - 1, column, message, suggestion)
        return None, line - 1
    except RecursionError:
        lines = text.split("\n")
        deepest = max(range(len(lines)), key=lambda at: lines[at].count("[") + lines[at].count("{"))
        place = (first_line + deepest, 1)
        findings.error(*place, "this is nested too deep", "write it on fewer levels")
    except ValueError:  # a number of thousands of digits
        findings.error(first_line, 1, "a number here is too long", "put it in quotes")
    return None, None


class _Lost(Exception):  # noqa: N818 - it ends a search
    """The search met something it does not know; later values have no place of their own."""


class _Places:
    """Where every key and value of a good TOML text stands, as offsets."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._arrays: dict[Path, int] = {}
        self.keys: dict[Path, int] = {}
        self.values: dict[Path, tuple[int, int]] = {}
        try:
            self._document()
        except _Lost:
            return

    def _document(self) -> None:
        base: Path = ()
        while self._skip() < len(self._text):
            start = self._at
            if self._text[start] != "[":
                self._pair(base)
                continue
            double = self._text.startswith("[[", start)
            self._at += 2 if double else 1
            base = self._header(start, double)
            self._at = self._text.find("]", self._at) + (2 if double else 1)

    def _header(self, start: int, double: bool) -> Path:
        parts = self._key()
        path: Path = ()
        for index, part in enumerate(parts):
            path = (*path, part)
            if double and index == len(parts) - 1:
                self._arrays[path] = self._arrays.get(path, -1) + 1
                self._mark(path, start)
            if path in self._arrays:
                path = (*path, self._arrays[path])
        self._mark(path, start)
        return path

    def _mark(self, path: Path, start: int) -> None:
        self.keys.setdefault(path, start)
        self.values.setdefault(path, (start, start))

    def _pair(self, base: Path) -> None:
        start = self._skip()
        path = base
        for part in self._key():
            path = (*path, part)
            self._mark(path, start)
        self.keys[path] = start
        self._expect("=")
        while self._text[self._at : self._at + 1] in {" ", "\t"}:
            self._at += 1
        self._value(path)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            found = _PART.match(self._text, self._at)
            if found is None:
                raise _Lost
            self._at = found.end()
            raw = found[1]
            parts.append(tomllib.loads(f"k = {raw}")["k"] if raw[0] in "\"'" else raw)
            if self._text[self._at : self._at + 1] != ".":
                return parts
            self._at += 1

    def _value(self, path: Path) -> None:
        start = self._at
        sign = self._text[start : start + 1]
        if sign == "[":
            self._array(path)
        elif sign == "{":
            self._inline(path)
        else:
            shape = next(
                (shape for mark, shape in _STRINGS if self._text.startswith(mark, start)), _BARE
            )
            found = shape.match(self._text, start)
            if found is None:
                raise _Lost
            self._at = start + len(found[0].rstrip())
        self.values[path] = (start, self._at)

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while not self._closed("]"):
            self._value((*path, index))
            index += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while not self._closed("}"):
            self._pair(path)

    def _closed(self, sign: str) -> bool:
        """True, and past it, at the closing sign; else at the next value."""
        self._skip()
        if self._text[self._at : self._at + 1] == ",":
            self._at += 1
            self._skip()
        if self._at >= len(self._text):
            raise _Lost
        if self._text[self._at] != sign:
            return False
        self._at += 1
        return True

    def _skip(self) -> int:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _expect(self, sign: str) -> None:
        if self._text[self._at : self._at + 1] != sign:
            raise _Lost
        self._at += 1


class _Tree:
    """Values and places together."""

    def __init__(self, text: str, places: _Places, first_line: int) -> None:
        self._text = text
        self._places = places
        self._first = first_line
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def item(self, value: Any, path: Path) -> Item:
        """One value of tomllib's, with everything inside it."""
        start, end = self._places.values.get(path, (0, 0))
        line, column = self._place(start)
        written = "" if isinstance(value, str | list | dict) else self._text[start:end]
        return Item(value=self._convert(value, path), line=line, column=column, written=written)

    def _convert(self, value: Any, path: Path) -> Value:
        if isinstance(value, dict):
            table = Table()
            for name, inner in value.items():
                line, column = self._place(self._places.keys.get((*path, name), 0))
                table[name] = Entry(item=self.item(inner, (*path, name)), line=line, column=column)
            return table
        if isinstance(value, list):
            return tuple(self.item(inner, (*path, index)) for index, inner in enumerate(value))
        if isinstance(value, str | bool | int | float | date | datetime):
            return value
        return ODD  # a time of day

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line + self._first - 1, offset - self._starts[line - 1] + 1
