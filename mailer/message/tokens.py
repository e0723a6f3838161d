"""Addresses that name a letter: where its bounces go (VERP), and where it is answered.

Each ends in a mark that only we can make, one for bounces and another for answers: whoever merely
knows a letter's id, as everybody does who has seen its Message-ID, can speak for it in neither way.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST_LOCAL = 64  # octets before the @ (RFC 5321, 4.5.3.1.1)
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # as letters' ids have them: no case, no look-alikes
_MARK_LENGTH = 12  # digits of 5 bits: each guess is a mail
LONGEST_NAME = LONGEST_LOCAL - len("+b-") - 26 - _MARK_LENGTH
"""Octets before the @ of our own address behind which a token has its place."""

_ID = "[0-9a-hjkmnp-tv-z]{26}"
_ADDRESS = re.compile(
    rf"(?<![0-9a-z])([br])-({_ID})([0-9a-hjkmnp-tv-z]{{{_MARK_LENGTH}}})?(?=@|\Z)",
    re.IGNORECASE | re.ASCII,
)
_MESSAGE_ID = re.compile(rf"<?({_ID})@", re.IGNORECASE | re.ASCII)
_PURPOSES = {"b": "bounce", "r": "answer"}


@dataclass(frozen=True, kw_only=True)
class Named:
    """A letter that an address names."""

    letter: str
    answers: bool  # it is the address at which the letter is answered, not that for its bounces
    proven: bool  # its mark is one of ours


def for_bounces(
    letter: str, from_address: str, reply_domain: str, keys: Sequence[str], *, verp: bool = True
) -> str:
    """The envelope sender of a letter: an address with its own token, marked by the first key.

    Without a domain for it the token stands behind a plus sign in our own address, where it fits
    and the transport says (`verp`) that it may; else our own address is all there is.
    """
    local, _, domain = from_address.rpartition("@")
    token = _token("b", letter, keys[0])
    if reply_domain:
        return f"{token}@{reply_domain}"
    fits = verp and len(local) <= LONGEST_NAME
    return f"{local}+{token}@{domain}" if fits else from_address


def for_answers(letter: str, reply_domain: str, keys: Sequence[str]) -> str:
    """The address at which a letter is answered instead of the supporter's own."""
    return f"{_token('r', letter, keys[0])}@{reply_domain}"


def named_in(text: str, keys: Sequence[str]) -> Iterator[Named]:
    """The letters that addresses of ours in a text name, marked by any of the keys or not at all.

    Servers on the way may have changed the case.
    """
    for found in _ADDRESS.finditer(text):
        purpose, letter, mark = found[1].lower(), found[2].lower(), (found[3] or "").lower()
        made = (_mark(purpose, letter, key) for key in keys)
        proven = any(hmac.compare_digest(mark, one) for one in made)
        yield Named(letter=letter, answers=purpose == "r", proven=proven)


def is_for_answers(address: str) -> bool:
    """True when an address has the form of one at which a letter is answered."""
    return any(one.answers for one in named_in(address, ()))


def letters_of(message_ids: str) -> Iterator[str]:
    """The letters that Message-IDs of ours in a header name."""
    return (found[1].lower() for found in _MESSAGE_ID.finditer(message_ids))


def _token(purpose: str, letter: str, key: str) -> str:
    return f"{purpose}-{letter}{_mark(purpose, letter, key)}"


def _mark(purpose: str, letter: str, key: str) -> str:
    """60 bits of an HMAC-SHA256 over the letter and what its address is for."""
    said = f"mailer {_PURPOSES[purpose]} address {letter}".encode()
    digest = hmac.digest(key.encode(), said, hashlib.sha256)
    number = int.from_bytes(digest[:8], "big")
    return "".join(_DIGITS[number >> (59 - 5 * place) & 31] for place in range(_MARK_LENGTH))
