"""JSON from elsewhere: read without trust, and asked only for texts, lists and tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from mailer.officials.sources.values import NotAList

Table: TypeAlias = Mapping[str, Any]


def load(text: str) -> object:
    """The value of a JSON text; raises NotAList with the place where it is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NotAList(f"it is not JSON: line {error.lineno}, column {error.colno}") from None
    except (RecursionError, ValueError):
        raise NotAList("it is JSON that no list of people looks like") from None


def word(table: Table, name: str) -> str:
    """A text or number of a table as text, "" for anything else."""
    value = table.get(name)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def tables(value: object) -> list[Table]:
    """The tables in a list; what is none of them is left out."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def table(value: object) -> Table:
    """The table that a value is, else an empty one."""
    return value if isinstance(value, Mapping) else {}


class Places:
    """On which line somebody stands: where their name or address is written."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._from = 0
        self._line = 1

    def line(self, *words: str) -> int:
        """The line of the first of `words` that stands behind the last one found; 0 for none."""
        for one in filter(None, words):
            for written in _ways(one):
                at = self._text.find(written, self._from)
                if at >= 0:
                    self._line += self._text.count("\n", self._from, at)
                    self._from = at
                    return self._line
        return 0


def _ways(one: str) -> Iterator[str]:
    yield json.dumps(one, ensure_ascii=False)
    yield json.dumps(one)
