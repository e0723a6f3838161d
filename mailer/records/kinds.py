"""Kinds of values: each reads an item or says what is wrong with it, and describes itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mailer import addresses
from mailer.problems import did_you_mean
from mailer.records.findings import Findings, Wrong, quoted
from mailer.records.text import HIDDEN
from mailer.records.tree import BROKEN, Item, Table

Read = Callable[[Item, Findings], Any]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a value is read, and its JSON schema (draft 7)."""

    read: Read
    schema: Mapping[str, Any] = field(default_factory=dict)


def text_of(item: Item, hint: str = "") -> str:
    """The text of an item; raises Wrong, telling what YAML or TOML made of it instead.

    `hint` is what to write where quotation marks alone would help nobody.
    """
    value = item.value
    if isinstance(value, str):
        if not value.strip():
            raise Wrong("is empty", "write a value, or take the line away")
        return value.strip()
    if value is None:
        raise Wrong("is empty", "write a value, or take the line away")
    if isinstance(value, bool):
        read_as = "true" if value else "false"
        raise Wrong(
            f"{quoted(item.written)} is read as {read_as}",
            hint or f'write "{item.written}" in quotes',
        )
    if isinstance(value, tuple):
        raise Wrong("is a list, where one text is wanted", "keep one of them, without brackets")
    if isinstance(value, Table):
        raise Wrong("holds keys of its own, where one text is wanted")
    if isinstance(value, date):
        raise Wrong(
            f"{quoted(item.written)} is read as a date",
            hint or f'write "{item.written}" in quotes',
        )
    shown = item.written[:60]
    raise Wrong(f"{quoted(shown)} is read as a number", hint or f'write "{shown}" in quotes')


def line_of(item: Item, longest: int = 200) -> str:
    """Text of one line that may stand in a mail header."""
    text = text_of(item)
    if "\n" in text:
        raise Wrong("has more than one line", "write it on one line")
    if addresses.hostile(text.replace("\t", " ")) == "encoded-word":
        raise Wrong('holds "=?", which mail programs take for a code', "take it away")
    _refuse_hidden(text)
    if len(text) > longest:
        raise Wrong(f"is {len(text)} characters long", f"keep it under {longest}")
    return text


def _refuse_hidden(text: str) -> None:
    """Raise Wrong for invisible characters that were written as codes; others are told before."""
    if text.isprintable():
        return
    for character in text:
        seen = character.isprintable() or character in "\t\u200c\u200d"
        if character in HIDDEN or (not seen and addresses.hostile(character)):
            code = f"U+{ord(character):04X}"
            raise Wrong(f"holds an invisible character, {code}", "take its code out of the text")


def text(longest: int = 5000) -> Kind:
    """Text that may have several lines."""

    def read(item: Item, _: Findings) -> str:
        found = text_of(item)
        if len(found) > longest:
            raise Wrong(f"is {len(found)} characters long", f"keep it under {longest}")
        return found

    return Kind(read=read, schema={"type": "string", "minLength": 1})


def line(longest: int = 200) -> Kind:
    """Text of one line."""
    schema = {"type": "string", "minLength": 1, "maxLength": longest}
    return Kind(read=lambda item, _: line_of(item, longest), schema=schema)


ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_ID = 60


def id_like(text: str) -> str:
    """The id that `text` would have, possibly empty."""
    folded = unicodedata.normalize("NFKD", text[:200].casefold())
    plain = "".join(part for part in folded if not unicodedata.combining(part))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_ID].strip("-")


def _identifier(item: Item, _: Findings) -> str:
    name = text_of(item)
    if ID.fullmatch(name) and len(name) <= LONGEST_ID:
        return name
    near = id_like(name)
    several = [one for one in re.split(r"[\s,;]+", name) if ID.fullmatch(one)]
    hint = f"did you mean {near}?" if near else "for example minister-health"
    if "@" in name:
        hint = "write an id of officials.yaml, as minister-health, and no address"
    elif len(several) > 1 and any("-" in one for one in several):
        hint = f"did you mean {' and '.join(several)}? part them: [{', '.join(several)}]"
    raise Wrong(f"{quoted(name)} is not made of small letters, digits and single hyphens", hint)


identifier = Kind(
    read=_identifier,
    schema={"type": "string", "pattern": f"^{ID.pattern}$", "maxLength": LONGEST_ID},
)


def _flag(item: Item, _: Findings) -> bool:
    if isinstance(item.value, bool):
        return item.value
    shown = f"{quoted(item.value)} is text" if isinstance(item.value, str) else "is something else"
    raise Wrong(f"{shown}, where true or false is wanted", "write true or false, without quotes")


flag = Kind(read=_flag, schema={"type": "boolean"})


def whole(least: int = 0, most: int = 10**9) -> Kind:
    """A whole number."""

    def read(item: Item, _: Findings) -> int:
        if isinstance(item.value, bool) or not isinstance(item.value, int):
            shown = item.written or (item.value if isinstance(item.value, str) else "")
            value = f"{quoted(shown)} is" if shown else "is"
            raise Wrong(f"{value} not a whole number", "write digits only, as 5000")
        if not least <= item.value <= most:
            raise Wrong(f"{quoted(item.written)} is out of range", f"write {least} to {most}")
        return item.value

    return Kind(read=read, schema={"type": "integer", "minimum": least, "maximum": most})


def choice(*known: str) -> Kind:
    """One of a few words."""

    def read(item: Item, _: Findings) -> str:
        word = text_of(item, f"write {' or '.join(known)}")
        if word in known:
            return word
        hint = did_you_mean(word.lower(), known) or f"write {' or '.join(known)}"
        raise Wrong(f"{quoted(word)} is not one of {', '.join(known)}", hint)

    return Kind(read=read, schema={"enum": list(known)})


def pattern(shape: str, meaning: str, example: str) -> Kind:
    """Text of a fixed shape, such as a colour or hours."""
    compiled = re.compile(shape)

    def read(item: Item, _: Findings) -> str:
        written = text_of(item)
        if compiled.fullmatch(written):
            return written
        raise Wrong(f"{quoted(written)} is not {meaning}", f"write it as {example}")

    return Kind(read=read, schema={"type": "string", "pattern": f"^{shape}$"})


def is_broken(item: Item) -> bool:
    """True when the problem of this value has been told already."""
    return item.value is BROKEN
