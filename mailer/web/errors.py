"""The pages for what went wrong: what happened, what is safe, and where to go on."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadHost, HTTPException, InternalServerError, MethodNotAllowed

from mailer.errors import OverLimit, StoreError
from mailer.i18n import LANGUAGES
from mailer.web import security, shown
from mailer.web.fields import BODY, FIELDS
from mailer.web.i18n import gettext, mark
from mailer.web.shown import Open

# What happened, and what helps.
_WORDS: dict[int, tuple[str, str]] = {
    400: (
        mark("This request cannot be read"),
        mark("Go back, reload the page and try again."),
    ),
    403: (
        mark("This form was not sent from our own page"),
        mark(
            "To protect you, a letter can only be sent from the page it was written on. Go back,"
            " reload that page and send it again. What you typed is still there."
        ),
    ),
    404: (
        mark("There is no page here"),
        mark("The address may be mistyped, or the page may have been taken down."),
    ),
    405: (
        mark("This page opens from the form"),
        mark("Nothing was lost or sent. Start from the campaign's page."),
    ),
    413: (
        mark("That is more text than one letter can hold"),
        mark(
            "Nothing was sent. Go back: what you typed is still there. Shorten your own words"
            " and send them again."
        ),
    ),
    429: (
        mark("One moment"),
        mark("Too much came from here at once. Nothing was lost: wait a minute, then try again."),
    ),
    500: (
        mark("Something went wrong here, not with you"),
        mark(
            "The people who run these pages can see it in their log. Go back and try again in a"
            " minute: what you typed is still there. A letter sent twice arrives only once."
        ),
    ),
    503: (
        mark("The letters cannot be reached at the moment"),
        mark("Nothing you typed was lost: go back and try again in a minute."),
    ),
}
_IN_PART = mark(
    "Part of the address may be missing: it is longer than one line in some mail programs."
)
_NO_RECEIPT = (mark("There is no receipt at this address"), _IN_PART)
_NO_LINK = (
    mark("This link leads nowhere"),
    mark(
        "What it was for may have been erased. Or part of the address is missing: it is longer than"
        " one line in some mail programs."
    ),
)
_MAILED = ("/confirm/", "/data/", "/erase/", "/unsubscribe/")
_OTHER = (mark("This did not work"), mark("Go back and try again."))


def install(app: Flask) -> None:
    """Answer every error with a page in the site's own look."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StoreError, _store)
    app.register_error_handler(OverLimit, _too_often)
    app.after_request(_lead_on)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400 or (error.response and not error.description):
        return error.get_response()
    if isinstance(error, BadHost):  # a host that is none: no page of ours has an address there
        words = " ".join(map(gettext, _WORDS[400]))
        return words, 400, {"Content-Type": "text/plain; charset=utf-8"}
    if isinstance(error, InternalServerError):
        return _page(500)
    if isinstance(error, MethodNotAllowed):  # RFC 9110, section 15.5.6
        used = sorted({*(error.valid_methods or ())} - {"OPTIONS"})
        return *_page(405), {"Allow": ", ".join(used)}
    return _page(error.code)


def _lead_on(response: Response) -> Response:
    """Say when to come back, and where to go on.

    Flask adds a missing slash on the host that a request names: leave that host out.
    """
    if response.status_code == 503:
        response.headers.setdefault("Retry-After", "60")
    if response.status_code == 308:
        path = urlsplit(response.location or "/")._replace(scheme="", netloc="").geturl()
        response.location = f"/{path.lstrip('/')}"
    return response


def _too_often(error: OverLimit) -> tuple[str, int]:
    security.later(error)
    return _page(429)


def _store(error: StoreError) -> tuple[str, int]:
    current_app.logger.error("%s %s: %s", request.method, request.endpoint, error)
    return _page(503)


def _page(status: int) -> tuple[str, int]:
    receipt = status == 404 and request.path.startswith("/receipt/")
    mailed = status == 404 and request.path.startswith(_MAILED)
    words = _NO_RECEIPT if receipt else _NO_LINK if mailed else _WORDS.get(status, _OTHER)
    title, text = words
    page = render_template(
        "pages/error.html",
        heading=gettext(title),
        text=gettext(text),
        find=receipt,
        campaigns=_open_campaigns() if status in {404, 405} else (),
        typed=_typed() if status in {429, 503} else {},
        languages=LANGUAGES if status == 404 and request.method == "GET" else (),
    )
    return page, status


def _typed() -> dict[str, str]:
    """What a supporter's form holds, by the label of the field."""
    if request.blueprint not in {"public", "finding"}:
        return {}
    try:
        found = {one.label: request.form.get(name, "") for name, one in FIELDS.items()}
        found[BODY.label] = "\n\n".join(request.form.getlist(BODY.name))
    except HTTPException:  # a body too large to read
        return {}
    return {label: text for label, text in found.items() if text.strip()}


def _open_campaigns() -> tuple[Open, ...]:
    """What else there is to read; nothing when even that cannot be found out."""
    try:
        return shown.open_campaigns()
    except StoreError:
        return ()
