"""Letters whose text the supporter may change: what is theirs to change, and what stays.

Changed is what all letters of a supporter say alike, as one text for all of them. Salutations,
closing blocks, paragraphs that not every official gets, and those that name who signs with the
supporter are the organizer's: they stay where they stand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mailer.campaigns import alike
from mailer.campaigns.letters import ending
from mailer.campaigns.values import Campaign, MergedLetter, Supporter

_BETWEEN = "\n\n"  # paragraphs


@dataclass(frozen=True, kw_only=True)
class Outline:
    """The letters of one supporter, taken apart."""

    open: tuple[str, ...]  # texts to be changed, one at least; empty where nothing is alike
    fixed: tuple[tuple[str, ...], ...]  # of each letter, what stands before, between, after them
    endings: tuple[str, ...]  # the closing block of each letter

    @property
    def key(self) -> str:
        """What tells these open texts from those of other letters."""
        return hashlib.sha256("\0".join(self.open).encode()).hexdigest()[:16]

    def fit(self, texts: Sequence[str]) -> tuple[str, ...]:
        """As many texts as there are open ones, with every word of those given."""
        if len(texts) == len(self.open):
            return tuple(texts)
        whole = _BETWEEN.join(filter(str.strip, texts))
        return (whole, *[""] * (len(self.open) - 1))


def outline(
    campaign: Campaign, letters: Sequence[MergedLetter], supporter: Supporter, *, url: str = ""
) -> Outline:
    """One supporter's letters, taken apart into what is open and what is fixed."""
    endings = tuple(ending(campaign, supporter, letter.language, url) for letter in letters)
    texts = [_above(*one) for one in zip(letters, endings, strict=True)]
    names = [one.name for one in campaign.signatories]
    open_ = [part for part in _common(texts) if not any(name in part for name in names)]
    return _apart(open_, texts, endings)


def edited(
    letters: Sequence[MergedLetter], found: Outline, texts: Sequence[str]
) -> tuple[MergedLetter, ...]:
    """The letters with these texts, as they are, in the place of the open ones.

    What is empty leaves no gap.
    """
    return tuple(
        replace(letter, body=_joined((*_laced(fixed, texts), end)))
        for letter, fixed, end in zip(letters, found.fixed, found.endings, strict=True)
    )


def _above(letter: MergedLetter, end: str) -> list[str]:
    return letter.body.removesuffix(end).removesuffix(_BETWEEN).split(_BETWEEN)


def _common(texts: Sequence[Sequence[str]]) -> Sequence[str]:
    """The paragraphs that all texts have, in order."""
    common = texts[0]
    for text in texts[1:]:
        common = [part for at, _, size in alike.blocks(common, text) for part in common[at:][:size]]
    return common


def _apart(
    common: Sequence[str], texts: Sequence[Sequence[str]], endings: tuple[str, ...]
) -> Outline:
    """What stands around the paragraphs that are open."""
    gaps = [[_BETWEEN.join(gap) for gap in _gaps(common, text)] for text in texts]
    if not common:  # words may be added at the end
        return Outline(open=("",), fixed=tuple((*gap, "") for gap in gaps), endings=endings)
    inner = [at for at in range(1, len(common)) if any(gap[at] for gap in gaps)]
    bounds = [0, *inner, len(common)]
    return Outline(
        open=tuple(_BETWEEN.join(common[start:end]) for start, end in pairwise(bounds)),
        fixed=tuple(tuple(gap[at] for at in bounds) for gap in gaps),
        endings=endings,
    )


def _gaps(common: Sequence[str], text: Sequence[str]) -> Iterator[list[str]]:
    """What a text has before, between and after the paragraphs that all have."""
    start = 0
    for part in common:
        at = text.index(part, start)
        yield list(text[start:at])
        start = at + 1
    yield list(text[start:])


def _laced(fixed: Sequence[str], texts: Sequence[str]) -> Iterator[str]:
    yield fixed[0]
    for text, after in zip(texts, fixed[1:], strict=True):
        yield text
        yield after


def _joined(parts: Sequence[str]) -> str:
    return _BETWEEN.join(filter(None, parts))
