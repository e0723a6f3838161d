"""`mailer invalidate`, and the alarm on the staff's first page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from mailer.cli import main
from mailer.config import Settings
from mailer.db import Store
from mailer.db.schema import submission
from mailer.limits import alarms
from mailer.submissions import accept, receipt
from mailer.web import create_app
from tests.conftest import Clock
from tests.factories import draft, supporter
from tests.staff_browser import Browser, member


@pytest.fixture
def database_url(new_sqlite: Callable[[], str]) -> str:
    """One engine will do: what a wave is asks the database in tests/test_review.py."""
    return new_sqlite()


@pytest.fixture
def run(home: Path, database_url: str) -> Callable[..., Result]:
    """Runs the command."""

    def invoke(*words: str, typed: str = "") -> Result:
        env = {"MAILER_HOME": str(home), "MAILER_DATABASE_URL": database_url}
        return CliRunner().invoke(main, ["invalidate", *words], env=env, input=typed)

    return invoke


def wave(store: Store, number: int = 3) -> tuple[str, list[str]]:
    """Some submissions from one place; the first one's reference, and all receipts."""
    made = [
        draft(supporter(name=f"P{at} Example", email=f"p{at}@x.example"), network="198.51.100.7/32")
        for at in range(number)
    ]
    tokens = [accept(store, one) for one in made]
    found = receipt(store, tokens[0])
    assert found is not None
    return found.reference, tokens


def states(store: Store, token: str) -> set[str]:
    found = receipt(store, token)
    assert found is not None
    return {one.state for one in found.letters}


def test_it_counts_and_asks_before_it_stops(store: Store, run: Callable[..., Result]) -> None:
    reference, tokens = wave(store)
    asked = run("exams", "--network-of", reference, typed="n\n")
    assert asked.exit_code == 1
    assert "3 submissions: 6 letters would be stopped, 0 may have left" in asked.stderr
    assert states(store, tokens[1]) == {"queued"}
    done = run("exams", "--network-of", reference.lower(), "--yes", "--why", "one machine")
    assert done.exit_code == 0, done.output
    assert "3 submissions: 6 letters stopped, 0 may have left and are marked" in done.stderr
    assert {frozenset(states(store, token)) for token in tokens} == {frozenset({"cancelled"})}
    again = run("exams", "--network-of", reference, "--yes")
    assert (again.exit_code, again.stderr) == (0, "There is nothing of that kind.\n")


def test_only_of_the_last_hours(store: Store, run: Callable[..., Result]) -> None:
    reference, tokens = wave(store)
    with store.write() as tx:
        tx.execute(update(submission).values(created_at=1.0))
    assert "nothing of that kind" in run("exams", "--like", reference, "--since", "3").stderr
    assert "nothing of that kind" in run("exams", "--held-for", "link").stderr
    mistyped = run("exmas", "--held-for", "link")
    assert (mistyped.exit_code, "did you mean exams?" in mistyped.stderr) == (2, True)
    assert states(store, tokens[0]) == {"queued"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["exams"], "say which wave"),
        (["exams", "--like", "%"], "is no reference; a receipt has one like"),
        (["exams", "--like", "😀" * 20_001], "is no reference"),
        (["exams", "--network-of", "ABCDE-FGHJKL"], "is no reference"),
        (["exams", "--held-for", "nothing"], "'nothing' is not one of"),
        (["exams", "--held-for", "link", "--since", "-1"], "0<=x<=168"),
        (["exams", "--held-for", "link", "--since", "169"], "0<=x<=168"),
        (["exams", "--held-for", "link", "--why", "ann@x.example did"], "leave addresses out"),
    ],
)
def test_what_is_not_understood_is_told(
    run: Callable[..., Result], words: list[str], says: str
) -> None:
    ended = run(*words)
    assert ended.exit_code == 2
    assert says in ended.stderr


def test_staff_see_an_attack_on_their_first_page(
    settings: Settings, store: Store, clock: Clock
) -> None:
    member(store, role="moderator")
    browser = Browser(create_app(settings, store))
    browser.enter()

    def words() -> str:
        text = browser.get("/staff/").text.partition("<main")[2]
        return " ".join(re.sub(r"<[^>]+>", " ", text).split())

    assert "confirmed by mail for now" not in words()
    with store.write() as tx:
        alarms.ring(tx, "exams", alarms.MANY, clock.now)
    told = words()
    assert "exams: letters are confirmed by mail for now. Far more came than usual" in told
    assert "It ends after" in told
