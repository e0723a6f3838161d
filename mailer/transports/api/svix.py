"""Calls signed by Svix: HMAC-SHA256 over an id, a time and the body.

https://docs.svix.com/receiving/verifying-payloads/how-manual
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from mailer.errors import SettingsError
from mailer.transports.api import calls
from mailer.transports.api.base import Call, Forged

ID, TIMESTAMP, SIGNATURE = "svix-id", "svix-timestamp", "svix-signature"


def check(call: Call, keys: Sequence[str], now: float) -> None:
    """Raise Forged unless one of the whsec_ keys proves the call, and it is of these minutes.

    Raises SettingsError when a key is none.
    """
    sent, stamp, given = (call.headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not (sent and stamp and given):
        raise Forged("it is not signed")
    signed = f"{sent}.{stamp}.".encode("utf-8", "surrogateescape") + call.body
    proofs = [proof(key, signed) for key in keys]
    shown = [one[3:] for one in given.split(" ") if one.startswith("v1,")]
    # All are compared, so that the time tells nothing of which one fits.
    fits = [calls.same(one, each) for one in shown for each in proofs]
    if not any(fits):
        raise Forged("its signature is not made with our key")
    calls.check_fresh(stamp, now)


def proof(key: str, signed: bytes) -> str:
    """The signature that a key makes; raises SettingsError when it is no key."""
    try:
        secret = base64.b64decode(key.removeprefix("whsec_"), validate=True)
    except ValueError:
        secret = b""
    if not secret:
        raise SettingsError("MAILER_HOOK_RESEND: a key begins with whsec_ and goes on in base64")
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode("ascii")
