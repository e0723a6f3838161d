"""The mailbox for bounces, looked at beside the deliveries: a slow mail server delays no letter."""

from __future__ import annotations

import logging
import threading

from mailer.bounces import mailbox
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import MailerError
from mailer.events import mail
from mailer.outbox import Sender

log = logging.getLogger("mailer.worker")


class Fetching:
    """Looks into one mailbox, one look at a time, each in a thread of its own."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Raises SettingsError for an address that is none."""
        self._mailbox = mailbox.parse(settings.bounces) if settings.bounces else None
        self._store = store
        self._sender = Sender.of(settings)
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin a look, unless there is no mailbox or the last look goes on."""
        if self._mailbox is None or (self._thread is not None and self._thread.is_alive()):
            return
        self._thread = threading.Thread(target=self._look, args=(self._mailbox,), daemon=True)
        self._thread.start()

    def end(self, seconds: float) -> None:
        """Wait for the look that is under way; one that takes longer is done again later."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _look(self, at: mailbox.Mailbox) -> None:
        try:
            looked = mail.poll(self._store, at, self._sender)
        except MailerError as error:
            log.error("%s", error)
            return
        if looked.handled or looked.failed:
            log.info(
                "%d messages that came back are taken in, %d stay in their mailbox",
                looked.handled, looked.failed,
            )  # fmt: skip
