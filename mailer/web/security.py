"""What guards every page: its headers, and who may post to it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from flask import Flask, Response, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import Forbidden, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix

from mailer.config import Settings, origin
from mailer.errors import OverLimit
from mailer.web.i18n import gettext, mark
from mailer.web.services import services

LARGEST_POST = 2_000_000  # bytes: 50,000 characters of any script, percent-encoded, with room
MOST_FIELDS = 5_000  # more than twice the officials of the greatest campaign that lets one choose

SOONEST = 5  # seconds after which somebody is told to come back, at the least

_IN_A_MINUTE = mark(
    "Too much came from here at once, so nothing was taken yet. What you typed is still here:"
    " press the button again in a minute."
)
_IN_MINUTES = mark(
    "Too much came from here at once, so nothing was taken yet. What you typed is still here:"
    " press the button again in about %(minutes)s minutes."
)

# A provider's call is proven by its signature, and so is the link of a mail: whose program may
# post for its reader, from wherever it runs (RFC 8058).
_PROVEN = frozenset({"hooks", "unsubscribe"})

_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self';"
    " connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none';"
    " form-action 'self'; report-uri /look/blocked; frame-ancestors "
)
RULES = frozenset(rule.split()[0] for rule in _CSP.split(";") if rule.strip())
"""The names of what the policy rules."""

_HEADERS = {
    "Content-Security-Policy": f"{_CSP}'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def install(app: Flask, settings: Settings) -> None:
    """Guard every request and response of the application."""
    app.config.update(
        SECRET_KEY=settings.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.secret_keys[1:]),
        # The newest, which signs, comes last: a form that was open when keys changed is taken.
        WTF_CSRF_SECRET_KEY=[*reversed(settings.secret_keys)],
        MAX_CONTENT_LENGTH=LARGEST_POST,
        MAX_FORM_MEMORY_SIZE=LARGEST_POST,
        MAX_FORM_PARTS=MOST_FIELDS,
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        behind = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)
        app.wsgi_app = behind  # type: ignore[method-assign]  # the way Flask is wrapped
    app.session_interface = _Sessions()
    app.before_request(_used_method)
    app.before_request(_own_form)
    app.before_request(_few_fields)
    app.after_request(_add_headers)


class _Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie, by SHA-256 where Flask takes SHA-1."""

    digest_method = staticmethod(hashlib.sha256)


def keep_private() -> None:
    """Let nothing but the person's own screen keep this page."""
    g.kept, g.unlisted = "no-store", True


def keep_for_back() -> None:
    """Let nothing but this visit's Back button show this page again.

    Without a copy browsers answer Back with an error page, and what was typed looks lost.
    """
    keep_own()
    g.unlisted = True


def keep_own() -> None:
    """Let no cache that visitors share keep this page: its form holds an id of its own."""
    g.kept = "private, no-cache"


def later(error: OverLimit) -> str:
    """What to say to somebody who asks too often; the answer says when it works again, too."""
    seconds = max(SOONEST, math.ceil(error.after))
    g.after = str(seconds)
    current_app.logger.warning("%s %s: too often", request.method, request.endpoint)
    minutes = math.ceil(seconds / 60)
    if minutes <= 1:
        return gettext(_IN_A_MINUTE)
    return gettext(_IN_MINUTES, minutes=minutes)


def let_frame(origins: Sequence[str]) -> None:
    """Let the pages of these sites, and no others, show this page in a frame."""
    g.framers = origins


def _used_method() -> None:
    """Refuse OPTIONS, which Flask answers by itself: nothing here is for pages of other sites."""
    if request.method == "OPTIONS" and request.url_rule is not None:
        known = current_app.url_map.bind_to_environ(request.environ).allowed_methods()
        raise MethodNotAllowed([method for method in known if method != "OPTIONS"])


def _own_form() -> None:
    """Refuse a form that another site's page sent; browsers too old to say so are let through."""
    if request.method in {"GET", "HEAD", "OPTIONS"} or request.blueprint in _PROVEN:
        return
    site = request.headers.get("Sec-Fetch-Site", "none")
    sender = request.headers.get("Origin", "")
    if site not in {"same-origin", "none"} or (sender and not _is_ours(sender)):
        current_app.logger.warning("%s: a form of another site was refused", request.endpoint)
        raise Forbidden


def _few_fields() -> None:
    """Refuse more fields than any form has; Werkzeug counts those of multipart forms alone."""
    if request.blueprint in _PROVEN or not request.mimetype.endswith("form-urlencoded"):
        return
    if sum(map(len, request.form.listvalues())) > MOST_FIELDS:
        raise RequestEntityTooLarge


def _is_ours(sender: str) -> bool:
    """Whether it is the site of our settings, or the one that this request was made to."""
    ours = {_origin(request.host_url), _origin(services().settings.public_url)} - {""}
    return _origin(sender) in ours


def _origin(url: str) -> str:
    """The site of an address as browsers write it; "" where it is none."""
    try:
        return origin(url)
    except ValueError:
        return ""


def _add_headers(response: Response) -> Response:
    if "framers" in g:
        response.headers["Content-Security-Policy"] = _CSP + " ".join(g.framers)
        # Else a page that isolates itself (COEP) could not frame it, whatever the line above says.
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if "framers" in g:
        del response.headers["X-Frame-Options"]
    if services().settings.public_url.startswith("https:"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if "after" in g:
        response.headers["Retry-After"] = g.after
    if "kept" in g:
        response.headers["Cache-Control"] = g.kept
    elif response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-store")
    if "unlisted" in g:
        response.headers["X-Robots-Tag"] = "noindex"
    return response
