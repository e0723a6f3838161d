"""The worker: waves, failures at every phase, and what another worker finds after a death."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from mailer import sendlog
from mailer.campaigns.library import Library
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import lane, letter
from mailer.errors import Next, SendError, SettingsError, StoreError
from mailer.message import Mail
from mailer.outbox import Claimed
from mailer.sendlog import Filter
from mailer.status import State
from mailer.submissions import accept
from mailer.transports import Parcel, from_urls
from mailer.transports.maildir import Box
from mailer.worker import drain, run
from mailer.worker.liveness import Liveness
from mailer.worker.loop import envelope_sender
from tests.conftest import Clock
from tests.factories import draft, know_recipients, supporter
from tests.fakes import FakeTransport
from tests.workers import states, work, worker, write


def test_every_letter_goes_once_to_its_own_official(store: Store) -> None:
    way = FakeTransport()
    write(store, 7)
    one = worker(store, way)
    work(one)
    one.close()
    assert states(store) == {"sent": 14}
    assert len({parcel.letter for parcel in way.accepted}) == 14
    assert Counter(parcel.recipient for parcel in way.accepted) == {
        "minister-1@ministry.example": 7, "minister-2@ministry.example": 7,
    }  # fmt: skip
    assert way.connected <= 4, "connections are kept"


def test_what_was_sent_is_what_the_log_shows(store: Store) -> None:
    way = FakeTransport()
    write(store, 1)
    work(worker(store, way))
    for parcel in way.accepted:
        page = sendlog.letter_page(store, parcel.letter)
        assert page is not None
        assert page.sha256 == hashlib.sha256(parcel.data).hexdigest()
        assert page.row.answer == "250 2.0.0 queued"


def test_one_letter_that_is_refused_does_not_hold_up_the_others(store: Store) -> None:
    way = FakeTransport()

    def refuse(parcel: Parcel) -> None:
        if parcel.recipient.startswith("minister-1"):
            raise SendError("no such user", Next.FAIL, code="550 5.1.1")

    way.on_stage = refuse
    write(store, 3)
    work(worker(store, way))
    assert states(store) == {"sent": 3, "failed": 3}


def test_a_fault_of_ours_with_one_letter_does_not_stop_the_others(store: Store) -> None:
    way = FakeTransport()

    def stumble(parcel: Parcel) -> None:
        if parcel.recipient.startswith("minister-1"):
            raise ZeroDivisionError

    way.on_stage = stumble
    write(store, 3)
    work(worker(store, way))
    assert states(store) == {"sent": 3, "queued": 3}
    way.on_stage, way.on_commit = (lambda _: None), stumble
    write(store, 1)
    work(worker(store, way))
    assert states(store)["sent"] == 4
    rows = sendlog.rows(store, Filter())
    assert sum(row.possibly_twice for row in rows) == 1


def test_a_dead_relay_is_probed_with_one_letter_and_loses_none(store: Store, clock: Clock) -> None:
    way = FakeTransport()
    way.down = SendError("connection refused", Next.STOP)
    write(store, 10)
    one = worker(store, way)
    for _ in range(50):
        work(one)
        clock.pass_(60)
    assert way.connected <= 4 + 50
    assert states(store) == {"queued": 20}
    with store.read() as tx:
        assert set(tx.execute(select(letter.c.attempts)).scalars()) == {0}
        reason = tx.execute(select(lane.c.reason).where(lane.c.id == "account:fake:relay"))
        assert reason.scalar_one() == "connection refused"
    way.down = None
    clock.pass_(300)
    work(one)
    assert states(store) == {"sent": 20}


def test_the_next_transport_takes_over_while_the_first_is_down(store: Store, clock: Clock) -> None:
    first, second = FakeTransport("fake:first"), FakeTransport("fake:second")
    first.down = SendError("connection refused", Next.STOP)
    write(store, 5)
    one = worker(store, first, second)
    work(one)
    clock.pass_(1)
    work(one)
    assert states(store) == {"sent": 10}
    assert len(second.accepted) == 10


def test_an_answer_that_was_not_heard_is_flagged_when_sent_again(
    store: Store, clock: Clock
) -> None:
    way = FakeTransport()
    lost: list[Parcel] = []

    def take_and_hang_up(parcel: Parcel) -> None:
        if len(lost) < 3:
            lost.append(parcel)
            way.took(parcel)
            raise SendError("cut after the dot", maybe_accepted=True)

    way.on_commit = take_and_hang_up
    write(store, 4)
    one = worker(store, way, connections=1)
    work(one)
    clock.pass_(61)
    work(one)
    assert states(store) == {"sent": 8}
    twice = {name for name, times in Counter(p.letter for p in way.accepted).items() if times > 1}
    flagged = {row.id for row in sendlog.rows(store, Filter()) if row.possibly_twice}
    assert twice == flagged == {parcel.letter for parcel in lost}
    for parcel in lost:
        same = {other.data for other in way.accepted if other.letter == parcel.letter}
        assert len(same) == 1, "the message did not change"


def test_a_server_that_thinks_for_long_holds_up_nobody_else(store: Store) -> None:
    way, slow = FakeTransport(), threading.Event()
    first = threading.Lock()

    def think(parcel: Parcel) -> None:
        if first.acquire(blocking=False):
            slow.wait(30)

    way.on_commit = think
    write(store, 10)
    one = worker(store, way)
    deadline = time.monotonic() + 20
    while states(store)["sent"] < 19 and time.monotonic() < deadline:
        one.round()
    assert states(store) == {"sent": 19, "dot": 1}
    slow.set()
    one.close()
    assert states(store) == {"sent": 20}


def test_at_a_stop_nothing_stays_leased_and_only_what_has_a_dot_is_in_doubt(store: Store) -> None:
    way, silent = FakeTransport(), threading.Event()
    way.on_commit = lambda _: silent.wait(30) and None
    write(store, 10)
    one = worker(store, way)
    while states(store)["dot"] < 4:
        one.round()
    one.close(grace=0.2)
    assert states(store) == {"queued": 20}
    rows = list(sendlog.rows(store, Filter()))
    assert sum(row.possibly_twice for row in rows) == 4
    with store.read() as tx:
        assert set(tx.execute(select(letter.c.lease_until)).scalars()) == {None}
    silent.set()


def test_a_stop_gives_back_what_was_claimed_ahead(store: Store) -> None:
    way, slow = FakeTransport(), threading.Event()
    way.on_stage = lambda _: slow.wait(30) and None
    write(store, 10)
    one = worker(store, way)
    one.round()
    assert states(store)["claimed"] > 4
    one.close(grace=0.2)
    assert states(store) == {"queued": 20}
    assert not any(row.possibly_twice for row in sendlog.rows(store, Filter()))
    with store.read() as tx:
        assert set(tx.execute(select(letter.c.attempts)).scalars()) == {0}
    slow.set()


def test_a_server_that_takes_and_never_says_so_gets_a_letter_twice_at_most(
    store: Store, clock: Clock
) -> None:
    way = FakeTransport()

    def take_and_hang_up(parcel: Parcel) -> None:
        way.took(parcel)
        raise SendError("cut after the dot", maybe_accepted=True)

    way.on_commit = take_and_hang_up
    write(store, 2)
    one = worker(store, way)
    for _ in range(50):
        work(one)
        clock.pass_(4000)
    assert states(store) == {"uncertain": 4}
    assert set(Counter(parcel.letter for parcel in way.accepted).values()) == {2}


def test_letters_whose_lease_ends_while_they_wait_are_not_sent_twice(database_url: str) -> None:
    """The worker's own reaper takes them back and it claims them anew: one copy may leave."""
    way, clock = FakeTransport(), Clock(1_800_000_000.0)
    store = Store(database_url, clock=clock)
    way.on_commit = lambda _: clock.pass_(70) and None
    write(store, 7)
    one = worker(store, way, connections=2)
    for _ in range(200):
        one.round()
        one.reap([])
        clock.pass_(1)
    one.close()
    assert states(store) == {"sent": 14}
    twice = {name for name, times in Counter(p.letter for p in way.accepted).items() if times > 1}
    assert twice <= {row.id for row in sendlog.rows(store, Filter()) if row.possibly_twice}
    store.close()


