"""Work in a thread of its own, beside the deliveries: none of them waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from zoneinfo import ZoneInfo

from mailer import bulk
from mailer.campaigns.library import Library
from mailer.db import Store
from mailer.errors import MailerError
from mailer.sendlog import census, counting
from mailer.sendlog.named import named

log = logging.getLogger("mailer.worker")

BETWEEN_PARTS = 0.02  # seconds that a long act leaves to others between two of its parts


class Beside:
    """One piece of work that is begun again and again, never twice at a time."""

    def __init__(self, work: Callable[[threading.Event], None]) -> None:
        self._work = work
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin, unless what was begun last goes on."""
        if self._stop.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
        self._thread = threading.Thread(target=self._guarded, daemon=True)
        self._thread.start()

    def end(self, seconds: float) -> None:
        """Ask what is under way to stop, and wait for it so long."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def _guarded(self) -> None:
        try:
            self._work(self._stop)
        except MailerError as error:
            log.error("%s", error)


def counting_letters(
    store: Store, library: Library, zone: ZoneInfo
) -> Callable[[threading.Event], None]:
    """Keep the counts that nobody is to wait for; see sendlog.counting and sendlog.census."""

    def work(stop: threading.Event) -> None:
        own = named(library.current())
        counting.count_written(store, own, zone, stop)
        counting.count_districts_again(store, own, stop)
        counting.count_states(store, stop)
        census.count_people(store, stop)

    return work


def acting_on_many(store: Store, *, delivers: bool) -> Callable[[threading.Event], None]:
    """Do what staff have begun to do to many letters; see mailer.bulk."""

    def work(stop: threading.Event) -> None:
        while not stop.is_set() and bulk.step(store, delivers=delivers):
            stop.wait(BETWEEN_PARTS)

    return work
