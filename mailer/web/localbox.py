"""The local outbox: what the maildir transport kept, for eyes at this very machine.

Everything shown was typed by somebody: it is escaped here, and the HTML of a message stands in a
frame that may run nothing and load nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from mailer.i18n import LANGUAGES
from mailer.message import read
from mailer.message.read import Shown
from mailer.transports.maildir import Box, MaildirTransport
from mailer.web.loopback import is_local
from mailer.web.services import services

blueprint = Blueprint("localbox", __name__, url_prefix="/outbox")

PAGE = 50  # messages on one page
LARGEST_SHOWN = 400_000  # characters of one message's source: a browser must stay usable
FRAME = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
"""What a message's HTML may do: look like something. No script, no form, no image from anywhere."""
AROUND_FRAME = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The policy of the page that holds the frame: as everywhere, and one frame of our own."""

_YEAR_3000 = 32_503_680_000.0  # seconds since 1970
_NO_FILE_NAME = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One message in the list."""

    name: str
    to: str
    sender: str
    subject: str
    seconds: float | None  # of its Date header; None when that cannot be read


@blueprint.before_request
def guard() -> None:
    """Be there only in development, for somebody at this machine, while letters are kept here."""
    if not is_open():
        abort(404)


def is_open() -> bool:
    """True when this request may see the local outbox.

    A proxy that passes on neither the Host nor a word of itself looks like somebody at this
    machine: where the pages have an address that others reach, nobody is let in.
    """
    return services().settings.development and _box() is not None and is_local(request)


@blueprint.after_request
def keep_nothing(response: Response) -> Response:
    """Forbid every cache and index to keep a letter."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/")
def messages() -> ResponseReturnValue:
    """List what is kept, newest first."""
    box = _box_or_404()
    names = box.names()
    start = request.args.get("from", 0, type=int)
    start = start if 0 <= start < len(names) else 0
    return render_template(
        "pages/outbox.html",
        lines=tuple(_lines(box, names[start : start + PAGE])),
        total=len(names),
        start=start,
        size=PAGE,
        languages=LANGUAGES,
    )


@blueprint.get("/<name>/")
def message(name: str) -> ResponseReturnValue:
    """Show one message: its headers, text, HTML and source."""
    data = _message(name)
    shown, source = read.parts(data), data.decode("utf-8", "replace")
    page = render_template(
        "pages/outbox_message.html",
        name=name,
        shown=shown,
        seconds=_seconds(shown),
        source=source[:LARGEST_SHOWN],
        cut=len(source) > LARGEST_SHOWN,
        size=len(data),
        languages=LANGUAGES,
    )
    return page, {"Content-Security-Policy": AROUND_FRAME}


@blueprint.get("/<name>/html")
def message_html(name: str) -> ResponseReturnValue:
    """The HTML of a message, caged by its own policy even when opened outside its frame."""
    html = read.parts(_message(name)).html
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.get("/<name>/message.eml")
def message_file(name: str) -> ResponseReturnValue:
    """The message's bytes, to keep or to open with a mail program."""
    response = Response(_message(name), mimetype="message/rfc822")
    file = _NO_FILE_NAME.sub("-", name).strip(".-") or "message"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}.eml"'
    return response


def _box() -> Box | None:
    """The Maildir of the first maildir transport, or None when there is none."""
    ways = services().transports
    return next((Box(way.path) for way in ways if isinstance(way, MaildirTransport)), None)


def _box_or_404() -> Box:
    return _box() or abort(404)


def _message(name: str) -> bytes:
    try:
        return _box_or_404().read(name)
    except KeyError:
        abort(404)


def _lines(box: Box, names: list[str]) -> Iterator[Line]:
    for name in names:
        try:
            shown = read.parts(box.read(name))
        except KeyError:
            continue  # taken away since the list was made
        yield Line(
            name=name,
            to=shown.header("To"),
            sender=shown.header("From"),
            subject=shown.header("Subject"),
            seconds=_seconds(shown),
        )


def _seconds(shown: Shown) -> float | None:
    """The moment of the Date header; None when it is missing, no date, or of no year of ours."""
    try:
        seconds = parsedate_to_datetime(shown.header("Date")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < _YEAR_3000 else None
