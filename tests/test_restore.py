"""Restores: what was there is there again, nothing leaves twice, and no erasure is undone."""

from __future__ import annotations

import multiprocessing
import os
import re
import stat
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import select, text, update

from mailer import addresses, outbox
from mailer.db import Store, backup, migrate, schema
from mailer.db.check import check
from mailer.db.schema import letter, letter_event, letter_text, submission, suppressed
from mailer.db.tick import silent
from mailer.errors import BackupError, StoreError
from mailer.outbox import Event, lanes, move
from mailer.status import Kind, State
from mailer.submissions import (
    accept,
    confirm,
    disowning,
    erasing,
    journal,
    restoring,
    unsubscribing,
)
from mailer.submissions.restoring import Settled
from tests.backups import back_up, put_back, resume, send_all, settle, states, write
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter
from tests.fakes import FakeTransport

Settle = Callable[..., Settled]


def test_what_was_in_the_backup_is_there_again_and_the_replaced_is_kept(
    store: Store, tmp_path: Path
) -> None:
    (token,) = write(store, "Ann")
    back_up(store, tmp_path / "b")
    write(store, "Ben")
    restored = put_back(store, tmp_path / "b")
    with store.read() as tx:
        assert tx.execute(select(submission.c.receipt)).scalars().all() == [token]
    if store.is_sqlite:
        kept = Path(restored.kept)
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        with closing(Store(f"sqlite:///{kept}")) as old:
            assert states(old) == {"queued": 4}
    else:
        place = restored.kept.removeprefix("the schema ")
        with store.read() as tx:
            assert tx.execute(text(f"SELECT count(*) FROM {place}.letter")).scalar() == 4
    store.check_version()


def test_where_there_is_no_database_the_backup_makes_one(
    store: Store, tmp_path: Path, clock: Clock, request: pytest.FixtureRequest
) -> None:
    write(store, "Ann")
    back_up(store, tmp_path / "b")
    if store.is_sqlite:
        url = f"sqlite:///{tmp_path}/else where/100%25.db"
    else:
        url = request.getfixturevalue("new_postgres")()
        with closing(Store(url)) as empty, empty.write() as tx:
            tx.execute(text("DROP SCHEMA public CASCADE"))
            tx.execute(text("CREATE SCHEMA public"))
    with closing(Store(url, clock=clock)) as new:
        assert put_back(new, tmp_path / "b").kept == ""
        assert states(new) == {"uncertain": 2}
        if new.is_sqlite:
            assert stat.S_IMODE((tmp_path / "else where" / "100%.db").stat().st_mode) == 0o600


