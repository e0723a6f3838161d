"""The database: migrations, durability, one writer at a time, plain words when it is away."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text

import mailer.db
from mailer.db import Store, migrate, postgresql, schema, sqlite
from mailer.errors import StoreError


def test_the_migrations_make_exactly_the_tables_the_program_knows(store: Store) -> None:
    with store.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        found = compare_metadata(context, schema.metadata)
    # SQLite cannot tell the conditions of partial indexes apart: they are created by name.
    assert found == []


def test_the_newest_migration_is_the_one_the_program_asks_for(store: Store) -> None:
    folder = Path(mailer.db.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == schema.VERSION
    store.check_version()


def test_an_empty_database_is_refused_with_the_repair(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/new.db")
    with pytest.raises(StoreError, match="mailer db upgrade"):
        store.check_version()
    store.close()


def _migrate(url: str, start: object, failures: object) -> None:
    store = Store(url)
    start.wait()  # type: ignore[attr-defined]
    try:
        migrate.upgrade(store)
        store.check_version()
    except Exception as error:  # noqa: BLE001 - told to the parent
        failures.put(repr(error))  # type: ignore[attr-defined]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_four_processes_may_migrate_at_once(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path}/new.db"
    else:
        url = request.getfixturevalue("new_postgres")()
        store = Store(url)
        with store.write() as tx:
            tx.execute(text("DROP SCHEMA public CASCADE"))
            tx.execute(text("CREATE SCHEMA public"))
        store.close()
    spawn = multiprocessing.get_context("spawn")
    start, failures = spawn.Barrier(4), spawn.Queue()
    workers = [spawn.Process(target=_migrate, args=(url, start, failures)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert failures.empty(), failures.get()
    store = Store(url)
    with store.read() as tx:
        assert len(store.pepper(tx)) == 32
    store.close()


def test_each_installation_has_a_pepper_of_its_own(tmp_path: Path) -> None:
    found = set()
    for name in ("one", "two"):
        store = Store(f"sqlite:///{tmp_path}/{name}.db")
        migrate.upgrade(store)
        with store.read() as tx:
            found.add(store.pepper(tx))
        store.close()
    assert len(found) == 2


def test_sqlite_commits_are_durable_and_the_journal_is_safe(new_sqlite: object) -> None:
    store = Store(new_sqlite())  # type: ignore[operator]
    with store.engine.connect() as connection:
        read = connection.exec_driver_sql
        assert read("PRAGMA synchronous").scalar() == 2, "FULL"
        assert read("PRAGMA foreign_keys").scalar() == 1
        mode = read("PRAGMA journal_mode").scalar()
        assert mode == ("wal" if sqlite.wal_is_safe() else "truncate")
    store.close()


def test_threads_that_write_at_once_all_get_their_turn(database_url: str) -> None:
    store = Store(database_url)
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for step in range(5):
                with store.write() as tx:
                    tx.execute(insert(schema.meta).values(name=f"{number}-{step}", value="x"))
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with store.read() as tx:
        assert len(tx.execute(select(schema.meta.c.name)).all()) == 16 * 5 + 1
    store.close()


def test_a_writer_that_hangs_does_not_hang_the_others(tmp_path: Path) -> None:
    file = tmp_path / "mailer.db.gate"
    held = os.open(file, os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    gate = sqlite.WriteGate(file, patience=0.2)

    def enter() -> None:
        with gate():
            raise AssertionError

    with pytest.raises(TimeoutError):
        enter()
    os.close(held)
    with gate():
        pass
    with gate(), ThreadPoolExecutor(1) as pool, pytest.raises(TimeoutError):
        pool.submit(enter).result()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_the_gate_excludes_across_a_fork(tmp_path: Path) -> None:
    gate = sqlite.WriteGate(tmp_path / "mailer.db.gate", patience=0.2)
    with gate():
        child = multiprocessing.get_context("fork").Process(target=_try, args=(gate,))
        child.start()
        child.join(30)
        assert child.exitcode == 3
    child = multiprocessing.get_context("fork").Process(target=_try, args=(gate,))
    child.start()
    child.join(30)
    assert child.exitcode == 0


def _try(gate: sqlite.WriteGate) -> None:
    try:
        with gate():
            code = 0
    except TimeoutError:
        code = 3
    os._exit(code)


def test_a_closed_store_keeps_no_file_open(new_sqlite: Callable[[], str]) -> None:
    store = Store(new_sqlite())
    with store.alone():
        pass
    database = str(store.url.database)
    assert f"{database}.gate" in _open_files()
    store.close()
    assert not [name for name in _open_files() if name.startswith(database)]
    with store.alone():  # who writes once more opens it anew
        pass
    store.close()


def _open_files() -> set[str]:
    names = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # the listing's own descriptor is closed by now
            names.add(os.readlink(f"/proc/self/fd/{number}"))
    return names


def test_a_busy_database_is_told_plainly(new_sqlite: Callable[[], str]) -> None:
    store = Store(new_sqlite())
    store._gate = sqlite.WriteGate(Path(f"{store.url.database}.gate"), patience=0.1)
    held = os.open(f"{store.url.database}.gate", os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(StoreError, match="too busy"), store.write():
        pass
    os.close(held)
    store.close()


def test_an_error_rolls_everything_back(store: Store) -> None:
    def fail() -> None:
        with store.write() as tx:
            tx.execute(insert(schema.meta).values(name="lost", value="x"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as tx:
        names = tx.execute(select(schema.meta.c.name)).scalars().all()
    assert "lost" not in names


def test_a_folder_that_cannot_be_made_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file in the place of a folder")
    with pytest.raises(StoreError, match="var cannot be made"):
        Store("sqlite:///var/mailer.db", home=tmp_path)


def test_a_server_that_is_away_is_told_without_its_password() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store = Store(f"postgresql+psycopg://mailer:s3cret@127.0.0.1:{port}/mailer")
    with pytest.raises(StoreError, match="cannot be used") as caught, store.read():
        pass
    assert "s3cret" not in str(caught.value)
    store.close()


def test_a_writer_that_freezes_in_a_transaction_is_ended_by_postgresql(
    new_postgres: Callable[[], str],
) -> None:
    """Its locks would hold up every other worker and the pages until it wakes."""
    store = Store(new_postgres())

    def freeze() -> None:
        with store.write() as tx:
            bound = tx.execute(text("SHOW idle_in_transaction_session_timeout")).scalar()
            assert bound == f"{postgresql.FROZEN}s"
            tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = '200ms'"))  # sooner
            tx.execute(insert(schema.meta).values(name="frozen", value="x"))
            time.sleep(1.0)
            tx.execute(text("SELECT 1"))

    with pytest.raises(StoreError, match="cannot be used"):
        freeze()
    with store.write() as tx:
        tx.execute(insert(schema.meta).values(name="frozen", value="free again"))
    with store.snapshot() as tx:  # a long reader holds up nobody, and may take its time
        assert tx.execute(text("SHOW idle_in_transaction_session_timeout")).scalar() == "0"
    store.close()


def test_postgresql_tells_the_time_itself(new_postgres: object) -> None:
    store = Store(new_postgres())  # type: ignore[operator]
    with store.read() as tx:
        assert store.now(tx) > 1_600_000_000
    store.close()
