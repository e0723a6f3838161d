"""Withdrawing: a letter leaves or is taken back, never both, and its person may write again."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from sqlalchemy import select, update

from mailer.db import Store
from mailer.db.schema import confirmation, letter, letter_event, submission
from mailer.status import Kind, State
from mailer.submissions import Receipt, accept, confirm, copies, opened, receipt
from mailer.submissions.withdrawing import WITHDRAWN, is_open, withdraw
from mailer.transports import Parcel
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter
from tests.fakes import FakeTransport
from tests.workers import work, worker, write


def shown(store: Store, token: str) -> Receipt:
    found = receipt(store, token)
    assert found is not None
    return found


def ids(store: Store, token: str) -> list[str]:
    return [one.id for one in shown(store, token).letters]


def states(store: Store, token: str) -> list[State]:
    return [one.state for one in shown(store, token).letters]


def cleared(store: Store) -> None:
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))


@pytest.mark.parametrize("state", [State.QUEUED, State.REVIEW, State.AWAITING])
def test_what_has_not_left_is_taken_back_and_may_be_written_again(
    store: Store, clock: Clock, state: State
) -> None:
    about = campaign(confirm=state is State.AWAITING)
    token = accept(store, draft(about=about, hold="bait" if state is State.REVIEW else ""))
    assert states(store, token) == [state, state]
    assert all(map(is_open, shown(store, token).letters))
    first, second = ids(store, token)
    clock.pass_(60)
    assert withdraw(store, token, [second])
    assert states(store, token) == [state, State.CANCELLED]
    for _ in range(2):  # a second press, or another tab
        assert withdraw(store, token, [first, second])
    found = shown(store, token)
    assert {(one.state, one.reason) for one in found.letters} == {(State.CANCELLED, WITHDRAWN)}
    assert all(one.body for one in found.letters), "the text stays with its writer"
    with store.read() as tx:
        told = select(letter_event.c.actor, letter_event.c.note).where(
            letter_event.c.state == State.CANCELLED, letter_event.c.letter.in_([first, second])
        )
        assert [tuple(row) for row in tx.execute(told)] == [("supporter", WITHDRAWN)] * 2
    again = accept(store, draft(about=campaign()))
    assert states(store, again) == [State.QUEUED, State.QUEUED]
    cleared(store)
    work(worker(store, way := FakeTransport()))
    assert len([one for one in way.accepted if "ministry" in one.recipient]) == 2


@pytest.mark.parametrize(
    "state",
    [State.CLAIMED, State.DOT, State.SENT, State.UNCERTAIN, State.DELIVERED, State.FAILED],
)
def test_what_has_left_or_may_have_stays_as_it_is(store: Store, state: State) -> None:
    token = accept(store, draft())
    with store.write() as tx:
        tx.execute(update(letter).values(state=state))
    assert not any(map(is_open, shown(store, token).letters))
    assert withdraw(store, token, ids(store, token))
    assert states(store, token) == [state, state]


def test_what_may_have_arrived_once_is_not_called_withdrawn(store: Store) -> None:
    token = accept(store, draft())
    with store.write() as tx:
        tx.execute(update(letter).values(possibly_twice=True))
    withdraw(store, token, ids(store, token))
    assert states(store, token) == [State.QUEUED, State.QUEUED]


def test_nobody_takes_back_the_letters_of_another_receipt(store: Store) -> None:
    mine = accept(store, draft())
    other = accept(store, draft(supporter(name="Bo", email="bo@supporter.example")))
    assert withdraw(store, mine, [*ids(store, other), "x" * 20_000, ""])
    assert not withdraw(store, "0" * 26, ids(store, other))
    assert states(store, other) == states(store, mine) == [State.QUEUED, State.QUEUED]


def test_a_second_letter_looks_withdrawn_and_the_first_one_goes(store: Store, clock: Clock) -> None:
    """Whoever typed somebody's name learns nothing from it, and stops nothing."""
    first = accept(store, draft())
    second = accept(store, draft())
    assert states(store, second) == [State.QUEUED, State.QUEUED]
    clock.pass_(1)
    withdraw(store, second, ids(store, second)[:1])
    assert states(store, second) == [State.CANCELLED, State.QUEUED]
    assert shown(store, second).letters[0].reason == WITHDRAWN
    assert states(store, first) == [State.QUEUED, State.QUEUED]
    cleared(store)
    work(worker(store, way := FakeTransport()))
    assert len([one for one in way.accepted if "ministry" in one.recipient]) == 2
    clock.pass_(3600)
    assert states(store, second) == [State.CANCELLED, State.SENT]


def test_the_mail_that_asks_is_spared_unless_others_wait_for_it(store: Store) -> None:
    token = accept(store, draft(about=campaign(confirm=True)))
    other = accept(store, draft(supporter(name="Bo Example"), campaign(confirm=True)))
    withdraw(store, token, ids(store, token))

    def asking() -> Counter[str]:
        with store.read() as tx:
            kept = select(letter.c.state).where(letter.c.kind == Kind.CONFIRMATION)
            return Counter(tx.execute(kept).scalars())

    assert asking() == {"queued": 1}, "it asks for both"
    withdraw(store, other, ids(store, other))
    withdraw(store, token, ids(store, token))
    with store.read() as tx:
        link = tx.execute(select(confirmation.c.token)).scalar_one()
    found = opened(store, link)
    assert found is not None
    assert found.waiting == ()
    assert confirm(store, link, shown(store, token).id, sender=SENDER) == token
    assert states(store, token) == [State.CANCELLED, State.CANCELLED], "a late press is too late"


def test_no_copy_is_lost_with_a_withdrawn_letter(store: Store) -> None:
    token = accept(store, draft())
    assert copies.send(store, token, SENDER, ("k" * 40,)) is copies.Offer.OPEN
    withdraw(store, token, ids(store, token))
    with store.read() as tx:
        kept = select(letter.c.state).where(letter.c.kind == Kind.COPY)
        assert tx.execute(kept).scalars().all() == [State.QUEUED]


def test_a_letter_in_a_workers_hand_leaves(store: Store) -> None:
    token = accept(store, draft())
    cleared(store)
    way, pressed = FakeTransport(), []

    def press(_: Parcel) -> None:
        pressed.append(withdraw(store, token, ids(store, token)))

    way.on_stage = press
    work(worker(store, way))
    assert pressed == [True, True]
    assert states(store, token) == [State.SENT, State.SENT]
    assert len(way.accepted) == 2


def test_each_leaves_or_is_withdrawn_while_a_worker_sends(store: Store) -> None:
    write(store, 25)
    with store.read() as tx:
        tokens = tx.execute(select(submission.c.receipt)).scalars().all()
    way, begun = FakeTransport(), threading.Event()

    def note(_: Parcel) -> None:
        begun.set()

    way.on_stage = note

    def press(mine: list[str]) -> None:
        begun.wait(30)
        for token in mine:
            withdraw(store, token, ids(store, token))

    order = list(reversed(tokens))
    pressing = [threading.Thread(target=press, args=(order[part::2],)) for part in range(2)]
    for one in pressing:
        one.start()
    work(worker(store, way))
    for one in pressing:
        one.join()
    work(worker(store, way))
    with store.read() as tx:
        rows = tx.execute(select(letter.c.id, letter.c.state, letter.c.person)).all()
    left = {parcel.letter for parcel in way.accepted}
    assert len(way.accepted) == len(left), "none twice"
    assert left == {row.id for row in rows if row.state == State.SENT}
    assert {row.state for row in rows} <= {State.SENT, State.CANCELLED}
    assert {row.id for row in rows if row.person is None} == {row.id for row in rows} - left
