"""Keys that somebody could guess: too short, too regular, or copied from an example."""

from __future__ import annotations

import re
from itertools import pairwise

SHORTEST_KEY = 32
JUDGED = 256  # characters; where these are random, the rest does no harm
MAKE = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"

# Of a million keys made of random characters hardly one holds any of these.
_PLACEHOLDERS = re.compile(
    r"change[-_ ]?(?:me|this|it)|secret|password|passphrase|example|default|insecure|placeholder"
    r"|replace|your[-_ ]?own|your[-_ ]?key|sample|development|testing|qwerty|asdfgh|zxcvbn|letmein"
    r"|correct[-_ ]?horse|12345678|abcdefgh|xxxxxx|00000000",
    re.IGNORECASE,
)


def weakness(key: str, shortest: int = SHORTEST_KEY) -> str:
    """Why a key can be guessed, without a character of it; "" where it is as good as random."""
    if len(key) < shortest:
        return f"it has {len(key)} characters; {shortest} random ones are the least"
    key = key[:JUDGED]
    if len(set(key)) < shortest // 4:
        return "it repeats a few characters"
    if _repeats(key):
        return "it repeats itself"
    if _runs(key):
        return "most of its characters follow one another"
    if _PLACEHOLDERS.search(key):
        return "it is an example, or made of words"
    return ""


def _repeats(key: str) -> bool:
    """Whether it is some characters said again and again, the last time perhaps cut short."""
    return any(
        key == (key[:length] * len(key))[: len(key)] for length in range(1, len(key) // 2 + 1)
    )


def _runs(key: str) -> bool:
    """Whether at least half of its characters stand beside the one before them in the alphabet."""
    beside = sum(abs(ord(a) - ord(b)) <= 1 for a, b in pairwise(key))
    return 2 * beside >= len(key)
