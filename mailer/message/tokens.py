"""Addresses that name a letter: where its bounces go (VERP), and where it is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_LOCAL = 64  # characters before the @ (RFC 5321, 4.5.3.1.1)
_ID = "[0-9a-hjkmnp-tv-z]{26}"
_ADDRESS = re.compile(rf"(?<![0-9a-z])([br])-({_ID})(?=@|\Z)", re.IGNORECASE)
_MESSAGE_ID = re.compile(rf"<?({_ID})@", re.IGNORECASE)


def for_bounces(letter: str, from_address: str, reply_domain: str, *, verp: bool = True) -> str:
    """The envelope sender of a letter: an address with its own token.

    Without a domain for it the token stands behind a plus sign in our own address, where it fits
    and the transport says (`verp`) that it may; else our own address is all there is.
    """
    local, _, domain = from_address.rpartition("@")
    if reply_domain:
        return f"b-{letter}@{reply_domain}"
    token = f"{local}+b-{letter}"
    return f"{token}@{domain}" if verp and len(token) <= LONGEST_LOCAL else from_address


def for_answers(letter: str, reply_domain: str) -> str:
    """The address at which a letter is answered instead of the supporter's own."""
    return f"r-{letter}@{reply_domain}"


def letter_at(address: str) -> str:
    """The letter that a bounce's or an answer's address names, or ""."""
    found = _ADDRESS.search(address)
    return found[2].lower() if found else ""


def is_for_answers(address: str) -> bool:
    """True when an address is one at which a letter is answered."""
    found = _ADDRESS.search(address)
    return found is not None and found[1].lower() == "r"


def letters_of(message_ids: str) -> Iterator[str]:
    """The letters that Message-IDs of ours in a header name."""
    return (found[1].lower() for found in _MESSAGE_ID.finditer(message_ids))
