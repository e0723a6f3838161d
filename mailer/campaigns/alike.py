"""Texts compared by paragraph: in bounded time, whatever anybody typed into them."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

MOST_WORK = 250_000
"""Pairs of paragraphs that are compared; matching costs their number, and people type anything."""

Block = tuple[int, int, int]
"""Where a run begins in the first text, where in the other, and how many paragraphs it has."""


def blocks(first: Sequence[str], other: Sequence[str]) -> list[Block]:
    """The runs that two texts have in common, in order.

    Their beginnings and ends are compared however long they are; what lies between counts as
    different when there is too much of it.
    """
    head = _same(first, other)
    tail = _same(first[head:][::-1], other[head:][::-1])
    old, new = first[head : len(first) - tail], other[head : len(other) - tail]
    found: list[Block] = [(0, 0, head)]
    if len(old) * len(new) <= MOST_WORK:
        matched = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        found += [(at + head, there + head, size) for at, there, size in matched]
    found.append((len(first) - tail, len(other) - tail, tail))
    return [block for block in found if block[2]]


def _same(first: Sequence[str], other: Sequence[str]) -> int:
    """How many paragraphs two texts have in common at their beginning."""
    pairs = enumerate(zip(first, other, strict=False))
    shorter = min(len(first), len(other))
    return next((at for at, (old, new) in pairs if old != new), shorter)
