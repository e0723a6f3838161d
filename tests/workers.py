"""Workers for tests: something to send, somebody to send it, and what came of it."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable

from sqlalchemy import select

from mailer.db import Store
from mailer.db.schema import letter
from mailer.submissions import accept
from mailer.worker import Worker
from tests.factories import draft, recipients, supporter
from tests.fakes import FakeTransport


def write(store: Store, count: int, officials: int = 2) -> None:
    with store.read() as tx:
        before = len(tx.execute(select(letter.c.submission).distinct()).all())
    for number in range(before, before + count):
        who = supporter(name=f"Supporter {number}", email=f"s{number}@supporter.example")
        accept(store, draft(who, to=recipients(officials)))
    with store.write() as tx:
        tx.execute(letter.update().values(cleared=True))


def worker(store: Store, *ways: FakeTransport, connections: int = 4) -> Worker:
    return Worker(
        store, ways, f"w{os.urandom(4).hex()}", connections=connections,
        envelope=lambda claimed, _: f"b-{claimed.id}@campaign.example",
    )  # fmt: skip


def work(one: Worker) -> None:
    one.drain()


def states(store: Store) -> Counter[str]:
    with store.read() as tx:
        return Counter(tx.execute(select(letter.c.state)).scalars())


def until(one: Worker, reached: Callable[[], bool], seconds: float = 20.0) -> None:
    """Let a worker work until something is so."""
    end = time.monotonic() + seconds
    while not reached() and time.monotonic() < end:
        one.round()
    assert reached()