def test_a_damaged_sqlite_database_is_replaced_and_kept(
    new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    url = new_sqlite()
    live = Path(url.removeprefix("sqlite:///"))
    with closing(Store(url)) as store:
        write(store, "Ann")
        back_up(store, tmp_path / "b")
        store.close()
        live.write_bytes(b"no database at all" * 1000)
        assert "not a database" in backup.loss(store, backup.read(tmp_path / "b")).unreadable
        kept = Path(put_back(store, tmp_path / "b").kept)
        assert kept.read_bytes() == b"no database at all" * 1000
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert states(store) == {"uncertain": 2}


def test_what_would_be_lost_is_told(store: Store, tmp_path: Path, clock: Clock) -> None:
    write(store, "Ann", "Ben")
    made = back_up(store, tmp_path / "b")
    assert not backup.loss(store, made)
    clock.pass_(3600)
    write(store, "Cem")
    send_all(store, FakeTransport())
    assert backup.loss(store, made) == backup.Loss(submissions=1, letters=2, left=6)


def test_an_older_version_is_brought_to_this_one(
    tmp_path: Path, request: pytest.FixtureRequest, engine: str
) -> None:
    url = an_old_database(request, engine, tmp_path)
    with closing(Store(url)) as store:
        assert store.version() == "0001"
        made = backup.make(store, tmp_path / "b", replace=False, tick=silent)
        assert (made.version, made.rows["letter"]) == ("0001", 1)
        migrate.upgrade(store)
        put_back(store, tmp_path / "b")
        store.check_version()
        assert states(store) == {"uncertain": 1}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def an_old_database(request: pytest.FixtureRequest, engine: str, folder: Path) -> str:
    """A database at the first version, with one queued letter."""
    url = f"sqlite:///{folder}/old.db"
    if engine == "postgresql":
        url = request.getfixturevalue("new_postgres")()
    with closing(Store(url)) as store:
        with store.rebuild() as tx:
            if engine == "postgresql":
                tx.execute(text("DROP SCHEMA public CASCADE"))
                tx.execute(text("CREATE SCHEMA public"))
            command.upgrade(migrate.config_of(tx), "0001")
        with store.write() as tx:
            tx.execute(
                text("INSERT INTO lane (id, full_at) VALUES ('mailbox:m@ministry.example', 0)")
            )
            tx.execute(
                text(
                    "INSERT INTO letter (id, kind, state, campaign, official, lane, priority,"
                    " created_at, due_at, changed_at) VALUES ('l', 'letter', 'queued', 'c', 'o',"
                    " 'mailbox:m@ministry.example', 5, 1, 1, 1)"
                )
            )
    return url


def test_a_restore_that_fails_leaves_the_database_as_it_was(store: Store, tmp_path: Path) -> None:
    write(store, "Ann")
    back_up(store, tmp_path / "b")
    write(store, "Ben")
    store.close()
    manifest = backup.read(tmp_path / "b")

    def fail(tx: object, now: float) -> Settled:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        backup.restore(store, tmp_path / "b", manifest, settle=fail, tick=silent)
    assert states(store) == {"queued": 4}
    store.check_version()
    send_all(store, way := FakeTransport())
    assert len(way.accepted) == 4, "and it works as before"
    assert backup.loss(store, manifest).left == 0, "the clock stands still"


def test_a_restore_that_was_broken_off_is_noticed_and_can_be_done_again(
    new_postgres: Callable[[], str], tmp_path: Path
) -> None:
    with closing(Store(new_postgres())) as store:
        write(store, "Ann")
        back_up(store, tmp_path / "b")
        with store.write() as tx:
            tx.execute(text("UPDATE alembic_version SET version_num = 'restoring'"))
        with pytest.raises(StoreError, match="at version restoring"):
            store.check_version()
        with pytest.raises(StoreError, match="broken off: run `mailer restore` again"):
            migrate.upgrade(store)
        put_back(store, tmp_path / "b")
        assert states(store) == {"uncertain": 2}


def _restore_and_die(url: str, file: str, tick_of_death: int) -> None:
    """Restore in a process that ends, without a word, at a tick; 0: when all but settled."""
    ticks = 0

    def tick(work: str, done: int, of: int) -> None:
        nonlocal ticks
        ticks += 1
        if ticks == tick_of_death:
            os._exit(9)

    def die(tx: object, now: float) -> Settled:
        settled = settle(tx, now)
        if not tick_of_death:
            os._exit(9)
        return settled

    manifest = backup.read(Path(file))
    backup.restore(Store(url), Path(file), manifest, settle=die, tick=tick)
    os._exit(0)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_whenever_a_restore_dies_nothing_is_lost(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    make = request.getfixturevalue("new_sqlite" if engine == "sqlite" else "new_postgres")
    spawn, codes = multiprocessing.get_context("spawn"), []
    for point in range(8):
        url, file = make(), tmp_path / f"{point}.backup"
        with closing(Store(url)) as store:
            write(store, "Ann")
            back_up(store, file)
            write(store, "Ben")
            store.close()
            process = spawn.Process(target=_restore_and_die, args=(url, str(file), point))
            process.start()
            process.join(60)
            codes.append(process.exitcode)
            if store.version() == schema.VERSION:
                assert states(store) in ({"queued": 4}, {"uncertain": 2})
                assert check(store, silent) == []
            else:
                assert store.version() == migrate.RESTORING, "no program starts on it"
            put_back_eventually(store, file)
            assert states(store) == {"uncertain": 2}
            assert check(store, silent) == []
        if process.exitcode == 0:
            break
    assert codes[-1] == 0
    assert len(codes) > 3
    assert set(codes[:-1]) == {9}


def put_back_eventually(store: Store, file: Path) -> None:
    """Put it back as soon as the pg_restore of the dead has noticed that nobody feeds it."""
    while True:
        try:
            put_back(store, file)
        except BackupError as error:
            if "(pg_restore)" not in str(error) and "another pg_restore" not in str(error):
                raise
        else:
            return


# --- nothing leaves twice ----------------------------------------------------------------------


def test_a_backup_three_hours_old_sends_nothing_again(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    way = FakeTransport()
    write(store, "Sent-before")
    send_all(store, way)
    write(store, "Queued", "Claimed", "Dot")
    with store.write() as tx:
        found = tx.execute(select(letter.c.id).where(letter.c.state == State.QUEUED)).scalars()
        some = sorted(found)
        event = Event(now=clock.now, actor="worker")
        lease = {"worker": "w", "lease_until": clock.now + 60}
        move(tx, some[:4], State.CLAIMED, event, values=lease)
        move(tx, some[:2], State.DOT, event)
    back_up(store, tmp_path / "b")
    clock.pass_(3 * 3600.0)
    with store.write() as tx:  # as if they had not been under way: all six leave
        values = {"state": "queued", "worker": None, "lease_until": None}
        tx.execute(update(letter).where(letter.c.id.in_(some)).values(**values))
    write(store, "Afterwards")
    send_all(store, way)
    assert len(way.accepted) == 10
    put_back(store, tmp_path / "b")
    assert states(store) == {"sent": 2, "uncertain": 6}
    send_all(store, way)
    assert len(way.accepted) == 10, "everything is paused"
    resume(store)
    clock.pass_(30 * 86400.0)
    with store.write() as tx:
        outbox.reap(tx, now=clock.now)
    send_all(store, way)
    assert len(way.accepted) == 10, "and nothing goes again when it is not"
    assert states(store) == {"sent": 2, "uncertain": 6}
    assert max(Counter(parcel.letter for parcel in way.accepted).values()) == 1
    write(store, "New")
    send_all(store, way)
    assert len(way.accepted) == 12, "what is new leaves"


def test_the_restored_are_held_with_their_reason(store: Store, tmp_path: Path) -> None:
    write(store, "Ann")
    back_up(store, tmp_path / "b")
    put_back(store, tmp_path / "b")
    with store.read() as tx:
        for row in tx.execute(select(letter)):
            assert (row.state, row.reason, row.on_uncertain) == ("uncertain", "restored", "hold")
            assert row.lease_until is None
        notes = tx.execute(select(letter_event.c.note)).scalars().all()
        assert notes.count("restored from a test") == 2
        pause = lanes.paused(tx)[lanes.EVERYTHING]
        assert (pause.reason, pause.actor) == ("restored from a test", "test")


def test_unconfirmed_letters_wait_on_and_are_held_once_they_are_confirmed(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    """They may have been confirmed since the backup, and have left."""
    write(store, "Ann", confirm=True)
    write(store, "Ben")
    with store.write() as tx:
        ben = select(submission.c.id).where(submission.c.name == "Ben").scalar_subquery()
        held = update(letter).where(letter.c.submission == ben)
        tx.execute(held.values(state="review", reason="honeypot"))
        link = tx.execute(select(schema.confirmation.c.token)).scalar_one()
        ann = tx.execute(select(submission.c.id).where(submission.c.name == "Ann")).scalar_one()
    back_up(store, tmp_path / "b")
    settled = put_back(store, tmp_path / "b").settled
    assert settled == Settled(uncertain=1, review=2, awaiting=2, erased=0)
    resume(store)
    assert states(store) == {"awaiting": 2, "review": 2, "uncertain": 1}
    assert confirm(store, link, ann, sender=SENDER)
    assert states(store) == {"review": 4, "uncertain": 1}
    send_all(store, way := FakeTransport())
    assert way.accepted == []
    with store.write() as tx:  # a person may decide so all the same: then the log says it
        for held in tx.execute(select(letter.c.id).where(letter.c.state == "review")).scalars():
            assert outbox.let_leave(tx, held, actor="staff:x", now=clock.now)
        tx.execute(update(letter).values(cleared=True))
    send_all(store, way)
    assert len(way.accepted) == 4
    with store.read() as tx:
        sent = select(letter.c.possibly_twice).where(letter.c.state == State.SENT)
        assert set(tx.execute(sent).scalars()) == {True}


def test_erasures_made_since_are_repeated_and_newer_letters_are_left(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    log = tmp_path / "erasures.log"
    write(store, "Ann", "Ben")
    clock.pass_(60)
    back_up(store, tmp_path / "b")
    clock.pass_(60)
    erasing.forget(store, "ben@supporter.example", file=log)
    noted = journal.read(log)
    assert noted is not None
    with store.read() as tx:
        ann = addresses.mailbox_key("ann@supporter.example", store.pepper(tx))
    long_ago = journal.Erasure(at=clock.now - 3600, mailbox=ann)  # she has come back since

    def again(tx: object, now: float) -> Settled:
        told = replace(noted, erasures=(long_ago, *noted.erasures, *noted.erasures))
        return restoring.settle(tx, why="x", actor="test", noted=told, now=now)  # type: ignore[arg-type]

    store.close()
    restored = backup.restore(
        store, tmp_path / "b", backup.read(tmp_path / "b"), settle=again, tick=silent
    )
    assert restored.settled.erased == 1
    assert states(store) == {"uncertain": 2, "cancelled": 2}
    with store.read() as tx:
        assert set(tx.execute(select(submission.c.name)).scalars()) == {"Ann", ""}


def test_who_wanted_no_more_mail_gets_none_after_a_restore(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    log = tmp_path / "erasures.log"
    people = ("ann", "ben", "cleo", "dora")
    with store.read() as tx:
        ann, ben, cleo, dora = (
            addresses.mailbox_key(f"{name}@supporter.example", store.pepper(tx)) for name in people
        )
    unsubscribing.unsubscribe(store, cleo, file=log)
    careful = draft(supporter(name="Dora", email="dora@supporter.example"), campaign(confirm=True))
    accept(store, careful)
    with store.read() as tx:
        mailed = tx.execute(select(letter_text.c.body).order_by(letter_text.c.letter)).scalars()
        link = next(found[1] for body in mailed if (found := re.search(r"/confirm/(\w+)", body)))
    back_up(store, tmp_path / "b")
    clock.pass_(60)
    for _ in range(2):
        unsubscribing.unsubscribe(store, ann, file=log)
        unsubscribing.unsubscribe(store, ben, file=log)
        unsubscribing.subscribe(store, ben, file=log)
        unsubscribing.subscribe(store, cleo, file=log)
        assert disowning.disown(store, link, file=log)
    assert len(log.read_text().splitlines()) == 8, "again is not noted again, but for ben"
    assert "@" not in log.read_text()
    noted = journal.read(log)
    assert noted is not None
    store.close()
    restored = backup.restore(
        store, tmp_path / "b", backup.read(tmp_path / "b"), tick=silent,
        settle=lambda tx, now: restoring.settle(tx, why="x", actor="t", noted=noted, now=now),
    )  # fmt: skip
    assert (restored.settled.ended, restored.settled.erased) == (2, 0)
    with store.read() as tx:
        found = tx.execute(select(suppressed.c.mailbox, suppressed.c.reason)).all()
        open_ = select(letter.c.state).where(letter.c.kind == Kind.LETTER)
        assert set(tx.execute(open_).scalars()) == {"cancelled"}, "what waited for dora"
    assert {tuple(row) for row in found} == {
        (ann, unsubscribing.UNSUBSCRIBED), (dora, disowning.NOT_ME),
    }  # fmt: skip
