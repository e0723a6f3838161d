"""Private links to campaigns that are not shown yet: signed, and open for some days."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer

DAYS = 30
"""Days for which a link is open, unless its maker says otherwise."""

MOST_DAYS = 180

_SALT = "mailer.draft"
_DAY = 86400


@dataclass(frozen=True, kw_only=True)
class DraftLink:
    """What a link that we signed says."""

    slug: str
    ends_at: float
    over: bool


def link(url: str, keys: Sequence[str], slug: str, *, now: float, days: int = DAYS) -> str:
    """The address at which whoever has it sees a campaign; `url` is that of the pages.

    The first of `keys` signs. A key taken out of the settings closes all links signed with it.
    No two links are alike, so that one can be closed and the others stay open.
    """
    token = _serializer(keys).dumps([slug, int(now) + days * _DAY, secrets.token_urlsafe(6)])
    text = token if isinstance(token, str) else token.decode("ascii")
    return f"{url}/{slug}/draft/{text}"


def read(keys: Sequence[str], slug: str, token: str, now: float) -> DraftLink | None:
    """What a link to a campaign says; None for one that none of the keys signed for it."""
    try:
        signed, ends, *_ = _serializer(keys).loads(token)
    except (BadData, TypeError, ValueError):
        return None
    if signed != slug:
        return None
    return DraftLink(slug=slug, ends_at=float(ends), over=now >= ends)


def token_of(address: str, slug: str) -> str:
    """The last part of a link to a campaign, however much of it was copied; "" when it is none."""
    found = re.search(rf"(?:^|/){re.escape(slug)}/draft/([\w.-]+)", address.strip())
    return found[1] if found else ""


def _serializer(keys: Sequence[str]) -> URLSafeSerializer:
    """Signs with the last of the keys it is given, and accepts them all."""
    signing = {"digest_method": hashlib.sha256}
    return URLSafeSerializer(list(reversed(keys)), salt=_SALT, signer_kwargs=signing)
