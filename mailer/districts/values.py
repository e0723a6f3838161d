"""Which district a postal code belongs to: a frozen value, made by mailer.districts.reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mailer.districts.codes import bare


@dataclass(frozen=True, kw_only=True)
class District:
    """A district as the file names it."""

    name: str
    region: str = ""
    line: int = 0  # of the file, where it stands first


@dataclass(frozen=True, kw_only=True)
class Districts:
    """Codes, or the beginnings of codes, and the districts they lead to."""

    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # bare -> keys of `named`
    named: Mapping[str, District] = field(default_factory=dict)  # by folded name
    canadian: bool = False  # every typed code is judged as one of Canada's

    def __bool__(self) -> bool:
        return bool(self.codes)

    def find(self, code: str) -> tuple[str, ...]:
        """The districts' keys for a code as typed; the longest beginning wins. Empty: none."""
        typed = bare(code)
        for length in self._lengths:
            if found := self.codes.get(typed[:length]):
                return found
        return ()

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        """How long the codes of the file are, the longest first."""
        return tuple(sorted({len(code) for code in self.codes}, reverse=True))
