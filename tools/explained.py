"""What docs/security.md says about the findings of scanners: each needs its line there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.lock import ROOT

PAGE = ROOT / "docs" / "security.md"
HEADING = "## What scanners say"


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """One thing that one scanner said about one place: a file, or an address of the site."""

    scanner: str
    said: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the table: where a finding is expected, and why it is harmless."""

    scanner: str
    said: str
    places: tuple[str, ...]
    why: str

    def explains(self, finding: Finding) -> bool:
        """Whether this line is about that finding."""
        same = (self.scanner, self.said) == (finding.scanner, finding.said)
        return same and any(re.fullmatch(_pattern(one), finding.place) for one in self.places)


def _pattern(place: str) -> str:
    return re.escape(place).replace(r"\*", ".*")


def lines(page: str) -> list[Line]:
    """The table's lines; a place may hold a star for whatever stands there."""
    _, _, below = page.partition(f"\n{HEADING}\n")
    section = below.partition("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| `([^`]+)` \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    return [
        Line(scanner=scanner, said=said, places=tuple(re.findall("`([^`]+)`", places)), why=why)
        for scanner, said, places, why in rows
    ]


def unexplained(findings: Iterable[Finding], page: str) -> Iterator[str]:
    """What the page does not speak of, in words."""
    known = lines(page)
    for one in sorted(set(findings)):
        if not any(line.explains(one) for line in known):
            words = f"{one.place}: {one.scanner} says {one.said}"
            yield f"{words}; repair it, or say in docs/{PAGE.name} why it is harmless"


def needless(findings: Iterable[Finding], page: str, scanner: str) -> Iterator[str]:
    """Lines about findings that this scanner no longer has, in words."""
    found = list(findings)
    for line in lines(page):
        if line.scanner == scanner and not any(line.explains(one) for one in found):
            yield f"{PAGE.name}: {scanner} no longer says {line.said} in {', '.join(line.places)}"
