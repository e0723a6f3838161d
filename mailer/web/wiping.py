"""Erasing from a page: noted in the journal, and taken from the local outbox as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import abort, current_app

from mailer.errors import MailerError, StoreError
from mailer.submissions.erasing import Erased
from mailer.transports import maildir
from mailer.web.services import services


def wipe(erase: Callable[[Path], Erased | None]) -> None:
    """Do what `erase` does, given the journal's file; 503 when that cannot be written."""
    serving = services()
    try:
        erased = erase(serving.settings.path(serving.settings.journal))
    except StoreError:
        raise
    except MailerError as error:
        current_app.logger.error("nothing was erased: %s", error)
        abort(503)
    if erased is not None:
        maildir.remove(serving.transports, erased.letters)
