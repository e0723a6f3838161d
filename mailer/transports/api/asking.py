"""What comes of asking a provider to send some letters: a verdict for each, whatever happens.

What asks and pauses is told from outside.
"""

from __future__ import annotations

import base64
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from mailer.config import secrets
from mailer.errors import Next, SendError
from mailer.transports.api.base import Provider, Reply, Request, Verdict
from mailer.transports.base import Parcel

log = logging.getLogger("mailer.transports")

PAUSES = (0.5, 2.0, 5.0)  # seconds before a request that left doubt is asked again, if it may be
DOUBTFUL = {409, 500, 502, 504}  # the first: the same request is still being worked on

_PROOFS = frozenset({"authorization", "api-key", "x-postmark-server-token"})
"""The headers that prove whose account it is."""

_WORDS = re.compile(r"[^\s,/=]{6,}=*")
_NO_SECRETS = frozenset({"Bearer", "AWS4-HMAC-SHA256", "Credential", "SignedHeaders", "Signature"})


class Asks(Protocol):
    """Whoever asks for us."""

    def ask(self, request: Request) -> Reply:
        """The reply, whatever its status; raises SendError."""
        ...

    def pause(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...


def carry(
    provider: Provider, parcels: Sequence[Parcel], last: float, line: Asks
) -> list[Verdict]:  # fmt: skip
    """Have these letters sent. `last` is the moment by time.monotonic() after which no request
    is begun any more."""
    try:
        return _carry(provider, parcels, last, line)
    except Exception:  # nobody knows how far it came: that is what uncertain is for
        log.exception("no answer could be read")
        doubt = SendError("the answer could not be read", maybe_accepted=True)
        return [doubt] * len(parcels)


def ask(request: Request, last: float, line: Asks) -> Reply:
    """Ask, and ask again after doubt where a key makes that harmless; raises SendError.

    A reply that leaves doubt is asked again, too. What is refused does not quote our key.
    """
    reply = _ask(request, last, line)
    return reply if reply.status < 400 else without_keys(reply, request)


def without_keys(reply: Reply, request: Request) -> Reply:
    """A reply without what the request proved itself with: what it says is kept and shown."""
    shown = [value for name, value in request.headers.items() if name.lower() in _PROOFS]
    parts = {part for value in shown for part in (value, *_WORDS.findall(value))}
    for part in [*parts]:
        try:
            parts |= set(base64.b64decode(part, validate=True).decode("ascii").split(":"))
        except ValueError:  # no Basic authorization (RFC 7617)
            continue
    hidden = [one.encode() for one in secrets.with_coded(parts - _NO_SECRETS)]
    body = reply.body
    for one in hidden:
        body = body.replace(one, secrets.STANDS_FOR.encode())
    return replace(reply, body=body)


def _ask(request: Request, last: float, line: Asks) -> Reply:
    for pause in PAUSES if request.again else ():
        try:
            reply = line.ask(request)
        except SendError as error:
            if not error.maybe_accepted or time.monotonic() + pause > last:
                raise
        else:
            if reply.status not in DOUBTFUL or time.monotonic() + pause > last:
                return reply
        line.pause(pause)
    return line.ask(request)


def _carry(
    provider: Provider, parcels: Sequence[Parcel], last: float, line: Asks
) -> list[Verdict]:  # fmt: skip
    if time.monotonic() > last:  # its other half was refused slowly; nothing of this one was sent
        return [SendError("there was no time left for it", Next.RETRY)] * len(parcels)
    try:
        request = provider.ask(parcels)
    except SendError as error:
        return _apart(provider, parcels, last, error, line)
    except Exception:  # a fault of ours with one letter must not stop the others
        log.exception("letters could not be said in a request")
        ours = SendError("the mailer could not prepare it; see its log")
        return _apart(provider, parcels, last, ours, line)
    try:
        return list(provider.read(parcels, ask(request, last, line)))
    except SendError as error:
        if error.then is not Next.FAIL or error.maybe_accepted:
            return [error] * len(parcels)
        return _apart(provider, parcels, last, error, line)


def _apart(
    provider: Provider, parcels: Sequence[Parcel], last: float, error: SendError, line: Asks
) -> list[Verdict]:  # fmt: skip
    """One letter spoils a batch: each half for itself, until it stands alone."""
    if len(parcels) < 2:
        return [error] * len(parcels)
    middle = len(parcels) // 2
    found: list[Verdict] = []
    for half in (parcels[:middle], parcels[middle:]):
        found += _carry(provider, half, last, line)
    return found
