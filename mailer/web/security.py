"""What guards every page: headers, who may post, which host is ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, request
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from mailer.config import Settings
from mailer.web.services import services

LARGEST_POST = 2_000_000  # bytes: 50,000 characters of any script, percent-encoded, with room
MOST_FIELDS = 500

_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self';"
    " connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_ANY_HOST = frozenset({"health.alive", "health.ready"})  # platforms ask these by address


def install(app: Flask, settings: Settings) -> None:
    """Guard every request and response of the application."""
    app.config.update(
        SECRET_KEY=settings.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.secret_keys[1:]),
        MAX_CONTENT_LENGTH=LARGEST_POST,
        MAX_FORM_MEMORY_SIZE=LARGEST_POST,
        MAX_FORM_PARTS=MOST_FIELDS,
        SESSION_COOKIE_NAME="__Host-mailer",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        behind = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
        app.wsgi_app = behind  # type: ignore[method-assign]  # the way Flask is wrapped
    app.before_request(_own_host)
    app.before_request(_own_form)
    app.after_request(_add_headers)


def keep_private() -> None:
    """Let nothing but the person's own screen keep this page."""
    g.kept = "no-store"


def keep_for_back() -> None:
    """Let nothing but this visit's Back button show this page again.

    Without a copy browsers answer Back with an error page, and what was typed looks lost.
    """
    g.kept = "private, no-cache"


def _own_host() -> AnyResponse | None:
    """Outside development the pages live at MAILER_BASE_URL alone; readers are led there."""
    settings = services().settings
    if settings.development or request.endpoint in _ANY_HOST:
        return None
    if request.host.lower() == urlsplit(settings.base_url).netloc.lower():
        return None
    if request.method in {"GET", "HEAD"}:
        return redirect(settings.base_url + request.full_path.rstrip("?"), 301)
    raise BadRequest


def _own_form() -> None:
    """Refuse a form that another site's page sent; browsers too old to say so are let through."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin", "")
    ours = {request.host_url.rstrip("/"), _origin(services().settings.public_url)}
    if site not in {"same-origin", "none"} or (origin and origin not in ours):
        raise Forbidden


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if services().settings.public_url.startswith("https:"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if "kept" in g:
        response.headers["Cache-Control"] = g.kept
        response.headers["X-Robots-Tag"] = "noindex"
    return response
