"""`mailer backup`, `restore`, `forget`, `db copy`, `db check`: what they say, how they end."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from mailer import submissions, worker
from mailer.cli import main, presence
from mailer.cli.progress import EVERY, Progress
from mailer.config import KNOWN, Settings
from mailer.db import Store
from mailer.outbox import lanes
from mailer.worker.liveness import Liveness
from tests.conftest import Clock
from tests.factories import draft, supporter

Mailer = Callable[..., Result]


@pytest.fixture
def mailer(home: Path) -> Mailer:
    """Runs `mailer words...` with these settings and no others."""

    def run(*words: str, **settings: str) -> Result:
        clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
        clean |= {"DATABASE_URL": None, "PORT": None, "NO_COLOR": None}
        return CliRunner().invoke(main, words, env=clean | {"MAILER_HOME": str(home)} | settings)

    return run


@pytest.fixture
def store(home: Path, sqlite_template: Path) -> Iterator[Store]:
    """The database that `mailer up` would have made."""
    (home / "var").mkdir()
    shutil.copy(sqlite_template, home / "var" / "mailer.db")
    with closing(Store(f"sqlite:///{home}/var/mailer.db")) as opened:
        yield opened


def write(store: Store, name: str) -> None:
    """Two letters of somebody."""
    submissions.accept(store, draft(supporter(name=name, email=f"{name}@supporter.example")))
    store.close()


def ended(result: Result, code: int, *words: str) -> None:
    """It ended with this code, said all of `words` on stderr, and no traceback."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def test_backup_and_restore_there_and_back(mailer: Mailer, store: Store, home: Path) -> None:
    write(store, "ann")
    ended(mailer("backup", f"{home}/b"), 0, "2 letters of 1 submission, as of 20", " UTC; 0.0 MB")
    ended(
        mailer("restore", f"{home}/b"), 0, "everything is paused", "is kept in",
        "What was written since is not in it", "There is no journal of erasures at",
        "  2 letters were open: now uncertain and held", "mailer lane resume everything",
    )  # fmt: skip
    with store.read() as tx:
        pause = lanes.paused(tx)[lanes.EVERYTHING]
    assert pause.reason.startswith("restored from the backup of 20")
    assert pause.actor == "mailer restore"


def test_backup_for_programs(mailer: Mailer, store: Store, home: Path) -> None:
    write(store, "ann")
    made = json.loads(mailer("backup", f"{home}/b", "--json").stdout)
    assert made["rows"]["letter"] == 2
    assert made["bytes"] == (home / "b").stat().st_size
    told = {"file", "bytes", "moment", "engine", "version", "rows", "sha256", "removed"}
    assert set(made) == {*told, "encrypted"}
    assert made["encrypted"] is False


def test_backup_removes_those_that_were_kept_long_enough(
    mailer: Mailer, store: Store, home: Path
) -> None:
    write(store, "ann")
    folder = home / "kept"
    folder.mkdir()
    ended(mailer("backup", f"{folder}/new.backup"), 0)
    for name, days in (("week.backup", 8), ("day.backup", 6), ("week.copy", 8)):
        aged(folder / "new.backup", folder / name, days)
    (folder / "notes.backup").write_text("ours to keep", encoding="utf-8")
    (folder / "link.backup").symlink_to(folder / "week.copy")
    ended(mailer("backup", f"{folder}/now.backup", "--keep", "7"), 0, "older than 7 days: 1 file")
    left = {one.name for one in folder.iterdir()}
    others = {"new.backup", "day.backup", "week.copy", "notes.backup", "link.backup"}
    assert left == {"now.backup", *others}
    again = mailer("backup", f"{folder}/now.backup", "--force", "--keep", "5", "--json")
    assert json.loads(again.stdout)["removed"] == [str(folder / "day.backup")]
    ended(mailer("backup", f"{folder}/now.backup", "--keep", "0"), 2, "--keep")


def test_backup_removes_what_a_killed_one_left_half_done(
    mailer: Mailer, store: Store, home: Path
) -> None:
    write(store, "ann")
    folder = home / "kept"
    folder.mkdir()
    lately = time.time()
    left = {"x.backup.part": 8, "x.backup.part.raw": 8, "y.backup.part": 6, "z.copy.part": 8}
    for name, days in left.items():
        (folder / name).write_text("Ann Example", encoding="utf-8")
        os.utime(folder / name, (lately - days * 86400,) * 2)
    ended(mailer("backup", f"{folder}/now.backup", "--keep", "7"), 0, "older than 7 days: 2 files")
    assert {one.name for one in folder.iterdir()} == {"now.backup", "y.backup.part", "z.copy.part"}


