"""A call that was proven to be a provider's and that nobody here can read."""

from __future__ import annotations

import hashlib

from mailer.db import Tx
from mailer.events.recording import Noted, record
from mailer.transports.api.base import News, Said

UNREADABLE = "unreadable"


def note_unread(tx: Tx, source: str, body: bytes, why: str, *, now: float) -> Noted | None:
    """Keep the call for staff to look at; None when it came before."""
    news = News(
        id=f"unread {hashlib.sha256(body).hexdigest()}", letter="", said=Said.OTHER,
        kind=UNREADABLE, note=why, raw=body.decode("utf-8", "replace"),
    )  # fmt: skip
    return record(tx, source, news, now=now, attention=True)
