"""What a list says, before and after it is judged: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from mailer.records.yaml_write import Plain

FORMATS = ("csv", "popolo", "represent")


class NotAList(Exception):  # noqa: N818 - the message goes to a person
    """A file from which no list can be read at all."""


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Somebody in a list, as written there. Names are those of `columns`, or name.language."""

    line: int
    said: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A whole list as written."""

    format: str  # one of FORMATS
    raws: tuple[Raw, ...]
    notes: tuple[str, ...] = ()  # what was found out about the file, in sentences
    warnings: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)  # of a table: column to field
    partial: bool = False  # one page of several


@dataclass(frozen=True, kw_only=True)
class Row:
    """Somebody in a list, judged: every value fit for officials.yaml."""

    line: int
    name: str
    email: str = ""
    id: str = ""
    group: str = ""  # a party: becomes a tag
    values: Mapping[str, Plain] = field(default_factory=dict)  # further keys of officials.yaml

    @property
    def district(self) -> tuple[str, ...]:
        """The district's names."""
        said = self.values.get("district", "")
        return tuple(said.values()) if isinstance(said, Mapping) else (str(said),) if said else ()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """How a list is to be read, as far as a person said."""

    format: str = ""
    encoding: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)  # column to field, "" for none
    day: date  # whose members count
