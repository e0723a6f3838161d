"""What one submission shows by itself: a link for a name, a disposable address."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from mailer import addresses
from mailer.campaigns.values import Supporter
from mailer.review import scripts

LINK = "a link where a name belongs"
THROWAWAY = "an address to be thrown away"
OFFICIAL = "an official's own address"
BAITED = "a field that people cannot see was filled in"
CROWD = "many from one network"
MIXED = "letters of several alphabets that look alike"
WORD = "a word that the campaign holds"
"""Why letters are held: said in the log, and in other words on the receipt."""

_ENDINGS = "app|biz|ca|club|co|com|fr|icu|info|io|link|live|net|online|org|ru|shop|site|top|uk|xyz"
_HOST = r"\b[a-z0-9-]{2,63}"
_LINK = re.compile(
    rf"://|\bwww\.|@\w|{_HOST}\.(?:{_ENDINGS})\b(?!\.\s*[a-z])|{_HOST}\.[a-z]{{2,24}}/\w",
    re.IGNORECASE,
)


def sign(who: Supporter, officials: Iterable[str]) -> str:
    """Why staff should look at what somebody sends, or "".

    `officials` are the addresses of all who may be written to.
    """
    lines = (who.name, who.affiliation, who.district, who.address, who.postal_code)
    if any(map(_holds_link, lines)):
        return LINK
    domain = addresses.domain(who.email)
    if is_thrown_away(domain):
        return THROWAWAY
    if any(map(scripts.are_mixed, (who.name, who.affiliation))) or scripts.is_imitation(domain):
        return MIXED
    return OFFICIAL if _is_one_of(who.email, officials) else ""


def is_thrown_away(domain: str) -> bool:
    """True for a domain whose mailboxes anybody can open for some minutes, or one below it."""
    parts = domain.split(".")
    return any(".".join(parts[at:]) in _thrown_away() for at in range(len(parts) - 1))


def _holds_link(text: str) -> bool:
    # Wide signs ("https:／／") are drawn like the plain ones; NFKC makes them plain.
    return _LINK.search(unicodedata.normalize("NFKC", text)) is not None


def _is_one_of(email: str, officials: Iterable[str]) -> bool:
    # The coarser form, for an office's server may know +tags: somebody only looks.
    mine = addresses.limit_key(email)
    ending = mine[mine.rindex("@") :]
    # Reading an address takes longer than this; of thousands hardly any is of the same domain.
    near = (one for one in officials if one.lower().endswith(ending))
    return any(addresses.limit_key(one) == mine for one in near)


@cache
def _thrown_away() -> frozenset[str]:
    lines = Path(__file__).with_name("thrown_away.txt").read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
