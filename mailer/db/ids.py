"""Ids: random text that says nothing, and text that sorts by time."""

from __future__ import annotations

import secrets
from itertools import count

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing looks like another

_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]

_made = count()  # next() of it is atomic


def random_id() -> str:
    """130 random bits as 26 characters, safe in URLs and in the local part of an address."""
    return _base32(secrets.randbits(130))


def letter_id(now: float) -> str:
    """26 characters that nobody can guess (75 random bits) and that sort in the order of making.

    A database writes neighbours to the same pages: letters that enter and leave together cost
    fewer of them than scattered ones.
    """
    moment, order = int(now * 10), next(_made) % 32**4
    return _base32(moment << 95 | order << 75 | secrets.randbits(75))


def event_id(now: float) -> str:
    """26 characters that sort by `now` (microseconds), then by the order they were made in."""
    moment, order = int(now * 1_000_000), next(_made) % 32**4
    return _base32(moment << 75 | order << 55 | secrets.randbits(55))


def _base32(number: int) -> str:
    """The 130 bits of a number as 26 digits."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
