"""What is worth a number only, such as calls that were refused: however many come, few writes."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from mailer import events
from mailer.db import Store
from mailer.errors import StoreError

log = logging.getLogger("mailer.web")

EVERY = 1.0  # seconds between two writes of one process, at least
AGAIN = 10.0  # seconds until the next attempt, while the database is away


def _nothing() -> None:
    """What is left to do at a stop when nothing waits."""


@dataclass(kw_only=True)
class Counting:
    """Counts of one process, written at once, then at most every second, and when it stops."""

    every: float = EVERY  # seconds between two writes
    _waiting: Counter[str] = field(default_factory=Counter)
    _written_at: float = float("-inf")  # time.monotonic()
    _timer: threading.Timer | None = None
    _last: Callable[[], None] = _nothing  # what a stop would call
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, store: Store, name: str) -> None:
        """Count one more today. Never raises: what cannot be written is kept, and logged."""
        with self._lock:
            self._waiting[name] += 1
            if self._timer is not None:
                return
            wait = self._written_at + self.every - time.monotonic()
            if wait > 0:
                self._write_later(store, wait)
                return
            self._written_at = time.monotonic()
        self.write(store)

    def write(self, store: Store, *, last: bool = False) -> None:
        """Write what waits; keep it for later when the database is away, unless it is the end."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
            if self._timer is not None:
                self._timer.cancel()
            self._unfinished(store)
            self._timer, self._written_at = None, time.monotonic()
        if not waiting:
            return
        try:
            with store.write() as tx:
                now = store.now(tx)
                for name, number in sorted(waiting.items()):
                    events.count(tx, name, now=now, number=number)
        except StoreError as error:
            log.error("%d calls are not counted yet: %s", waiting.total(), error)
            if last:
                return
            with self._lock:
                self._waiting += waiting
                if self._timer is None:
                    self._write_later(store, AGAIN)

    def _write_later(self, store: Store, seconds: float) -> None:
        # No stop waits for it: whoever stops writes at once what is left.
        self._timer = threading.Timer(seconds, self.write, [store])
        self._timer.daemon = True
        self._timer.start()
        self._last = partial(self.write, store, last=True)
        store.finishing.append(self._last)
        atexit.register(self._last)

    def _unfinished(self, store: Store) -> None:
        """Forget what was to be done at the end: it is being done."""
        if self._last in store.finishing:
            store.finishing.remove(self._last)
        atexit.unregister(self._last)
