"""Style sheets and icons: their addresses carry their content, so that they may be kept a year."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from mailer.web import squeezed

FOLDER = Path(__file__).parent / "static"
LONG = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"
_TEXTS = frozenset({"text/css", "text/javascript", "image/svg+xml"})


def install(app: Flask) -> None:
    """Add the version to addresses of static files, and say how long they may be kept."""
    app.url_defaults(_add_version)
    app.after_request(_keep)


@cache
def version(filename: str) -> str:
    """Ten characters that change when the file does; "" when there is no such file."""
    try:
        return hashlib.sha256((FOLDER / filename).read_bytes()).hexdigest()[:10]
    except OSError:
        return ""


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static":
        values.setdefault("v", version(values["filename"]))


def _keep(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in {200, 304}:
        response.headers["Cache-Control"] = LONG if "v" in request.args else SHORT
        _squeeze(response)
    return response


def _squeeze(response: Response) -> None:
    """Make a whole text smaller for a browser that can read it so."""
    if response.mimetype not in _TEXTS:
        return
    response.vary.add("Accept-Encoding")
    accepted = request.headers.get("Accept-Encoding", "")
    if response.status_code == 200 and request.method == "GET" and squeezed.takes_gzip(accepted):
        response.direct_passthrough = False
        response.set_data(squeezed.file(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.pop("Accept-Ranges", None)
