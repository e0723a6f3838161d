"""Links that were mailed to erase everything of a mailbox: signed for this alone, for a day."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer

LIFE = 86400.0
"""Seconds for which such a link is open."""

PLACE = "/erase/"
"""What the path of such a link begins with."""

_SALT = "mailer.erase"
_SIGNED = re.compile(r"([0-9a-f]{40})-(\d{1,12})")


@dataclass(frozen=True, kw_only=True)
class EraseLink:
    """What a link that we signed says."""

    mailbox: str  # a keyed hash
    over: bool


def link(url: str, keys: Sequence[str], mailbox: str, now: float) -> str:
    """The address at which the owner of a mailbox (a keyed hash) erases all that is theirs.

    `url` is that of the pages; the first of `keys` signs.
    """
    signed = _signer(keys).sign(f"{mailbox}-{int(now + LIFE)}").decode("ascii")
    return f"{url}{PLACE}{signed}"


def read(keys: Sequence[str], token: str, now: float) -> EraseLink | None:
    """What a link says; None for a token that none of the keys signed for this."""
    try:
        value = _signer(keys).unsign(token).decode("ascii")
    except BadSignature:
        return None
    found = _SIGNED.fullmatch(value)
    return found and EraseLink(mailbox=found[1], over=now >= int(found[2]))


def _signer(keys: Sequence[str]) -> Signer:
    """Signs with the first key and accepts them all, so that keys can be changed in use."""
    return Signer(list(reversed(keys)), salt=_SALT, digest_method=hashlib.sha256)