def aged(file: Path, to: Path, days: float) -> None:
    """The same backup, as if it had been made so many days before."""
    with zipfile.ZipFile(file) as packed, zipfile.ZipFile(to, "w") as older:
        manifest = json.loads(packed.read("manifest.json"))
        manifest["moment"] -= days * 86400
        older.writestr("manifest.json", json.dumps(manifest))
        older.writestr("database", packed.read("database"))


def test_backup_refuses_plainly(mailer: Mailer, home: Path) -> None:
    ended(mailer("backup", f"{home}/b"), 1, "there is no database at")
    assert not (home / "b").exists()
    (home / "var").mkdir(exist_ok=True)
    with closing(Store(f"sqlite:///{home}/var/mailer.db")) as empty:
        empty.version()
    ended(mailer("backup", f"{home}/b"), 1, "is empty: there is nothing to back up")
    mailer("db", "upgrade")
    ended(mailer("backup", f"{home}/b"), 0)
    ended(mailer("backup", f"{home}/b"), 1, "is there already", "--force")
    ended(mailer("backup", f"{home}/b", "--force"), 0)
    ended(mailer("backup", f"{home}/none/b"), 1, "there is no folder", "make it first")


def test_restore_says_what_would_be_lost_and_refuses(
    mailer: Mailer, store: Store, home: Path, settings: Settings
) -> None:
    write(store, "ann")
    mailer("backup", f"{home}/b")
    time.sleep(0.01)  # the next moment is another one
    write(store, "ben")
    worker.drain(settings, store)
    store.close()
    lost = "the database is newer: 1 submission and 2 letters were written since, and 4 letters"
    ended(mailer("restore", f"{home}/b"), 1, lost, "--yes")
    with store.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM submission")).scalar() == 2
    store.close()
    ended(mailer("restore", f"{home}/b", "--yes"), 0, lost, "2 letters were open")
    worker.drain(settings, store)
    assert len(list((home / "var" / "outbox" / "new").iterdir())) == 4, "nothing left again"


def test_restore_refuses_while_a_worker_runs(
    mailer: Mailer, store: Store, home: Path, settings: Settings
) -> None:
    write(store, "ann")
    mailer("backup", f"{home}/b")
    alive = Liveness(settings.var / "workers")
    ended(mailer("restore", f"{home}/b"), 1, "a worker runs here: stop `mailer up`")
    alive.close()
    ended(mailer("restore", f"{home}/b"), 0)


def test_restore_refuses_while_the_pages_are_served(
    mailer: Mailer, store: Store, home: Path, settings: Settings
) -> None:
    write(store, "ann")
    mailer("backup", f"{home}/b")
    held = [presence.show(settings.var), presence.show(settings.var)]
    for descriptor in held:
        ended(mailer("restore", f"{home}/b"), 1, "the pages are served from here: stop `mailer up`")
        os.close(descriptor)
    ended(mailer("restore", f"{home}/b"), 0)


def test_restore_refuses_while_another_program_has_the_database(
    mailer: Mailer, store: Store, home: Path
) -> None:
    write(store, "ann")
    mailer("backup", f"{home}/b")
    with store.read() as tx:
        tx.execute(text("SELECT 1 FROM letter")).all()
        ended(mailer("restore", f"{home}/b"), 1, "another program", "stop `mailer up`")


def test_restore_on_a_new_machine(mailer: Mailer, store: Store, home: Path) -> None:
    write(store, "ann")
    mailer("backup", f"{home}/b")
    shutil.rmtree(home / "var")
    ended(mailer("restore", f"{home}/b"), 0, "everything is paused")
    ended(mailer("db", "check"), 0, "all is well")


@pytest.mark.parametrize("content", ["", "no backup"])
def test_restore_refuses_what_is_no_backup(mailer: Mailer, home: Path, content: str) -> None:
    (home / "x").write_text(content)
    ended(mailer("restore", f"{home}/x"), 1, "is damaged, or not a backup")
    ended(mailer("restore", f"{home}/none"), 1, "No such file")
    assert not (home / "var" / "mailer.db").exists()


def test_a_platform_must_name_its_database(mailer: Mailer, home: Path) -> None:
    live = {
        "MAILER_BASE_URL": "https://letters.example.org",
        "MAILER_SECRET_KEY": "J7qN2vXc9LmR4tWz8KpB3hYd6FgS1aUe",
        "MAILER_FROM": "letters@coalition.example",
    }  # fmt: skip
    ended(mailer("restore", "b", **live), 1, "cannot be read")
    (home / "b").touch()
    ended(mailer("backup", "b", **live), 2, "MAILER_DATABASE_URL is missing")


