"""Links that were mailed to speak for a mailbox: signed for one purpose each, for a day."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer

LIFE = 86400.0
"""Seconds for which such a link is open."""

_SIGNED = re.compile(r"([0-9a-f]{40})-(\d{1,12})")


@dataclass(frozen=True, kw_only=True)
class DayLink:
    """What a link that we signed says."""

    mailbox: str  # a keyed hash
    over: bool


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """What links of one kind are for; no link of another kind can take their place."""

    place: str  # what the path of such a link begins with
    salt: str

    def link(self, url: str, keys: Sequence[str], mailbox: str, now: float) -> str:
        """The address that speaks for a mailbox (a keyed hash).

        `url` is that of the pages; the first of `keys` signs.
        """
        signed = self._signer(keys).sign(f"{mailbox}-{int(now + LIFE)}").decode("ascii")
        return f"{url}{self.place}{signed}"

    def read(self, keys: Sequence[str], token: str, now: float) -> DayLink | None:
        """What a link says; None for a token that none of the keys signed for this."""
        try:
            value = self._signer(keys).unsign(token).decode("ascii")
        except BadSignature:
            return None
        found = _SIGNED.fullmatch(value)
        return found and DayLink(mailbox=found[1], over=now >= int(found[2]))

    def _signer(self, keys: Sequence[str]) -> Signer:
        """Signs with the first key and accepts them all, so that keys can be changed in use."""
        return Signer(list(reversed(keys)), salt=self.salt, digest_method=hashlib.sha256)
