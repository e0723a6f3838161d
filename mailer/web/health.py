"""For machines that watch: alive, and ready to serve; if not, why not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from flask import Blueprint, Response

from mailer.db import schema
from mailer.errors import MailerError, StoreError
from mailer.problems import Severity
from mailer.sendlog import pulse
from mailer.web.services import Services, services

blueprint = Blueprint("health", __name__)

SILENT = 120.0
"""Seconds after which a worker that was not heard is missed."""

LEAST_FREE = 50_000_000
"""Bytes below which a disk counts as full: what is written next may not fit."""


@blueprint.get("/healthz")
def alive() -> Response:
    """200 while the process answers, whatever else is broken."""
    return _say("alive", 200)


@blueprint.get("/readyz")
def ready() -> Response:
    """200 when all that letters need is there; else 503 and the reasons, a line for each.

    Nothing in them is a secret: no address, no path, no word of a server.
    """
    reasons = [*reasons_against(services())]
    return _say("\n".join(reasons), 503) if reasons else _say("ready", 200)


def reasons_against(work: Services) -> Iterator[str]:
    """Why letters cannot be taken or sent at the moment, in plain words."""
    yield from _database(work)
    yield from _files(work)
    for folder in {work.settings.home, work.settings.var}:
        try:
            free = shutil.disk_usage(folder).free
        except OSError:
            continue
        if free < LEAST_FREE:
            yield f"the disk is full: {free // 1_000_000} MB are left"
            return


def _database(work: Services) -> Iterator[str]:
    try:
        found = work.store.version()
        if found != schema.VERSION:
            state = f"at version {found}" if found else "empty"
            yield (
                f"the database is {state}, this program needs version {schema.VERSION}:"
                " run `mailer db upgrade`"
            )
            return
        with work.store.read() as tx:
            heard, now = pulse.heard(tx), work.store.now(tx)
    except StoreError:
        yield "the database cannot be reached"
        return
    if heard is None:
        yield "no worker has been heard yet: start `mailer worker`"
    elif now - heard > SILENT:
        yield f"no worker has been heard for {now - heard:.0f} seconds: is `mailer worker` running?"


def _files(work: Services) -> Iterator[str]:
    try:
        content = work.library.current()
    except MailerError:
        yield "the campaign's files cannot be read: run `mailer check`"
        return
    broken = any(one.severity is Severity.ERROR for one in content.problems)
    if broken and not content.campaigns:
        yield "the campaign's files have errors, and there is no good version: run `mailer check`"


def _say(text: str, status: int) -> Response:
    response = Response(f"{text}\n", status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
