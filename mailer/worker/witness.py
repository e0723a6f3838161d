"""What proves later what is so today: where the audit stands, and which keys were ours."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from mailer import audit, proof
from mailer.audit import heads
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import MailerError

log = logging.getLogger("mailer.worker")


def endorsing(settings: Settings, store: Store) -> Callable[[], None]:
    """Lets the newest secret key sign for the older ones; see proof.keys."""
    keys = settings.secret_keys

    def endorse() -> None:
        if len(keys) < 2 or not proof.available():
            return
        with store.write() as tx:
            proof.endorse(tx, keys)

    return endorse


def noting(settings: Settings, store: Store) -> Callable[[], None]:
    """Notes the head of the audit, if it has moved since; without a key, nothing."""
    keys = (settings.with_development_key() if settings.development else settings).secret_keys
    file, last = heads.file_beside(settings.path(settings.journal)), [""]

    def note() -> None:
        with store.read() as tx:
            head = replace(audit.standing(tx), at=store.now(tx))
        if not keys or head.hash == last[0]:
            return
        try:
            heads.note(file, head, keys)
        except MailerError as error:
            log.error("%s", error)
            return
        last[0] = head.hash

    return note
