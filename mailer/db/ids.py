"""Ids: random text that says nothing, and text that sorts by time."""

from __future__ import annotations

import secrets
from itertools import count

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: nothing looks like another

_made = count()  # next() of it is atomic


def random_id() -> str:
    """130 random bits as 26 characters, safe in URLs and in the local part of an address."""
    return _base32(secrets.randbits(130), 26)


def event_id(now: float) -> str:
    """26 characters that sort by `now` (microseconds), then by the order they were made in."""
    order = next(_made) % 32**4
    return _base32(int(now * 1_000_000), 11) + _base32(order, 4) + _base32(secrets.randbits(55), 11)


def _base32(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        digits.append(_DIGITS[rest])
    return "".join(reversed(digits))
