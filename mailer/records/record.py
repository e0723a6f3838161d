"""Records: which keys a table may have, said once, for reading and for the JSON schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mailer.problems import closest
from mailer.records.findings import Findings, Wrong, quoted
from mailer.records.formats import language_of
from mailer.records.kinds import Kind, is_broken, line_of
from mailer.records.tree import Entry, Item, Table


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key: its name in the file, its kind, and the attribute it becomes."""

    name: str
    kind: Kind
    required: bool = False
    attribute: str = ""
    help: str = ""  # for people whose editor shows the schema
    example: str = '"..."'  # a value, for whoever forgot the key

    @property
    def target(self) -> str:
        """The attribute's name."""
        return self.attribute or self.name


@dataclass(frozen=True, kw_only=True)
class Record:
    """A table with known keys. `hints` says of known mistakes what to do instead."""

    name: str  # with its article, for messages: "a post"
    keys: tuple[Key, ...]
    open: bool = False  # keys of other programs are notes, unless they are almost ours
    foreign: frozenset[str] = frozenset()  # keys of other programs that look almost like ours
    hints: Mapping[str, str] = field(default_factory=dict)

    def read(self, item: Item, findings: Findings) -> dict[str, Any]:
        """Attributes and values; what cannot be read is told and left out."""
        table = table_of(item, self.name, findings)
        if table is None:
            return {}
        known = {key.name: key for key in self.keys}
        found: dict[str, Any] = {}
        named = set(table)
        for name, entry in table.items():
            key = known.get(name)
            if key is None:
                named.add(self._unknown(name, entry, findings))
            elif (value := value_of(key, entry.item, findings)) is not None:
                found[key.target] = value
        for key in self.keys:
            if key.required and key.name not in named and not findings.partial:
                message = f"{quoted(key.name)} is missing: {self.name} needs it"
                hint = f"add {key.name}{findings.assigns}{key.example}"
                findings.error(item.line, item.column, message, hint)
        return found

    def schema(self) -> dict[str, Any]:
        """The JSON schema (draft 7) of this record."""
        properties = {
            key.name: {**({"description": key.help} if key.help else {}), **key.kind.schema}
            for key in self.keys
        }
        required = [key.name for key in self.keys if key.required]
        described = {"required": required} if required else {}
        return {
            "type": "object",
            "properties": properties,
            **described,
            "additionalProperties": self.open,
        }

    def _unknown(self, name: str, entry: Entry, findings: Findings) -> str:
        """Tell of a key that is not ours; the one that was probably meant, or ""."""
        place = (entry.line, entry.column)
        names = [key.name for key in self.keys]
        others = self.open and (name in self.foreign or name.startswith("_"))
        near = "" if others or name in self.hints else _near(name, names)
        if others or (self.open and not near and name not in self.hints):
            findings.note(*place, f"{quoted(name)} is not used here, and left as it is")
            return ""
        hint = f"did you mean {near}?" if near else f"known are {', '.join(names)}"
        message = f"{quoted(name)} is not a key of {self.name}"
        findings.error(*place, message, self.hints.get(name, hint))
        meant = self.hints.get(name, "").removeprefix("write ")
        return meant if meant in names else near


def _near(name: str, names: list[str]) -> str:
    """The key that was probably meant, or ""; long words are never meant."""
    return closest(name.casefold().replace("-", "_"), names) if len(name) < 40 else ""


def table_of(item: Item, name: str, findings: Findings) -> Table | None:
    """The table an item is, or None after telling that it is none."""
    if isinstance(item.value, Table):
        return item.value
    if not is_broken(item):
        empty = item.value is None
        message = f"{name} is empty" if empty else f"{name} must have keys and values"
        findings.error(item.line, item.column, message, "write key: value lines")
    return None


def value_of(key: Key, item: Item, findings: Findings, which: str = "") -> Any:
    """What the key's kind makes of the item, or None after telling what is wrong.

    `which` says which of several values of the key it is.
    """
    if is_broken(item):
        return None
    try:
        return key.kind.read(item, findings)
    except Wrong as wrong:
        told = wrong.about(which or quoted(key.name))
        findings.error(item.line, item.column, told, wrong.suggestion)
        return None


def items_of(item: Item) -> tuple[Item, ...]:
    """The items of a list; raises Wrong when it is none."""
    if isinstance(item.value, tuple):
        return item.value
    if isinstance(item.value, str):
        raise Wrong("is one text, where a list is wanted", f"write [{quoted(item.value)}]")
    if item.value is None:
        raise Wrong("is empty", "write a list, or take the line away")
    if isinstance(item.value, Table):
        raise Wrong("is not a list", "begin each entry with a dash")
    raise Wrong("is not a list", f"write [{item.written[:60]}]")


def list_of(kind: Kind, name: str) -> Kind:
    """A list of values of one kind; the good ones are kept."""

    def read(item: Item, findings: Findings) -> tuple[Any, ...]:
        one = Key(name=name, kind=kind)
        values = (
            value_of(one, part, findings, f"number {number} of {quoted(name)}")
            for number, part in enumerate(items_of(item), start=1)
        )
        return tuple(value for value in values if value is not None)

    return Kind(read=read, schema={"type": "array", "items": kind.schema})


def words(longest: int = 200) -> Kind:
    """A text for all languages, or one for each."""

    def read(item: Item, findings: Findings) -> dict[str, str]:
        if not isinstance(item.value, Table):
            return {"": line_of(item, longest)}
        if not item.value:
            raise Wrong("is empty", "write {en: ..., fr: ...}")
        return _by_language(item.value, longest, findings)

    one = {"type": "string", "minLength": 1, "maxLength": longest}
    each = {"type": "object", "additionalProperties": one, "minProperties": 1}
    return Kind(read=read, schema={"anyOf": [one, each]})


def _by_language(table: Table, longest: int, findings: Findings) -> dict[str, str]:
    found: dict[str, str] = {}
    for language, entry in table.items():
        place = (entry.line, entry.column)
        about = ""  # the message names the language itself
        try:
            code = language_of(language)
            about = quoted(language)
            if is_broken(entry.item):
                continue
            place = (entry.item.line, entry.item.column)
            found[code] = line_of(entry.item, longest)
        except Wrong as wrong:
            told = wrong.about(about) if about else wrong.message
            findings.error(*place, told, wrong.suggestion)
    return found
