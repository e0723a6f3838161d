"""A transport that does what a test tells it, and remembers what it really took."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mailer.errors import SendError
from mailer.transports import Answer, Limits, Parcel
from mailer.transports.threads import ThreadLines


class FakeTransport:
    """Accepts everything, unless `on_stage` or `on_commit` raises for a parcel."""

    longest_wait = 30.0
    limits = Limits()
    label = ""
    verp = True

    def __init__(self, account: str = "fake:relay", *, delivers: bool = True) -> None:
        self.account = account
        self.delivers = delivers
        self.accepted: list[Parcel] = []
        self.down: SendError | None = None
        self.on_connect: Callable[[], object] = lambda: None
        self.on_stage: Callable[[Parcel], None] = lambda _: None
        self.on_commit: Callable[[Parcel], None] = lambda _: None
        self.connected = 0
        self._lock = threading.Lock()

    def connect(self) -> FakeConnection:
        with self._lock:
            self.connected += 1
        self.on_connect()
        if self.down:
            raise self.down
        return FakeConnection(self)

    def lines(self, size: int) -> ThreadLines:
        return ThreadLines(self.connect, size)

    def probe(self) -> str:
        return "a fake"

    def took(self, parcel: Parcel) -> None:
        with self._lock:
            self.accepted.append(parcel)


class FakeConnection:
    def __init__(self, transport: FakeTransport) -> None:
        self._transport = transport
        self._staged: Parcel | None = None

    def stage(self, parcel: Parcel) -> None:
        if self._transport.down:
            raise self._transport.down
        self._transport.on_stage(parcel)
        self._staged = parcel

    def commit(self) -> Answer:
        assert self._staged is not None, "a dot without a body"
        parcel, self._staged = self._staged, None
        self._transport.on_commit(parcel)
        self._transport.took(parcel)
        return Answer(text="queued", code="250 2.0.0", provider_id=f"id-{parcel.letter}")

    def abandon(self) -> None:
        self._staged = None

    def close(self) -> None:
        self._staged = None
