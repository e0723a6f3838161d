"""Values as YAML that every reader of it reads the same, old rules or new."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

import yaml
from yaml.resolver import Resolver

Plain: TypeAlias = "str | bool | tuple[str, ...] | Mapping[str, str]"
"""What a key of a record can be given: text, a flag, a list of texts, texts by language."""

_resolve: Callable[..., str] = Resolver().resolve
# Begins with a letter; nothing in it that means something to YAML where a value may stand.
_SAFE = re.compile(r"[^\W\d_](?:[\w .@/'’+&()–—-]*[\w.)’])?")


def scalar(text: str, style: str | None = None) -> str:
    """One text; `style` is the quotation mark of the value it replaces, None or "" for none."""
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if not style and _is_safe(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def flow(value: Plain) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {scalar(text)}" for name, text in value.items()) + "}"
    return "[" + ", ".join(map(scalar, value)) + "]"


def block(values: Mapping[str, Plain], indentation: str, inner: str) -> str:
    """A record as an item of a list: a dash behind `indentation`, keys behind `inner`."""
    lines = [f"{name}: {flow(value)}" for name, value in values.items()]
    dash = indentation + "-" + " " * (len(inner) - len(indentation) - 1)
    return "\n".join([dash + lines[0], *(inner + line for line in lines[1:])])


def _is_safe(text: str) -> bool:
    if not text.isprintable() or not _SAFE.fullmatch(text):
        return False
    kind = _resolve(yaml.ScalarNode, text, (True, False))
    return kind.endswith(":str") and text.casefold() not in _WORDS


# Words that some reader or other takes for a value that is no text.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})
