"""`mailer log act`, `acts`, `stop`, `undo`: counted, asked, done, and noted in the audit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailer import audit, bulk, sendlog
from mailer.bulk import ACTS
from mailer.cli import acting, main
from mailer.config import KNOWN
from mailer.db import Store
from mailer.sendlog import Filter
from mailer.status import State
from tests.factories import recipients
from tests.staff_letters import letters, write

Mailer = Callable[..., Result]


@pytest.fixture
def mailer(home: Path) -> Mailer:
    """Runs `mailer log words...`."""

    def run(*words: str, input: str | None = None) -> Result:  # noqa: A002 - click's name
        clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
        env = clean | {"DATABASE_URL": None, "MAILER_HOME": str(home)}
        return CliRunner().invoke(main, ("log", *words), env=env, input=input)

    return run


@pytest.fixture
def store(home: Path, sqlite_template: Path) -> Iterator[Store]:
    file = home / "var" / "mailer.db"
    file.parent.mkdir()
    shutil.copy(sqlite_template, file)
    with closing(Store(f"sqlite:///{file}")) as opened:
        yield opened


def noted(store: Store) -> list[tuple[str, str, int | None]]:
    found = reversed(audit.page(store, audit.Wanted(), 99).entries)
    return [(one.act, one.actor, one.count) for one in found]


def test_letters_are_counted_asked_for_changed_and_taken_back(mailer: Mailer, store: Store) -> None:
    write(store, 1, to=recipients(3))
    asked = mailer("act", "hold", "--official", "minister-1", input="n\n")
    assert asked.exit_code == 1
    assert "Hold letters that wait to leave: 1 letter. Do it?" in asked.stderr
    assert sendlog.counts(store) == {State.QUEUED: 3}
    done = mailer("act", "hold", input="y\n")
    assert done.exit_code == 0, done.output
    assert "3 letters changed." in done.stderr
    assert sendlog.counts(store) == {State.REVIEW: 3}
    (one,) = json.loads(mailer("acts", "--json").stdout)
    assert (one["act"], one["state"], one["changed"]) == ("hold", "done", 3)
    assert f"mailer log undo {one['id']}" in done.stderr
    assert "done" in mailer("acts").stdout
    assert mailer("undo", one["id"], "--yes").exit_code == 0
    assert sendlog.counts(store) == {State.QUEUED: 3}
    assert mailer("undo", one["id"], "--yes").exit_code == 1, "once"
    assert [(act, count) for act, _, count in noted(store)] == [
        ("bulk.begin", 3), ("bulk.done", 3), ("bulk.undo", 3), ("bulk.done", 3),
    ]  # fmt: skip
    assert {actor for _, actor, _ in noted(store)} == {audit.COMMAND}


def test_one_letter_is_acted_on_by_its_id(mailer: Mailer, store: Store) -> None:
    write(store, 1)
    first, second = letters(store)
    assert mailer("act", "hold", "--letter", first).exit_code == 0
    assert sendlog.counts(store) == {State.REVIEW: 1, State.QUEUED: 1}
    wrong = mailer("act", "release", "--letter", second)
    assert (wrong.exit_code, wrong.stderr) == (1, "mailer: it is queued: `release` is for review\n")
    assert mailer("act", "release", "--letter", first).exit_code == 0
    assert mailer("act", "cancel", "--letter", "nothing").exit_code == 1
    assert [act for act, _, _ in noted(store)] == ["letter.hold", "letter.leave"]


def test_an_act_is_stopped(mailer: Mailer, store: Store) -> None:
    write(store, 1)
    with store.write() as tx:
        job_id = bulk.begin(tx, "hold", Filter(), actor="staff:1", now=store.now(tx))
    assert "Stopped: what it had done stays done." in mailer("stop", job_id).stderr
    assert "It had ended before." in mailer("stop", job_id).stderr
    assert mailer("stop", "nothing").exit_code == 1
    assert sendlog.counts(store) == {State.QUEUED: 2}


@pytest.mark.usefixtures("store")
def test_what_there_is_nothing_for_is_said(mailer: Mailer) -> None:
    assert "No letter is in a state" in mailer("act", "resend", "--yes").stderr
    assert mailer("act", "hold", "--query", "ann").exit_code == 2
    assert mailer("act", "nothing").exit_code == 2
    assert mailer("acts").stderr == "Nobody has begun one yet.\n"


def test_every_act_has_a_name() -> None:
    assert acting.NAMES.keys() == ACTS.keys()
