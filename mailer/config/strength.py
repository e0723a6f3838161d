"""Keys that somebody could guess: too short, too regular, or copied from an example."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

SHORTEST_KEY = 32
JUDGED = 256  # characters; where these are random, the rest does no harm
GUESSED = 48  # of them by zxcvbn, whose work grows with the square of their number
MAKE = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"

# Of a million keys made of random characters hardly one holds any of these.
_PLACEHOLDERS = re.compile(
    r"change[-_ ]?(?:me|this|it)|secret|password|passphrase|example|default|insecure|placeholder"
    r"|replace|your[-_ ]?own|your[-_ ]?key|sample|development|testing|qwerty|asdfgh|zxcvbn|letmein"
    r"|correct[-_ ]?horse|12345678|abcdefgh|xxxxxx|00000000|a1b2c3d4|mot[-_ ]?de[-_ ]?passe",
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
    if _power_of_guesses(key[:GUESSED]) < _least_power(len(key[:GUESSED])):
        return "it is made of words, names, dates or rows of keys, which are guessed first"
    return ""


def _least_power(length: int) -> float:
    """The power of ten of guesses that random characters take.

    zxcvbn counts ten guesses for a character that belongs to no word, and finds dates and short
    words by chance too: of 65,000 random keys of hexadecimal digits none took as few.
    """
    return 0.9 * length - 5.0


@lru_cache(maxsize=16)
def _power_of_guesses(key: str) -> float:
    from zxcvbn import zxcvbn  # its lists are read here: what judges no key does not wait for them

    return float(zxcvbn(key)["guesses_log10"])


def _repeats(key: str) -> bool:
    """Whether it is some characters said again and again, the last time perhaps cut short."""
    return any(
        key == (key[:length] * len(key))[: len(key)] for length in range(1, len(key) // 2 + 1)
    )


def _runs(key: str) -> bool:
    """Whether at least half of its characters stand beside the one before them in the alphabet."""
    beside = sum(abs(ord(a) - ord(b)) <= 1 for a, b in pairwise(key))
    return 2 * beside >= len(key)
