"""Backups: whole or not at all while others write. Restores: nothing is lost, nothing repeated."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import stat
import subprocess
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import insert, select, text, update

from mailer import addresses, outbox
from mailer.db import Store, backup, migrate, schema, sqlite
from mailer.db.backup import archive, postgres_tools, sqlite_copy
from mailer.db.backup.files import whole
from mailer.db.check import check
from mailer.db.schema import letter, letter_event, submission
from mailer.db.tick import silent
from mailer.errors import BackupError, StoreError
from mailer.outbox import Event, lanes, move
from mailer.status import State
from mailer.submissions import accept, confirm, erasing, journal, restoring
from mailer.submissions.restoring import Settled
from tests.conftest import Clock
from tests.factories import SENDER, campaign, draft, supporter
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


# --- a backup is whole -------------------------------------------------------------------------


def test_a_backup_holds_everything_and_is_for_its_owner_alone(store: Store, tmp_path: Path) -> None:
    write(store, "Ann", "Ben")
    file = tmp_path / "one.backup"
    made = back_up(store, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (made.rows["submission"], made.rows["letter"], made.rows["meta"]) == (2, 4, 1)
    assert made.version == schema.VERSION
    assert made.engine == ("sqlite" if store.is_sqlite else "postgresql")
    assert made.moment == store.now()
    assert [one.name for one in tmp_path.iterdir() if "backup" in one.name] == ["one.backup"]


def test_writers_go_on_while_a_backup_is_made(database_url: str, tmp_path: Path) -> None:
    store, writer = Store(database_url), Store(database_url)
    with store.write() as tx:
        rows = [{"name": f"row {number}", "value": "x" * 4000} for number in range(2000)]
        tx.execute(insert(schema.meta), rows)
    stop, written = threading.Event(), 0

    def keep_writing() -> None:
        nonlocal written
        while not stop.is_set():
            with writer.write() as tx:
                tx.execute(insert(schema.meta).values(name=f"new {written}", value="y"))
            written += 1

    begun: list[int] = []

    def tick(work: str, done: int, of: int) -> None:
        while work == "copied" and not begun and written < 3:
            stop.wait(0.001)
        begun.append(written)

    thread = threading.Thread(target=keep_writing)
    thread.start()
    try:
        made = backup.make(store, tmp_path / "b", replace=False, tick=tick)
    finally:
        stop.set()
        thread.join()
    assert written > begun[0], "a writer that waits for the backup would stand still"
    with store.read() as tx:
        assert made.rows["meta"] <= written + 2001
    writer.close()
    put_back(store, tmp_path / "b")
    with store.read() as tx:
        assert len(tx.execute(select(schema.meta.c.name)).all()) == made.rows["meta"]
    store.close()


@pytest.mark.skipif(not sqlite.wal_is_safe(), reason="this SQLite is too old for a snapshot")
def test_a_copy_of_sqlite_is_of_one_moment(new_sqlite: Callable[[], str], tmp_path: Path) -> None:
    url = new_sqlite()
    store, writer = Store(url), Store(url)
    with store.write() as tx:
        rows = [{"name": f"row {number:04}", "value": "x" * 4000} for number in range(1500)]
        tx.execute(insert(schema.meta), rows)

    def tick(work: str, done: int, of: int) -> None:
        if work == "copied" and done < of:
            with writer.write() as tx:  # both ends of the table, of which one is copied already
                tx.execute(update(schema.meta).values(value=f"{done}"))

    to = tmp_path / "copy.db"
    _, rows_by_table = sqlite_copy.copy(store, to, tick)
    assert rows_by_table["meta"] == 1501
    with closing(sqlite.module.connect(str(to))) as copied:
        found = copied.execute("SELECT value FROM meta WHERE name LIKE 'row%'").fetchall()
    assert {value for (value,) in found} == {"x" * 4000}
    store.close()
    writer.close()


def test_a_copy_without_a_snapshot_ends_too(new_sqlite: Callable[[], str], tmp_path: Path) -> None:
    url = new_sqlite()
    with closing(sqlite.module.connect(url.removeprefix("sqlite:///"))) as old:
        old.execute("CREATE TABLE filler (text TEXT)")
        old.executemany("INSERT INTO filler VALUES (?)", [("x" * 4000,)] * 1500)
        old.commit()
    told: list[int] = []

    def tick(work: str, done: int, of: int) -> None:
        told.append(done)
        if done < of:  # always quicker than the copy
            with closing(sqlite.module.connect(url.removeprefix("sqlite:///"))) as busy:
                busy.execute("INSERT INTO filler VALUES ('more')")
                busy.commit()

    with closing(Store(url)) as store, closing(sqlite.module.connect(tmp_path / "c.db")) as target:
        sqlite_copy.copy_piecemeal(store, target, tick)
        assert len(told) == sqlite_copy.RESTARTS + 2, "then all at once"
        assert target.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count = "SELECT count(*) FROM filler"
        with store.read() as tx:
            assert target.execute(count).fetchone()[0] == tx.exec_driver_sql(count).scalar()


def test_a_backup_replaces_nothing_unless_it_may(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "one.backup"
    back_up(store, file)
    before = file.read_bytes()
    with pytest.raises(BackupError, match=r"is there already.*--force"):
        backup.make(store, file, replace=False, tick=silent)
    assert file.read_bytes() == before
    write(store, "Ann")
    backup.make(store, file, replace=True, tick=silent)
    assert backup.read(file).rows["submission"] == 1


def test_a_backup_that_fails_leaves_the_older_one_and_no_half_one(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "one.backup"
    back_up(store, file)
    before = file.read_bytes()

    def pull_the_plug(work: str, done: int, of: int) -> None:
        if work == "packed":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup.make(store, file, replace=True, tick=pull_the_plug)
    assert file.read_bytes() == before
    assert not list(tmp_path.glob("*.part*"))


def test_what_a_killed_backup_left_is_taken_over(store: Store, tmp_path: Path) -> None:
    for left in ("one.backup.part", "one.backup.part.raw"):
        (tmp_path / left).write_bytes(b"left" * 1000)
    back_up(store, tmp_path / "one.backup")
    assert not list(tmp_path.glob("*.part*"))


def test_two_backups_to_one_file_do_not_mix(tmp_path: Path) -> None:
    with whole(tmp_path / "b", replace=False) as out:
        out.write(b"the first")
        with (
            pytest.raises(BackupError, match="another backup"),
            whole(tmp_path / "b", replace=True),
        ):
            pytest.fail("it went on")
    assert (tmp_path / "b").read_bytes() == b"the first"


@pytest.mark.parametrize(
    ("place", "said"),
    [("none/b", "there is no folder"), ("", "is a folder"), ("file/b", "there is no folder")],
)
def test_a_place_that_cannot_be_written_is_told(
    new_sqlite: Callable[[], str], tmp_path: Path, place: str, said: str
) -> None:
    (tmp_path / "file").touch()
    with closing(Store(new_sqlite())) as store, pytest.raises(BackupError, match=said):
        backup.make(store, tmp_path / place, replace=False, tick=silent)


def test_a_full_disk_is_told_and_leaves_nothing(
    new_sqlite: Callable[[], str], full_disk: Path
) -> None:
    with closing(Store(new_sqlite())) as store:
        with store.write() as tx:
            rows = [{"name": str(number), "value": os.urandom(2000).hex()} for number in range(500)]
            tx.execute(insert(schema.meta), rows)
        with pytest.raises(BackupError, match=r"full|No space"):
            backup.make(store, full_disk / "b", replace=False, tick=silent)
    assert list(full_disk.iterdir()) == []


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("A FULL DISK IS NOT TRIED: this user may not mount one")
    yield place
    subprocess.run(["umount", place], check=True)


# --- what is no good is refused ----------------------------------------------------------------


def test_a_damaged_backup_is_refused_wherever_the_damage_is(store: Store, tmp_path: Path) -> None:
    write(store, "Ann")
    file = tmp_path / "good"
    back_up(store, file)
    good, bad = file.read_bytes(), tmp_path / "bad"
    whole_copy = b"".join(archive.chunks(file))
    refused = 0
    for place in range(0, len(good), len(good) // 50):
        bad.write_bytes(good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1 :])
        found = io.BytesIO()
        try:
            archive.unpack(bad, backup.read(bad), found, silent)
        except BackupError:
            refused += 1
        else:  # a byte that says nothing, such as the year of an entry
            assert (found.getvalue(), backup.read(bad)) == (whole_copy, backup.read(file))
    assert refused > 40
    for size in (0, 100, len(good) // 2, len(good) - 1):
        bad.write_bytes(good[:size])
        with pytest.raises(BackupError, match=r"damaged|not a backup"):
            backup.read(bad)


def test_a_damaged_backup_leaves_the_database_as_it_was(store: Store, tmp_path: Path) -> None:
    write(store, "Ann")
    back_up(store, tmp_path / "b")
    content = (tmp_path / "b").read_bytes()
    middle = len(content) // 2
    (tmp_path / "b").write_bytes(content[:middle] + b"xxxx" + content[middle + 4 :])
    with pytest.raises(BackupError, match="damaged"):
        put_back(store, tmp_path / "b")
    assert states(store) == {"queued": 2}


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(BackupError, match="not a backup"):
        backup.read(tmp_path / "x")
    with pytest.raises(BackupError, match="No such file"):
        backup.read(tmp_path / "none")


def altered(file: Path, **changes: object) -> Path:
    """A backup whose manifest says something else."""
    other = file.with_name("altered")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        said = json.loads(old.read("manifest.json")) | changes
        new.writestr("manifest.json", json.dumps(said))
        new.writestr("database", old.read("database"))
    return other


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"form": 2}, "newer mailer"),
        ({"version": "9999"}, "version '9999', which this mailer does not know"),
        ({"engine": "other"}, "is a backup of other"),
        ({"sha256": "0" * 64}, "damaged"),
        ({"rows": []}, "damaged"),
        ({"moment": "yesterday"}, "damaged"),
    ],
)
def test_a_foreign_or_newer_backup_is_refused(
    store: Store, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    write(store, "Ann")
    back_up(store, tmp_path / "b")
    with pytest.raises(BackupError, match=said):
        put_back(store, altered(tmp_path / "b", **changes))
    assert states(store) == {"queued": 2}


def test_a_backup_of_the_other_engine_is_refused(
    new_sqlite: Callable[[], str], new_postgres: Callable[[], str], tmp_path: Path
) -> None:
    with closing(Store(new_sqlite())) as one, closing(Store(new_postgres())) as other:
        back_up(one, tmp_path / "b")
        with pytest.raises(BackupError, match=r"is a backup of SQLite.*is PostgreSQL.*db copy"):
            put_back(other, tmp_path / "b")


def test_a_database_that_others_use_is_left_alone(
    database_url: str, store: Store, tmp_path: Path
) -> None:
    write(store, "Ann")
    back_up(store, tmp_path / "b")
    other = Store(database_url)
    with other.read() as tx:
        tx.execute(select(letter.c.id)).all()
    try:
        with pytest.raises(BackupError, match="stop `mailer"):
            put_back(store, tmp_path / "b")
    finally:
        other.close()
    put_back(store, tmp_path / "b")


# --- a restore ---------------------------------------------------------------------------------


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
            eventually_free(store)
            put_back(store, file)
            assert states(store) == {"uncertain": 2}
            assert check(store, silent) == []
        if process.exitcode == 0:
            break
    assert codes[-1] == 0
    assert len(codes) > 3
    assert set(codes[:-1]) == {9}


def eventually_free(store: Store) -> None:
    """Wait until PostgreSQL has noticed that the dead are gone."""
    others = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    alone = store.is_sqlite
    while not alone:
        with store.read() as tx:
            alone = tx.execute(others).scalar() == 1


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
        erasures = (long_ago, *noted.erasures, *noted.erasures)
        return restoring.settle(tx, why="x", actor="test", erasures=erasures, now=now)  # type: ignore[arg-type]

    store.close()
    restored = backup.restore(
        store, tmp_path / "b", backup.read(tmp_path / "b"), settle=again, tick=silent
    )
    assert restored.settled.erased == 1
    assert states(store) == {"uncertain": 2, "cancelled": 2}
    with store.read() as tx:
        assert set(tx.execute(select(submission.c.name)).scalars()) == {"Ann", ""}


# --- PostgreSQL's programs ---------------------------------------------------------------------


def a_program(folder: Path, says: str) -> Path:
    folder.mkdir(parents=True)
    file = folder / "pg_dump"
    file.write_text(f"#!/bin/sh\necho '{says}'\n")
    file.chmod(0o755)
    return file


def test_the_program_of_the_servers_own_version_is_taken_else_a_newer_one(tmp_path: Path) -> None:
    for version in (96, 97, 99):
        a_program(tmp_path / f"{version}" / "bin", f"pg_dump (PostgreSQL) {version}.4 (Debian)")
    assert postgres_tools.find("pg_dump", 97, tmp_path).parts[-3] == "97"
    assert postgres_tools.find("pg_dump", 98, tmp_path).parts[-3] == "99"
    with pytest.raises(BackupError, match=r"PostgreSQL 100, and the newest pg_dump here is of 99"):
        postgres_tools.find("pg_dump", 100, tmp_path)


def test_a_missing_program_is_told_with_the_repair(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"no_such_dump is not here: install.*postgresql-client"):
        postgres_tools.find("no_such_dump", 15, tmp_path)


def test_a_password_stands_on_no_command_line(tmp_path: Path) -> None:
    a_program(tmp_path / "15" / "bin", "pg_dump (PostgreSQL) 15.1")
    url = "postgresql+psycopg://mailer:se%20cret@db.example:6543/letters?sslmode=require"
    with closing(Store(url)) as store:
        program = postgres_tools.Program(store, "pg_dump", 15, tmp_path)
    assert "cret" not in program.target
    assert program.environment["PGPASSWORD"] == "se cret"
    for part in ("host=db.example", "port=6543", "dbname=letters", "sslmode=require"):
        assert part in program.target
