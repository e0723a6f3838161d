"""Backups: whole or not at all while others write; what is no good is refused."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from mailer.db import Store, backup, schema, sqlite
from mailer.db.backup import archive, postgres_tools, sqlite_copy
from mailer.db.backup.files import whole
from mailer.db.schema import letter
from mailer.db.tick import silent
from mailer.errors import BackupError
from mailer.submissions.restoring import Settled
from tests.backups import back_up, put_back, states, write

Settle = Callable[..., Settled]


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


# --- PostgreSQL's programs ---------------------------------------------------------------------


def a_program(folder: Path, says: str, does: str = "") -> Path:
    folder.mkdir(parents=True)
    file = folder / "pg_dump"
    file.write_text(f"#!/bin/sh\necho '{says}'\n{does}\n")
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


def test_a_program_that_ends_early_is_told_in_its_own_words(tmp_path: Path) -> None:
    says = "echo one >&2; echo 'pg_dump: error: no room' >&2; test $1 = --version || exit 3"
    a_program(tmp_path / "99" / "bin", "pg_dump (PostgreSQL) 99.1", says)
    lines: list[str] = []
    with closing(Store("postgresql+psycopg://mailer@db.example/letters")) as store:
        program = postgres_tools.Program(store, "pg_dump", 99, tmp_path)
        with pytest.raises(BackupError, match="pg_dump failed: no room"):
            program.run(["--x"], feed=[b"x" * 100_000] * 20, heard=lines.append)
        with pytest.raises(ZeroDivisionError):
            program.run(["--x"], feed=(b"x" * (1 // 0) for _ in "x"))
    assert lines == ["one", "pg_dump: error: no room"]