def test_forget_says_what_it_took_and_a_restore_repeats_it(
    mailer: Mailer, store: Store, home: Path, settings: Settings
) -> None:
    write(store, "ann")
    worker.drain(settings, store)
    write(store, "ben")
    mailer("backup", f"{home}/b")
    ended(
        mailer("forget", "Ann@supporter.example"), 0, "Erased: 1 submission",
        "2 files of the local outbox removed", "erasures.log",
    )  # fmt: skip
    ended(mailer("forget", "ben@supporter.example"), 0, "2 letters had not left and will not")
    ended(mailer("forget", "ann@supporter.example"), 0, "Nothing is kept of letters")
    ended(mailer("forget", "ann"), 1, "no @ sign")
    assert list((home / "var" / "outbox" / "new").iterdir()) == []
    ended(mailer("restore", f"{home}/b"), 0, "Erased again, as the journal says: 2 submissions.")
    with store.read() as tx:
        assert tx.execute(text("SELECT DISTINCT name FROM submission")).scalars().all() == [""]


def test_the_journal_may_lie_elsewhere_and_its_bad_lines_are_told(
    mailer: Mailer, store: Store, home: Path, tmp_path: Path
) -> None:
    write(store, "ann")
    mailer("backup", f"{home}/b")
    log = tmp_path / "lasting" / "journal"
    ended(mailer("forget", "ann@supporter.example", MAILER_JOURNAL=str(log)), 0, str(log))
    log.write_text(log.read_text() + "what is this\n")
    ended(
        mailer("restore", f"{home}/b", MAILER_JOURNAL=str(log)), 0, "Erased again",
        f"Not readable in {log}: 1 line",
    )  # fmt: skip


def test_check_says_what_is_wrong(mailer: Mailer, store: Store) -> None:
    write(store, "ann")
    ended(mailer("db", "check"), 0, "all is well")
    assert json.loads(mailer("db", "check", "--json").stdout) == []
    with store.write() as tx:
        tx.execute(text("DELETE FROM letter_text"))
    found = mailer("db", "check")
    ended(found, 1)
    assert found.stdout.count("letter: it has no text: ") == 2
    found = mailer("db", "check", "--json")
    assert (found.exit_code, len(json.loads(found.stdout))) == (1, 2)


def test_copy_shows_rows_and_hashes(
    mailer: Mailer, store: Store, home: Path, new_postgres: Callable[[], str]
) -> None:
    write(store, "ann")
    url = new_postgres().replace("+psycopg", "")
    there = mailer("db", "copy", "sqlite:///var/mailer.db", url)
    ended(there, 0, "says the same as", "2 letters were open", "mailer lane resume everything")
    rows = {line.split()[0]: line.split()[1:] for line in there.stdout.splitlines()}
    assert rows["letter"][0] == "2"
    assert len(rows["letter"][1]) == 64
    back = mailer("db", "copy", url, f"sqlite:///{home}/back.db", "--json")
    assert json.loads(back.stdout)["letter"]["rows"] == 2
    ended(mailer("db", "check", MAILER_DATABASE_URL=f"sqlite:///{home}/back.db"), 0)


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("sqlite:///none.db", "sqlite:///new.db", 1, "there is no database at"),
        ("sqlite:///var/mailer.db", "sqlite:///var/mailer.db", 1, "are the same database"),
        ("mysql://x/y", "sqlite:///new.db", 2, "FROM starts with neither"),
        ("sqlite:///var/mailer.db", "new.db", 2, "TO starts with neither"),
        (
            "sqlite:///var/mailer.db", "postgresql://127.0.0.1:1/none", 1,
            "cannot be used: connection failed",
        ),
    ],
)  # fmt: skip
def test_copy_refuses_plainly(
    mailer: Mailer, store: Store, home: Path, old: str, new: str, code: int, said: str
) -> None:
    ended(mailer("db", "copy", old, new), code, said)
    assert not (home / "new.db").exists()


# --- progress ----------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar() -> None:
    out = Terminal()
    progress = Progress(out)
    for done in range(1001):
        progress("copied", done, 1000)
    progress("packed", 1, 4)
    progress.close()
    lines = out.getvalue().split("\n")
    assert lines[0].split("\r")[-1] == f"copied     [{'#' * 30}] 100 %"
    assert lines[1] == f"\rpacked     [{'#' * 7}{'.' * 23}]  25 %"
    assert len(lines[0].split("\r")) == 102, "once for each percent"


def test_elsewhere_it_is_a_plain_line_now_and_then(clock: Clock) -> None:
    out = io.StringIO()
    progress = Progress(out, clock)
    for done in range(100):
        progress("copied", done, 100)
        clock.pass_(EVERY / 20)
    progress.close()
    assert out.getvalue() == "copied: 20 %\ncopied: 40 %\ncopied: 60 %\ncopied: 80 %\n"
