"""`mailer lane` and the switches of `mailer campaign`: what they print, and what they change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from mailer import accounts, audit, submissions
from mailer.cli import main
from mailer.config import KNOWN
from mailer.db import Store
from mailer.db.schema import letter
from mailer.outbox import lanes
from tests.factories import campaign, draft, recipients
from tests.staff_browser import member

Mailer = Callable[..., Result]
RELAY = "smtp://127.0.0.1:2525"


@pytest.fixture
def mailer(home: Path) -> Mailer:
    """Runs `mailer words...` with a transport that really sends."""

    def run(*words: str, **more: str) -> Result:
        clean = {f"MAILER_{name}{end}": None for name in KNOWN for end in ("", "_FILE")}
        set_ = {"MAILER_HOME": str(home), "MAILER_TRANSPORT": f"{RELAY}?tls=none"}
        return CliRunner().invoke(main, words, env=clean | {"DATABASE_URL": None} | set_, **more)

    return run


@pytest.fixture
def store(home: Path, sqlite_template: Path) -> Iterator[Store]:
    file = home / "var" / "mailer.db"
    file.parent.mkdir()
    shutil.copy(sqlite_template, file)
    with closing(Store(f"sqlite:///{file}")) as opened:
        yield opened


@pytest.fixture
def written(store: Store) -> None:
    """A letter to a minister, cleared to leave."""
    submissions.accept(store, draft(about=campaign(ceiling=500), to=recipients(1)))
    with store.write() as tx:
        tx.execute(update(letter).values(cleared=True))


def paused(store: Store) -> dict[str, tuple[str, str]]:
    with store.read() as tx:
        return {key: (one.reason, one.actor) for key, one in lanes.paused(tx).items()}


@pytest.mark.usefixtures("written")
def test_the_list_tells_what_needs_attention_first(mailer: Mailer, store: Store) -> None:
    kim = member(store)
    with store.write() as tx:
        now = store.now(tx)
        lanes.pause(tx, "campaign:exams", reason="a wrong date", actor=f"staff:{kim.id}", now=now)
        lanes.close(tx, RELAY, "Connection refused", now)
    ended = mailer("lane", "list")
    assert ended.exit_code == 0
    first, second, third = ended.stdout.splitlines()
    assert first.startswith("PAUSED   campaign:exams since 20")
    assert first.endswith(f" UTC, by {kim.email}: a wrong date")
    assert second.startswith(f"FAILING  account:{RELAY} since 20")
    assert "1 time; next try at 20" in second
    assert second.endswith(": Connection refused")
    assert third.split("  ") == [
        "exams", "minister-1", "paused", "1 waiting", "1000000/second", "0 of 500 today",
    ]  # fmt: skip


@pytest.mark.usefixtures("written")
def test_the_list_says_until_when(mailer: Mailer) -> None:
    (line,) = mailer("lane", "list").stdout.splitlines()
    assert "  leaving  1 waiting  " in line
    assert "  until about 20" in line


@pytest.mark.usefixtures("written")
def test_the_list_for_programs(mailer: Mailer, store: Store) -> None:
    with store.write() as tx:
        lanes.pause(tx, "people", reason="why", actor="staff:1", now=1_800_000_000.0)
    found = json.loads(mailer("lane", "list", "--json").stdout)
    assert found["paused"] == [
        {"lane": "people", "reason": "why", "actor": "staff:1", "since": "2027-01-15T08:00:00Z"}
    ]
    (one,) = found["queues"]
    assert (one["campaign"], one["waiting"], one["standing"]) == ("exams", 1, "leaving")
    assert one["ends"]["at"].endswith("Z")


@pytest.mark.usefixtures("store")
def test_an_empty_list_says_so(mailer: Mailer) -> None:
    ended = mailer("lane", "list")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "Nothing waits.\n")


@pytest.mark.parametrize(
    ("word", "lane"),
    [
        ("everything", "everything"),
        ("people", "people"),
        ("romano", "official:romano"),
        ("proctoring", "campaign:proctoring"),
        ("exams", "campaign:exams"),
        ("minister-1@ministry.example", "mailbox:minister-1@ministry.example"),
        ("Minister-1@Ministry.Example", "mailbox:minister-1@ministry.example"),
        ("domain:ministry.example", "domain:ministry.example"),
        (f"account:{RELAY}", f"account:{RELAY}"),
        ("official:minister-1", "official:minister-1"),
    ],
)
@pytest.mark.usefixtures("written")
def test_a_lane_is_paused_and_resumed(mailer: Mailer, store: Store, word: str, lane: str) -> None:
    ended = mailer("lane", "pause", word, "--reason", "a wrong date")
    assert ended.exit_code == 0, ended.output
    said, then = ended.stderr.splitlines()
    number = int(lane not in {"people", "campaign:proctoring", "official:romano"})
    waits = "1 letter waits" if number else "0 letters wait"
    assert said == f"Paused: {lane}; {waits} meanwhile."
    assert then == f"Go on with: mailer lane resume {lane}"
    assert paused(store) == {lane: ("a wrong date", "command line")}
    assert mailer("lane", "resume", lane).stderr == f"{lane} goes on: {waits} for its turn.\n"
    noted = audit.page(store, audit.Wanted(act="lane"), 9).entries
    assert [one.act for one in noted] == ["lane.resume", "lane.pause"]
    assert {one.count for one in noted} == {number}
    assert paused(store) == {}
    again = mailer("lane", "resume", word)
    assert (again.exit_code, again.stderr) == (0, f"{lane} was not paused.\n")


@pytest.mark.usefixtures("written")
def test_how_many_wait_is_asked_before(mailer: Mailer, store: Store) -> None:
    asked = mailer("lane", "pause", "everything", "--ask", "--reason", "a wrong date", input="n\n")
    assert asked.exit_code == 1
    assert "1 letter waits to leave by everything. Pause it?" in asked.stderr
    assert paused(store) == {}


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("romanoo", "did you mean romano?"),
        ("evrything", "did you mean everything?"),
        ("domain:ministri.example", "did you mean domain:ministry.example?"),
        ("q", "write everything, people, a campaign, an official"),
    ],
)
@pytest.mark.usefixtures("written")
def test_an_unknown_lane_gets_a_suggestion(
    mailer: Mailer, store: Store, word: str, hint: str
) -> None:
    ended = mailer("lane", "pause", word, "--reason", "why")
    assert ended.exit_code == 2
    assert f"there is no lane '{word}'; {hint}" in ended.stderr
    assert paused(store) == {}


def test_one_name_for_two_lanes_is_not_guessed(mailer: Mailer, store: Store) -> None:
    submissions.accept(store, draft(about=campaign(slug="romano"), to=recipients(1)))
    ended = mailer("lane", "pause", "romano", "--reason", "why")
    assert ended.exit_code == 2
    assert "write campaign:romano or official:romano" in ended.stderr
    assert paused(store) == {}


@pytest.mark.usefixtures("store")
def test_a_reason_must_be_given(mailer: Mailer) -> None:
    ended = mailer("lane", "pause", "everything")
    assert ended.exit_code == 2
    assert "--reason" in ended.stderr


def test_a_broken_file_keeps_nobody_from_pausing(mailer: Mailer, store: Store, home: Path) -> None:
    (home / "officials.yaml").write_text("officials: [")
    assert mailer("lane", "pause", "everything", "--reason", "stop").exit_code == 0
    assert set(paused(store)) == {"everything"}
    assert mailer("lane", "list").exit_code == 0


def test_a_campaign_is_paused_and_resumed(mailer: Mailer, store: Store) -> None:
    asked = mailer("campaign", "pause", "proctoring", input="n\n")
    assert asked.exit_code == 1
    assert "0 letters wait to leave by campaign:proctoring. Pause it?" in asked.stderr
    assert paused(store) == {}
    mailer("campaign", "pause", "proctoring", "--reason", "the vote was moved", input="y\n")
    assert paused(store) == {"campaign:proctoring": ("the vote was moved", "command line")}
    assert mailer("campaign", "resume", "proctoring").exit_code == 0
    assert paused(store) == {}
    assert mailer("campaign", "pause", "proctoring", "--yes").exit_code == 0
    assert set(paused(store)) == {"campaign:proctoring"}


@pytest.mark.parametrize("verb", ["pause", "resume"])
@pytest.mark.usefixtures("store")
def test_an_unknown_campaign_gets_a_suggestion(mailer: Mailer, verb: str) -> None:
    ended = mailer("campaign", verb, "proctorin")
    assert ended.exit_code == 2
    assert "did you mean proctoring?" in ended.stderr


def test_without_a_database_it_says_what_to_do(mailer: Mailer) -> None:
    ended = mailer("lane", "pause", "everything", "--reason", "why")
    assert ended.exit_code == 1
    assert "run `mailer up`" in ended.stderr


@pytest.mark.parametrize(
    "words", ["lane", "lane list", "lane pause", "lane resume", "campaign pause", "campaign resume"]
)
def test_every_command_helps_with_an_example(mailer: Mailer, words: str) -> None:
    ended = mailer(*words.split(), "--help")
    assert ended.exit_code == 0
    assert "Example" in ended.stdout
    assert f"mailer {words}" in ended.stdout


def test_accounts_that_are_gone_are_told_by_what_was_noted(mailer: Mailer, store: Store) -> None:
    assert accounts.list_accounts(store) == ()
    with store.write() as tx:
        lanes.pause(tx, "everything", reason="why", actor="staff:gone", now=store.now(tx))
    assert "by staff:gone: why" in mailer("lane", "list").stdout
