"""Backing a store up and putting it back, for tests and storms, and what is in it then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select, update

from mailer.db import Store, backup
from mailer.db.schema import letter
from mailer.db.tick import silent
from mailer.outbox import lanes
from mailer.submissions import accept, restoring
from mailer.submissions.restoring import Settled
from tests.factories import campaign, draft, supporter
from tests.fakes import FakeTransport
from tests.test_worker import worker

Settle = Callable[..., Settled]


def settle(tx: object, now: float) -> Settled:
    return restoring.settle(tx, why="restored from a test", actor="test", now=now)  # type: ignore[arg-type]


def back_up(store: Store, file: Path) -> backup.Manifest:
    made = backup.make(store, file, replace=False, tick=silent)
    assert backup.read(file) == made
    return made


def put_back(store: Store, file: Path) -> backup.Restored[Settled]:
    store.close()
    manifest = backup.read(file)
    return backup.restore(store, file, manifest, settle=settle, tick=silent)


def write(store: Store, *names: str, **changes: object) -> list[str]:
    """One letter pair of each; approved, so that it may leave. Returns their receipts."""
    tokens = []
    for name in names:
        who = supporter(name=name, email=f"{name.lower()}@supporter.example")
        tokens.append(accept(store, draft(who, campaign(**changes))))
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))
    return tokens


def states(store: Store) -> Counter[str]:
    with store.read() as tx:
        return Counter(tx.execute(select(letter.c.state)).scalars())


def send_all(store: Store, way: FakeTransport) -> None:
    """Let the real worker send all that may leave."""
    one = worker(store, way)
    one.drain()
    one.close()


def resume(store: Store) -> None:
    with store.write() as tx:
        assert lanes.resume(tx, lanes.EVERYTHING)
