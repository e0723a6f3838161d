"""Values with their places: what YAML and TOML front matter have in common."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple, TypeAlias


class Broken:
    """A value whose problem has been told already: whoever meets it says nothing more."""


class Odd:
    """Something the file format reads as neither text nor a plain number: 0123, 12:30, 1_000."""


BROKEN = Broken()
ODD = Odd()

Value: TypeAlias = (
    "str | bool | int | float | date | datetime | Broken | Odd | tuple[Item, ...] | Table | None"
)


class Item(NamedTuple):
    """A value and where it begins. Lines and columns count from 1.

    A named tuple like Entry, because a large file has a hundred thousand of them.
    """

    value: Value
    line: int
    column: int
    written: str = ""  # an unquoted value as it stands in the file


class Entry(NamedTuple):
    """A key and its value."""

    item: Item
    line: int
    column: int


class Table(dict[str, Entry]):
    """Keys and values, in the file's order."""
