"""Telling staff by URL, beside the deliveries: a chat room, or whatever takes JSON."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from mailer import outbound
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import OutboundError
from mailer.outbound import INTERNET, Net
from mailer.outbox import bell
from mailer.outbox.bell import Ring

log = logging.getLogger("mailer.worker")

SECONDS = 5.0
"""How long one call may take in all."""

_MOST = 64_000  # bytes of an answer, which nobody reads
_TAKEN = range(200, 300)


def ringing(
    settings: Settings, store: Store, net: Net | None = None
) -> Callable[[threading.Event], None]:
    """What tells all that is to be told now; `net` is what lies between us and the URL."""
    between = net or Net(
        resolve=INTERNET.resolve, allowed=INTERNET.allowed, context=INTERNET.context,
        here=settings.development,
    )  # fmt: skip

    def work(stop: threading.Event) -> None:
        with store.read() as tx:
            if not bell.waits(tx, now=store.now(tx)):
                return
        if not settings.alert_url:
            with store.write() as tx:
                bell.silence(tx)
            return
        while not stop.is_set():
            with store.write() as tx:
                ring = bell.take(tx, now=store.now(tx))
            if ring is None or not _tell(settings.alert_url, ring, between):
                return
            with store.write() as tx:
                bell.told(tx, ring.id)

    return work


def body(ring: Ring) -> bytes:
    """The call's body: Slack, Mattermost and Teams show `text`, Discord shows `content`."""
    words = f"{ring.subject}\n\n{ring.text}"
    return json.dumps(
        {"text": words, "content": words[:2000], "subject": ring.subject, "id": ring.id}
    ).encode()


def _tell(url: str, ring: Ring, net: Net) -> bool:
    """Tell one thing; False when it was not taken, and is to be told again."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    named = f"[{host}]" if ":" in host else host
    hosts = frozenset({host if parts.port is None else f"{named}:{parts.port}", named})
    try:
        answer = outbound.post(
            url, body(ring), hosts=hosts, most=_MOST, seconds=SECONDS,
            headers={"Content-Type": "application/json"}, net=net,
        )  # fmt: skip
    except OutboundError as error:
        log.warning("MAILER_ALERT_URL: %s; told again later", error)
        return False
    if answer.status not in _TAKEN:
        log.warning("MAILER_ALERT_URL: %s answered %d; told again later", host, answer.status)
        return False
    return True
