"""Webhooks that are not signed, but show a secret that was put into their address or headers."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import suppress

from mailer.transports.api import calls
from mailer.transports.api.base import Call, Forged

HEADER = "x-mailer-hook"


def check(call: Call, keys: Sequence[str]) -> None:
    """Raise Forged unless the call shows one of the keys.

    A key is `user:password` of a URL, or a token: of `Authorization: Bearer`, or of a header of
    its own, X-Mailer-Hook.
    """
    shown = list(_shown(call))
    # All are compared, so that the time tells nothing of which one fits.
    fits = [calls.same(one, key) for one in shown for key in keys]
    if not any(fits):
        raise Forged("it does not show our secret" if shown else "it shows no secret")


def _shown(call: Call) -> Iterator[bytes]:
    """All secrets that a call shows."""
    scheme, _, given = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield given.strip().encode("utf-8", "surrogatepass")
    if scheme.lower() == "basic":
        with suppress(ValueError):  # not base64
            yield base64.b64decode(given.strip(), validate=True)
    if HEADER in call.headers:
        yield call.headers[HEADER].encode("utf-8", "surrogatepass")
