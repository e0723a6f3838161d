"""The worker's life: rounds while there is work, a short sleep when there is none, a clean end."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Sequence

from mailer import transports
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.db.ids import random_id
from mailer.errors import StoreError
from mailer.message import tokens
from mailer.outbox import Claimed
from mailer.outbox.retries import RetryPlan
from mailer.transports import Transport
from mailer.worker import terms
from mailer.worker.engine import Worker
from mailer.worker.housekeeping import Housekeeping
from mailer.worker.liveness import Liveness

log = logging.getLogger("mailer.worker")

IDLE = 0.5  # seconds between looks at an empty queue
DATABASE_AWAY = 2.0  # seconds to wait for a database that does not answer


def run(settings: Settings, store: Store, library: Library, *, stop: threading.Event) -> None:
    """Deliver until `stop` is set; then finish what is under way, settle it, and return."""
    ways = transports.of(settings)
    liveness = Liveness(settings.var / "workers")
    worker = _worker(settings, store, ways, liveness.name)
    housekeeping = Housekeeping(settings, store, worker, library, liveness)
    log.info("the worker is running")
    while not stop.is_set():
        _turn(worker, housekeeping, stop)
    worker.close()
    housekeeping.close()
    liveness.close()
    log.info("the worker has stopped")


def drain(settings: Settings, store: Store) -> None:
    """Send all that is due now, and return when it is settled: for tests and tools."""
    ways = transports.of(settings)
    worker = _worker(settings, store, ways, f"drain-{random_id()}")
    terms.limit(store, ways)
    try:
        worker.drain()
    finally:
        worker.close()


def _worker(settings: Settings, store: Store, ways: Sequence[Transport], name: str) -> Worker:
    keys = settings.with_development_key().secret_keys

    def envelope(letter: Claimed, way: Transport) -> str:
        verp = bool(getattr(way, "verp", True))
        return envelope_sender(letter, settings.reply_domain, keys, verp=verp)

    return Worker(
        store, ways, name, connections=settings.worker_connections, envelope=envelope,
        plan=RetryPlan.of(settings),
    )  # fmt: skip


def _turn(worker: Worker, housekeeping: Housekeeping, stop: threading.Event) -> None:
    try:
        housekeeping.when_due()
        if not worker.round():
            stop.wait(IDLE * random.uniform(0.8, 1.2))  # noqa: S311 - spreads machines, no secret
    except StoreError as error:
        log.error("%s", error)
        stop.wait(DATABASE_AWAY)


def envelope_sender(
    letter: Claimed, reply_domain: str, keys: Sequence[str], *, verp: bool
) -> str:  # fmt: skip
    """Where a bounce of this letter goes: an address that holds the letter's own token (VERP)."""
    return tokens.for_bounces(letter.id, letter.mail.from_address, reply_domain, keys, verp=verp)