def test_a_way_that_fails_is_told_once_in_the_log_and_when_it_works_again(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    way = FakeTransport()
    way.down = SendError("connection refused", Next.STOP)
    write(store, 3)
    one = worker(store, way)
    for _ in range(5):
        work(one)
        clock.pass_(400)
    way.down = None
    work(one)
    said = [record.getMessage() for record in caplog.records]
    assert said == ["fake:relay is down: connection refused", "fake:relay works again"]


def test_a_hostile_value_fails_its_own_letter_only(store: Store) -> None:
    way = FakeTransport()
    accept(store, draft(supporter(name="=?utf-8?q?Jo=0d=0aBcc=3a_v=40x=2eorg?=")))
    write(store, 1)
    work(worker(store, way))
    assert states(store) == {"failed": 2, "sent": 2}
    assert len(way.accepted) == 2


def test_what_a_wave_learned_survives_a_database_that_is_away(store: Store, tmp_path: Path) -> None:
    way = FakeTransport()
    write(store, 2)
    one = worker(store, way)
    one.round()
    away = Store(f"sqlite:///{tmp_path}/gone.db")
    (tmp_path / "gone.db").write_bytes(b"this is no database" * 100)
    one.store, real = away, one.store
    with pytest.raises(StoreError, match="cannot be used"):
        one.drain()
    one.store = real
    work(one)
    assert states(store)["sent"] == 4
    assert len(way.accepted) == 4
    away.close()


def test_two_workers_never_send_the_same_letter(database_url: str) -> None:
    way = FakeTransport()
    stores = [Store(database_url) for _ in range(3)]
    write(stores[0], 30)
    threads = [threading.Thread(target=lambda s=s: work(worker(s, way))) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(p.letter for p in way.accepted).most_common(1)[0][1] == 1
    assert states(stores[0]) == {"sent": 60}
    for store in stores:
        store.close()


def test_the_loop_delivers_until_it_is_stopped(settings: Settings, new_sqlite: object) -> None:
    store = Store(new_sqlite())  # type: ignore[operator]
    write(store, 3)
    know_recipients(settings.home)
    stop = threading.Event()
    library = Library(settings.home)
    thread = threading.Thread(
        target=run, args=(settings, store, library), kwargs={"stop": stop}
    )  # fmt: skip
    thread.start()
    deadline = time.monotonic() + 30
    while states(store) != {"sent": 6} and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert len(Box(settings.home / "var" / "outbox").names()) == 6
    assert list((settings.var / "workers").iterdir()) == []
    store.close()


def test_drain_sends_what_is_due(settings: Settings, new_sqlite: object) -> None:
    store = Store(new_sqlite())  # type: ignore[operator]
    write(store, 2)
    drain(settings, store)
    assert states(store) == {State.SENT: 4}
    store.close()


def test_a_worker_that_is_killed_is_seen_to_be_dead(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path;"
        "from mailer.worker.liveness import Liveness;"
        "one = Liveness(Path(sys.argv[1])); print(one.name, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    name = other.stdout.readline().strip()
    mine = Liveness(tmp_path)
    assert mine.dead() == []
    other.kill()
    other.wait()
    other.stdout.close()
    assert mine.dead() == [name]
    mine.bury([name])
    assert mine.dead() == []
    mine.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("domain", "verp", "expected"),
    [
        ("", True, "letters\\+b-abc[0-9a-z]{12}@campaign.example"),
        ("", False, "letters@campaign.example"),
        ("replies.example", True, "b-abc[0-9a-z]{12}@replies.example"),
    ],
)
def test_the_envelope_names_the_letter(domain: str, verp: bool, expected: str) -> None:
    mail = Mail(
        from_name="", from_address="letters@campaign.example", to_address="m@m.example",
        subject="s", text="t", message_id="abc@campaign.example", date=0.0,
    )  # fmt: skip
    letter = Claimed(id="abc", attempt=1, lease=0.0, mail=mail)
    assert re.fullmatch(expected, envelope_sender(letter, domain, ("k" * 40,), verp=verp))


def test_keeping_here_cannot_stand_in_for_sending(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="MAILER_TRANSPORT"):
        from_urls(("smtp://127.0.0.1:9?tls=none", "maildir:var/outbox"), settings.home)
