"""Names of districts, made comparable: officials, files and services spell them differently."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from mailer import addresses

_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


@lru_cache(maxsize=20_000)
def folded(name: str) -> str:
    """A name without case, accents and punctuation; "" when nothing is left of it.

    "Sault Ste. Marie" and "Sault-Ste-Marie" are one place, as are all dashes of
    "Algoma—Manitoulin".
    """
    bare = addresses.folded(name).translate(_LETTERS)
    return " ".join("".join(one if _counts(one) else " " for one in bare).split())


def _counts(character: str) -> bool:
    """True for letters, digits, and the vowel signs that are parts of words in Indic scripts."""
    return unicodedata.category(character)[0] in "LNM"
