"""Two ways out: what the second had in hand leaves all the same once the first is well again."""

from __future__ import annotations

import pytest

from mailer.db import Store
from mailer.errors import Next, SendError
from mailer.transports import Parcel
from mailer.worker import Worker
from tests.conftest import Clock
from tests.fakes import FakeTransport
from tests.storms import ledger
from tests.test_worker import worker, write

LETTERS = 2  # of one supporter; another proves that the first works again


def through_the_second(store: Store, clock: Clock, fault: SendError) -> tuple[Worker, list[str]]:
    """A worker whose letters met `fault` at the second server; then the first is well again."""
    first, second = FakeTransport("fake:first"), FakeTransport("fake:second")
    first.down = SendError("connection refused", Next.STOP)
    took: list[str] = []

    def fail(parcel: Parcel) -> None:
        if fault.maybe_accepted:
            took.append(f"second {parcel.letter}")
        second.on_commit = keep
        raise fault

    def keep(parcel: Parcel) -> None:
        took.append(f"second {parcel.letter}")

    first.on_commit = lambda parcel: took.append(f"first {parcel.letter}")
    second.on_commit = fail
    one = worker(store, first, second, connections=1)
    write(store, 1)
    for _ in range(3):
        one.drain()
        clock.pass_(1.0)
    assert any(said.startswith("second") for said in took), "the second has taken over"
    first.down = None
    clock.pass_(10.0)
    write(store, 1)
    one.drain()
    assert any(said.startswith("first") for said in took), "the first is well again"
    took[:] = [said for said in took if said.startswith("second")]
    return one, took


@pytest.mark.parametrize(
    "fault",
    [SendError("later", code="451"), SendError("it hung up before the final dot")],
    ids=["refused for now", "cut before the dot"],
)
def test_what_the_second_plainly_did_not_take_may_leave_by_the_first(
    store: Store, clock: Clock, fault: SendError
) -> None:
    one, took = through_the_second(store, clock, fault)
    for _ in range(5):
        clock.pass_(400.0)
        one.drain()
    assert ledger.states(store) == {"sent": 2 * LETTERS}
    assert sorted(said.split()[1] for said in took) == sorted({said.split()[1] for said in took})
    one.close()


def test_what_the_second_may_have_leaves_by_it_and_is_not_forgotten(
    store: Store, clock: Clock
) -> None:
    one, took = through_the_second(store, clock, SendError("cut", maybe_accepted=True))
    for _ in range(5):
        clock.pass_(400.0)
        one.drain()
    assert ledger.states(store) == {"sent": 2 * LETTERS}
    assert not [said for said in took if said.startswith("first")], "no server but the one"
    assert len(took) == len(set(took)) + 1, "once more, and flagged"
    one.close()
