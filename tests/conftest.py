"""What many tests need: a home with the shipped campaign, a clock, and both databases."""

from __future__ import annotations

import os
import shutil
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailer.config import Settings
from mailer.db import Store, migrate
from tests import hunting, postgres
from tests.databases import Databases

ROOT = Path(__file__).resolve().parent.parent


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> float:
        """Let time go by; return the new moment."""
        self.now += seconds
        return self.now


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: each waits a third of its time for other processes."""
    cores = len(os.sched_getaffinity(0))
    return max(2, cores * 3 // 2)


@pytest.fixture(autouse=True)
def _signals_arrive() -> Iterator[None]:
    """A test that blocks signals would leave its process, and what it starts, deaf to SIGTERM."""
    yield
    blocked = signal.pthread_sigmask(signal.SIG_SETMASK, [])
    assert not blocked, "a command that waits for signals ran in the tests' own process"


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """What a test tried goes with its report, from whatever process it ran in."""
    item.user_properties += hunting.taken()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A hunt ends with its figures."""
    if hunting.LONG:
        every = [one for some in terminalreporter.stats.values() for one in some]
        lines = list(hunting.figures(one for one in every if isinstance(one, pytest.TestReport)))
        terminalreporter.section("what was tried, and what came of it")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture
def clock() -> Clock:
    return Clock(1_800_000_000.0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A MAILER_HOME with the shipped officials and campaigns, to be changed at will."""
    folder = tmp_path / "home"
    (folder / "templates").mkdir(parents=True)
    shutil.copy(ROOT / "officials.yaml", folder)
    shutil.copytree(ROOT / "templates" / "letters", folder / "templates" / "letters")
    return folder


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home, secret_keys=("k" * 40,), database_url="sqlite:///var/mailer.db")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to copy: cheaper than migrating for each test."""
    file = tmp_path_factory.mktemp("template") / "mailer.db"
    store = Store(f"sqlite:///{file}")
    migrate.upgrade(store)
    store.close()
    return file


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """A PostgreSQL server, and the migrated databases on it."""
    if postgres.binaries() is None:
        pytest.skip("POSTGRESQL IS NOT INSTALLED: nothing is tested on it (apt install postgresql)")
    with postgres.cluster() as url:
        yield Databases(url)


@pytest.fixture
def new_sqlite(tmp_path: Path, sqlite_template: Path) -> Callable[[], str]:
    """Makes a migrated SQLite database; returns its URL."""

    def make() -> str:
        file = tmp_path / f"{uuid.uuid4().hex}.db"
        shutil.copy(sqlite_template, file)
        return f"sqlite:///{file}"

    return make


@pytest.fixture
def new_postgres(databases: Databases) -> Iterator[Callable[[], str]]:
    """Makes a migrated PostgreSQL database; returns its URL."""
    taken: list[str] = []

    def make() -> str:
        taken.append(databases.take())
        return databases.url.format(name=taken[-1])

    yield make
    for name in taken:
        databases.give_back(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database, once on each engine."""
    engine = "new_sqlite" if request.param == "sqlite" else "new_postgres"
    return str(request.getfixturevalue(engine)())


@pytest.fixture
def store(database_url: str, clock: Clock) -> Iterator[Store]:
    """A migrated database on each engine, at the clock's time."""
    opened = Store(database_url, clock=clock)
    yield opened
    opened.close()
