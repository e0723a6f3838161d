"""The life of a campaign on the command line: link, go-live, diff, pause, close, readdress."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailer import life
from mailer.approvals import latest
from mailer.campaigns import links
from mailer.cli import main
from mailer.config import KNOWN
from mailer.db import Store
from mailer.outbox import lanes
from mailer.submissions import accept, succession
from tests.conftest import Clock
from tests.test_succession import day, draft, files

Run = Callable[..., Result]

KEY = "J7qN2vXc9LmR4tWz8KpB3hYd6FgS1aUe"
RELAY = {"MAILER_TRANSPORT": "smtp://127.0.0.1:9?tls=none"}
PUBLIC = {
    "MAILER_BASE_URL": "https://letters.coalition.example", "MAILER_SECRET_KEY": KEY,
    "MAILER_FROM": "letters@coalition.example",
    "MAILER_TRANSPORT": "smtp://relay.coalition.invalid:25?tls=none",
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    write(folder)
    return folder


def write(home: Path, until: str = "", begins: str = "") -> None:
    for name, text in files(until, begins).files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")


@pytest.fixture
def run(home: Path) -> Run:
    """Runs `mailer campaign words...` with these settings and no others."""

    def mailer(*words: str, **settings: str) -> Result:
        clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
        env = clean | {"DATABASE_URL": None, "MAILER_HOME": str(home)} | settings
        return CliRunner().invoke(main, ("campaign", *words), env=env)

    return mailer


@pytest.fixture
def store(home: Path, sqlite_template: Path) -> Iterator[Store]:
    (home / "var").mkdir()
    shutil.copy(sqlite_template, home / "var" / "mailer.db")
    with closing(Store(f"sqlite:///{home}/var/mailer.db")) as opened:
        yield opened


def test_a_link_is_signed_for_some_days(run: Run) -> None:
    ended = run("link", "quiet", "--days", "7", MAILER_SECRET_KEY=KEY)
    assert ended.exit_code == 0, ended.output
    base, _, token = ended.stdout.strip().rpartition("/quiet/draft/")
    assert base == "http://127.0.0.1:8000"
    found = links.read((KEY,), "quiet", token, 0.0)
    assert found is not None
    assert "Open until 20" in ended.stderr
    for odd in ("0", "9999", "x"):
        assert run("link", "quiet", "--days", odd, MAILER_SECRET_KEY=KEY).exit_code == 2
    assert run("link", "quite", MAILER_SECRET_KEY=KEY).exit_code == 2


def test_a_link_is_taken_back(run: Run, store: Store) -> None:
    made = run("link", "quiet", MAILER_SECRET_KEY=KEY).stdout.strip()
    for words in ("The link is closed.", "The link was closed already."):
        assert words in run("link", "quiet", "--close", made, MAILER_SECRET_KEY=KEY).stderr
    assert life.is_link_closed(store, links.token_of(made, "quiet"))
    for other in ("x", made[:-3], made.replace("quiet", "other"), "é" * 20_001):
        refused = run("link", "quiet", "--close", other, MAILER_SECRET_KEY=KEY)
        assert (refused.exit_code, "no private link to quiet" in refused.stderr) == (2, True)


@pytest.mark.usefixtures("store")
def test_go_live_reckons_when_the_last_letter_leaves(run: Run) -> None:
    ended = run("go-live", "quiet", "--supporters", "9000", "--yes", **RELAY)
    assert ended.exit_code == 0, ended.output
    assert "if 9,000 people write within a day: 18,000 letters. The last letter leaves on" in (
        ended.stdout
    )
    assert "fail  transport" in ended.stderr, "a rehearsal only tells what the doctor finds"


def test_go_live_refuses_what_the_doctor_calls_a_fault(run: Run, store: Store) -> None:
    ended = run("go-live", "quiet", "--yes", **PUBLIC)
    assert ended.exit_code == 1
    assert "fail  transport" in ended.stderr
    assert "must be mended first" in ended.stderr
    assert latest(store, "quiet") is None
    assert run("go-live", "quiet", "--yes", "--anyway", **PUBLIC).exit_code == 0
    assert latest(store, "quiet") is not None


@pytest.mark.usefixtures("store")
def test_diff_shows_what_waits(run: Run, home: Path) -> None:
    assert "Nothing of it was approved before" in run("diff", "quiet", **RELAY).stdout
    run("go-live", "quiet", "--yes", **RELAY)
    assert "as it stands" in run("diff", "quiet", **RELAY).stderr
    file = home / "officials.yaml"
    file.write_text(file.read_text().replace("work@ministry", "labour@ministry"))
    shown = run("diff", "quiet", **RELAY).stdout
    assert "~ Sam South: work@ministry.example -> labour@ministry.example" in shown
    assert "+    email: labour@ministry.example" in shown
    assert run("diff", "quite", **RELAY).exit_code == 2


def test_closing_and_opening_again(run: Run, store: Store, home: Path) -> None:
    asked = run("close", "quiet")
    assert asked.exit_code == 1, "asks, and nobody answers"
    assert "Still leaving, in turn: 0 letters." in asked.stderr
    assert not life.is_closed(store, "quiet")
    assert "quiet is closed" in run("close", "quiet", "--yes").stderr
    assert "closed already" in run("close", "quiet", "--yes").stderr
    assert life.is_closed(store, "quiet")
    assert "live, closed by staff" in run("list").stdout
    refused = run("go-live", "quiet", "--yes", **RELAY)
    assert (refused.exit_code, "mailer campaign reopen quiet" in refused.stderr) == (1, True)
    letter = home / "templates" / "letters" / "quiet.md"
    letter.write_text(letter.read_text().replace('"live"', '"closed"'))
    said = run("reopen", "quiet").stderr
    assert "quiet is open again" in said
    assert 'status = "closed"' in said
    assert "was not closed" in run("reopen", "quiet").stderr
    assert run("close", "quite", "--yes").exit_code == 2


def test_a_pause_with_a_notice(run: Run, store: Store) -> None:
    words = ("pause", "quiet", "--yes", "--notice", "The vote  moved.")
    assert run(*words, "--notice-in", "fr", "Le vote bouge.").exit_code == 2, "there is no French"
    assert run("pause", "quiet", "--yes", "--notice", "x" * 501).exit_code == 2
    ended = run(*words)
    assert ended.exit_code == 0, ended.output
    assert life.notice(store, "quiet", lanes.of_campaign("quiet")) == {"en": "The vote moved."}
    assert "live, paused" in run("list").stdout
    assert json.loads(run("list", "--json").stdout)[0]["paused"] is True
    run("resume", "quiet")
    assert life.notice(store, "quiet", lanes.of_campaign("quiet")) == {}


def test_letters_are_addressed_to_the_successor(
    run: Run, store: Store, home: Path, clock: Clock
) -> None:
    clock.now = store.now()
    accept(store, draft(files(), clock))
    assert "No letter can be" in run("readdress", "quiet").stderr
    write(home, until=day(clock, -2), begins=day(clock, -1))
    succession.watch(store, files(day(clock, -2), day(clock, -1)))
    (row,) = json.loads(run("readdress", "quiet", "--json").stdout)
    assert (row["post"], row["official"], row["successor"], row["ready"]) == (
        "exams", "north", "east", 1,
    )  # fmt: skip
    assert run("readdress", "quiet").exit_code == 1, "asks, and nobody answers"
    ended = run("readdress", "quiet", "--yes")
    assert ended.exit_code == 0, ended.output
    assert "Dear Minister North, -> Dear Minister East," in ended.stdout
    assert "Addressed anew: 1 letter." in ended.stderr
    assert json.loads(run("readdress", "quiet", "--json").stdout) == []
