"""Browsers that have signed in before: what they keep, and what they are called.

What one keeps lets nobody in. It gives its owner tries of their own at the password, so that
strangers who guess at their address elsewhere do not lock them out.
"""

from __future__ import annotations

import hashlib
import secrets

from flask import Response, current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer

from mailer import accounts
from mailer.accounts import Account
from mailer.limits import keyed
from mailer.limits.staff import Trial
from mailer.web.callers import caller
from mailer.web.services import services

KEPT = 180 * 86400  # seconds
_PURPOSE = "staff: a browser that has signed in"

_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
"""What names a browser or a system in what it says of itself; the first that fits."""


def trial(email: str) -> Trial:
    """Whoever tries to sign in with an address, from here."""
    address = accounts.normalised(email) or email.strip().casefold()[:200]
    return Trial(caller=caller(), account=address, browser=_known(address))


def remember(account: Account) -> None:
    """Let this browser be known again, from the end of this request on."""
    if not _known(account.email):
        g.remembered = _serializer().dumps([_keyed(account.email), secrets.token_hex(16)])


def keep(response: Response) -> None:
    """Send along what the browser is to keep."""
    if "remembered" in g:
        safe = not services().settings.development
        response.set_cookie(
            _name(), g.remembered, max_age=KEPT, secure=safe, httponly=True, samesite="Strict"
        )


def label() -> str:
    """What this browser may be known by in a list: "Firefox, Linux"; "" for none of the usual."""
    said = request.headers.get("User-Agent", "")[:500]
    found = (
        next((name for sign, name in names if sign in said), "") for names in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(name for name in found if name)


def _known(address: str) -> str:
    """What this browser keeps, if it has signed in with this address before."""
    try:
        kept = _serializer().loads(request.cookies.get(_name(), ""), max_age=KEPT)
    except BadData:
        return ""
    owner, own = kept
    return str(own) if owner == _keyed(address) else ""


def _keyed(address: str) -> str:
    store = services().store
    with store.read() as tx:
        return keyed("browser of", address, store.pepper(tx))


def _serializer() -> URLSafeTimedSerializer:
    keys = [*reversed(services().settings.secret_keys)]  # the newest, which signs, comes last
    digest = {"digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(keys, salt=_PURPOSE, signer_kwargs=digest)


def _name() -> str:
    development = current_app.extensions["mailer"].settings.development
    return "mailer-browser" if development else "__Host-mailer-browser"
