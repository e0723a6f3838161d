"""Installations to be tormented, on both engines; nothing of them is left running."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.storms.places import Place, Postgres, Sqlite, durable_server
from tests.storms.proxy import Wire, Wired
from tests.storms.site import Site


@pytest.fixture(scope="session")
def durable() -> Iterator[postgres.Server]:
    """A PostgreSQL that may be crashed, and loses nothing."""
    if postgres.binaries() is None:
        pytest.skip("POSTGRESQL IS NOT INSTALLED: no storm on it (apt install postgresql)")
    with durable_server() as server:
        yield server


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest) -> Callable[[Path], Place]:
    """Makes an empty database in a folder, once on each engine, which may be crashed."""
    if request.param == "sqlite":
        return Sqlite
    server = request.getfixturevalue("durable")
    return lambda _: Postgres(server)


@pytest.fixture
def site(tmp_path: Path, new_place: Callable[[Path], Place]) -> Iterator[Site]:
    """The shipped campaign, approved, once on each engine; nothing runs yet."""
    made = Site(tmp_path / "site", new_place(tmp_path).url)
    made.prepare()
    yield made
    made.end()


@pytest.fixture
def wired(tmp_path: Path, durable: postgres.Server) -> Iterator[Wired]:
    """An installation on PostgreSQL, and a wire to it that can be cut. A file has no wire."""
    site = Site(tmp_path / "site", Postgres(durable).url)
    site.prepare()
    wire = Wire(durable.port)
    through = site.store.url.set(port=wire.port).render_as_string(hide_password=False)
    yield Wired(site=site, wire=wire, url=through)
    site.end()
    wire.close()
