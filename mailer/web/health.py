"""For machines that watch: alive, and ready to serve."""

from __future__ import annotations

from flask import Blueprint, Response

from mailer.errors import StoreError
from mailer.web.services import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """200 while the process answers, whatever else is broken."""
    return _say("alive", 200)


@blueprint.get("/readyz")
def ready() -> Response:
    """200 when the database is there, at this program's version; 503 otherwise."""
    try:
        services().store.check_version()
    except StoreError:
        return _say("the database is not ready", 503)
    return _say("ready", 200)


def _say(text: str, status: int) -> Response:
    response = Response(f"{text}\n", status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
