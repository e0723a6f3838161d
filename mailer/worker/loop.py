"""The worker's life: rounds while there is work, a short sleep when there is none, a clean end."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Sequence

from mailer import outbox, transports
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.db.ids import random_id
from mailer.errors import MailerError, StoreError
from mailer.officials.values import DEFAULT_PACE, Official, Officials, Pace, Post
from mailer.outbox import Claimed
from mailer.outbox.lanes import of_mailbox, set_paces
from mailer.transports import Transport
from mailer.worker.engine import Worker, envelope_sender
from mailer.worker.liveness import Liveness

log = logging.getLogger("mailer.worker")

IDLE = 0.5  # seconds between looks at an empty queue
REAP_EVERY = 10.0  # seconds between looks for what dead workers left
PACES_EVERY = 30.0  # seconds between looks at the officials' paces
DATABASE_AWAY = 2.0  # seconds to wait for a database that does not answer


def run(settings: Settings, store: Store, library: Library, *, stop: threading.Event) -> None:
    """Deliver until `stop` is set; then finish what is under way, settle it, and return."""
    ways = transports.from_urls(settings.transports, settings.home)
    liveness = Liveness(settings.var / "workers")
    worker = _worker(settings, store, ways, liveness.name)
    housekeeping = _Housekeeping(store, worker, library, liveness)
    log.info("the worker is running")
    while not stop.is_set():
        _turn(worker, housekeeping, stop)
    worker.close()
    liveness.close()
    log.info("the worker has stopped")


def drain(settings: Settings, store: Store) -> None:
    """Send all that is due now, and return when it is settled: for tests and tools."""
    ways = transports.from_urls(settings.transports, settings.home)
    worker = _worker(settings, store, ways, f"drain-{random_id()}")
    try:
        worker.drain()
    finally:
        worker.close()


def _worker(settings: Settings, store: Store, ways: Sequence[Transport], name: str) -> Worker:
    def envelope(letter: Claimed, way: Transport) -> str:
        verp = bool(getattr(way, "verp", True))
        return envelope_sender(letter, settings.reply_domain, verp=verp)

    return Worker(store, ways, name, connections=settings.worker_connections, envelope=envelope)


def _turn(worker: Worker, housekeeping: _Housekeeping, stop: threading.Event) -> None:
    try:
        housekeeping.when_due()
        if not worker.round():
            stop.wait(IDLE * random.uniform(0.8, 1.2))  # noqa: S311 - spreads machines, no secret
    except StoreError as error:
        log.error("%s", error)
        stop.wait(DATABASE_AWAY)


class _Housekeeping:
    """What a worker does now and then beside delivering."""

    def __init__(self, store: Store, worker: Worker, library: Library, liveness: Liveness) -> None:
        self._store = store
        self._worker = worker
        self._library = library
        self._liveness = liveness
        self._reaped = self._paced = float("-inf")

    def when_due(self) -> None:
        """Reap and refresh, as often as each is worth."""
        now = time.monotonic()
        if now >= self._reaped + REAP_EVERY:
            self._reap()
            self._reaped = now
        if now >= self._paced + PACES_EVERY:
            self._refresh_paces()
            self._paced = now

    def _reap(self) -> None:
        dead = self._liveness.dead()
        taken = self._worker.reap(dead)
        self._liveness.bury(dead)
        if taken:
            log.warning("took back %d letters of a worker that stopped", taken)
        if any(way.delivers for way in self._worker.transports):
            with self._store.write() as tx:
                held = outbox.hold_uncleared(tx, now=self._store.now(tx))
            if held:
                log.warning("%d letters nobody approved are held for review", held)

    def _refresh_paces(self) -> None:
        try:
            paces = _paces(self._library.current().officials)
        except MailerError as error:  # the lanes keep the paces they have
            log.error("officials.yaml: %s", error)
            return
        with self._store.write() as tx:
            set_paces(tx, paces)


def _paces(officials: Officials) -> dict[str, Pace]:
    """The pace of every mailbox in the file; the slowest where several speak of one."""
    paces: dict[str, Pace] = {}
    entries: list[Post | Official] = [*officials.posts.values(), *officials.people.values()]
    for entry in entries:
        if not entry.email:
            continue
        lane, pace = of_mailbox(entry.email), entry.pace or DEFAULT_PACE
        known = paces.get(lane, pace)
        paces[lane] = min(known, pace, key=lambda one: one.count / one.seconds)
    return paces
