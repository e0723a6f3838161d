"""Around every request: an id that its lines and its answer carry, its time, and a line of its own.

The line names the kind of page and never its address: an address may hold somebody's token.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from mailer import logs
from mailer.web.timing import Timings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger("mailer.requests")

HEADER = "X-Request-ID"
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
_PAGE, _KIND = "mailer.page_rule", "mailer.page_kind"  # among a request's values
_KEPT = ("/<slug>/", "public")  # what is answered before Flask begins
_QUIET = frozenset({"health"})  # asked every few seconds by machines: no line for each

Wsgi = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]


def install(app: Flask, timings: Timings, *, proxied: bool) -> None:
    """Watch all requests of the application; the last thing to be installed.

    `proxied` says that a proxy stands before us, whose ids are kept; a visitor's could name them.
    """
    kinds = kinds_of(app)
    app.url_value_preprocessor(_note)
    app.wsgi_app = _Watched(app.wsgi_app, kinds, timings, proxied=proxied)  # type: ignore[method-assign]
    # the way in which Flask is wrapped


def kinds_of(app: Flask) -> tuple[str, ...]:
    """The kinds of pages that are told apart, the first for all others."""
    return ("other", *sorted(app.blueprints))


def _note(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    rule = request.url_rule
    request.environ[_PAGE] = rule.rule if rule else ""
    request.environ[_KIND] = request.blueprint or "other"


class _Watched:
    """An application whose requests are watched."""

    def __init__(
        self, inner: Wsgi, kinds: tuple[str, ...], timings: Timings, *, proxied: bool
    ) -> None:
        self.inner = inner
        self._proxied = proxied
        self._kinds = {kind: number for number, kind in enumerate(kinds)}
        self._timings = timings

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID", "") if self._proxied else ""
        own = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
        token = logs.request_id.set(own)
        began, answered = time.perf_counter(), 500

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            nonlocal answered
            answered = int(status[:3])
            return start_response(status, [*headers, (HEADER, own)], *more)

        try:
            return self.inner(environ, start)
        finally:
            self._tell(environ, answered, time.perf_counter() - began)
            logs.request_id.reset(token)

    def _tell(self, environ: WSGIEnvironment, status: int, seconds: float) -> None:
        page, kind = environ.get(_PAGE, _KEPT[0]), environ.get(_KIND, _KEPT[1])
        self._timings.count(self._kinds.get(kind, 0), status // 100, seconds)
        if kind not in _QUIET:
            method = environ["REQUEST_METHOD"]
            known = method if method in {"GET", "HEAD", "POST"} else "other"
            more = {"method": known, "page": page or "none", "status": status,
                    "ms": round(1000 * seconds, 1)}  # fmt: skip
            log.info("request", extra=more)
