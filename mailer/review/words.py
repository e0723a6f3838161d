"""How alike the own words of two people are, told from short hashes and not from the words.

MinHash (Broder 1997): of the hashes of all runs of three words, the least by each of twelve
orders. Two texts that share nine tenths of their runs have a band in common in 99 of 100 cases,
two that share a tenth in less than one, and strangers practically never.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from functools import lru_cache

from mailer import addresses

FEWEST = 12
"""Own words below which two people may well say the same."""

RUN = 3
BANDS, ROWS = 4, 3
_PRIME = (1 << 61) - 1
_WORD = re.compile(r"\w+")

# Any fixed numbers do, as long as they stay: what was kept is compared with what comes.
_ORDERS = tuple(
    (
        int.from_bytes(hashlib.sha256(f"order {at} a".encode()).digest()[:7]) | 1,
        int.from_bytes(hashlib.sha256(f"order {at} b".encode()).digest()[:7]),
    )
    for at in range(BANDS * ROWS)
)


def least(text: str, known: Sequence[str]) -> tuple[int, ...]:
    """What a text is known by; () when it holds too few words of its own.

    `known` are texts of the campaign: what only repeats them is nobody's own.
    """
    own = _runs(text)
    if len(own) >= FEWEST - RUN + 1:
        own -= _known(tuple(known))
    if len(own) < FEWEST - RUN + 1:
        return ()
    return tuple([min([(a * run + b) % _PRIME for run in own]) for a, b in _ORDERS])


def bands(found: Sequence[int], campaign: str, pepper: bytes) -> tuple[str, ...]:
    """What texts of one campaign are compared by: those that are alike have one in common."""
    return tuple(
        _keyed(f"{campaign}\n{at}\n{found[at : at + ROWS]}", pepper)
        for at in range(0, len(found), ROWS)
    )


@lru_cache(maxsize=16)
def _known(texts: tuple[str, ...]) -> frozenset[int]:
    return frozenset().union(*map(_runs, texts))


def _runs(text: str) -> frozenset[int]:
    """Every run of three words as a number, whatever their case, accents and punctuation."""
    words = _WORD.findall(addresses.folded(text))
    return frozenset(
        int.from_bytes(
            hashlib.blake2b(" ".join(words[at : at + RUN]).encode(), digest_size=7).digest()
        )
        for at in range(len(words) - RUN + 1)
    )


def _keyed(text: str, pepper: bytes) -> str:
    return hmac.new(pepper, f"words\n{text}".encode(), hashlib.sha256).hexdigest()[:24]
