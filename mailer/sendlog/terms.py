"""The words of a search, and whom they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailer.addresses import folded
from mailer.db import searching


@dataclass(frozen=True, kw_only=True)
class Term:
    """One word of a search."""

    raw: str  # as an address has it
    words: tuple[str, ...]  # as names have it: "Jean-Luc" is two

    @property
    def beginnings(self) -> list[str]:
        """What a key may begin with that fits."""
        plain = " ".join(self.words)
        return sorted({text for text in (self.raw, plain) if text})

    def fits(self, names: Sequence[str], address: str) -> bool:
        """True when the address begins so, or for each of its words some word of the name."""
        if address.startswith(self.raw):
            return True
        named = [any(name.startswith(word) for name in names) for word in self.words]
        return bool(named) and all(named)


def terms(query: str) -> list[Term]:
    """The words of a search; an address is not taken apart."""
    found = []
    for word in folded(query).split()[: searching.MOST_WORDS]:
        plain = () if "@" in word else tuple(searching.words(word))
        found.append(Term(raw=word[: searching.LONGEST], words=plain))
    return found


def fits(search: str, asked: Sequence[Term]) -> bool:
    """True when the name and address in a submission's `search` have all the words."""
    name, _, address = search.rpartition(" ")
    # Folded already; most names have nothing between their letters that would have to go.
    names = name.split() if name.replace(" ", "").isalnum() else searching.words(name)
    return all(term.fits(names, address) for term in asked)
