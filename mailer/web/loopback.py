"""Whether a request can only come from a person at this very machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request

from mailer.config import is_loopback

_FORWARDED = ("Forwarded", "X-Real-Ip", "Via")


def is_local(request: Request) -> bool:
    """True for a loopback peer that asked for a loopback host, with no proxy between.

    The Host is judged too: a page elsewhere can make a browser here ask us under its own name
    (DNS rebinding), and a tunnel or proxy on this machine is a loopback peer for everybody.
    """
    if any(name in request.headers for name in _FORWARDED):
        return False
    if any(name.lower().startswith("x-forwarded") for name, _ in request.headers):
        return False
    return is_loopback(request.remote_addr or "") and is_loopback(_host(request))


def _host(request: Request) -> str:
    """The host's name without its port; "" when the header is no host at all."""
    try:
        return urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
    except ValueError:
        return ""
