"""The databases of a storm, with what may befall them."""

from __future__ import annotations

import resource
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, text

from tests import postgres
from tests.processes.box import processes

FULL = 64 * 1024  # bytes that a file may have while the disk is full
FREE = resource.RLIM_INFINITY


class Place(Protocol):
    """Where the ledger lies."""

    name: str
    url: str

    def crash(self) -> None:
        """Lose the database server, if there is one, and bring it back."""
        ...

    def fill(self, programs: list[int]) -> None:
        """Let every write fail as on a full disk; `programs` are those that use it."""
        ...

    def free(self, programs: list[int]) -> None:
        """Let writes succeed again."""
        ...


class Sqlite:
    """A file of its own."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder}/mailer.db"

    def crash(self) -> None:
        """Nothing: it has no server; whoever kills the programs crashes it."""

    def fill(self, programs: list[int]) -> None:
        """No program may make a file longer than a little."""
        for pid in programs:
            _limit(pid, FULL)

    def free(self, programs: list[int]) -> None:
        """There is room again."""
        for pid in programs:
            _limit(pid, FREE)


class Postgres:
    """A database on a server of its own, whose commits reach the disk."""

    name = "postgresql"

    def __init__(self, server: postgres.Server) -> None:
        self._server = server
        database = f"storm_{uuid.uuid4().hex}"
        _execute(server, f"CREATE DATABASE {database}")
        self.url = server.url.format(name=database)

    def crash(self) -> None:
        """End the server at once, and start it."""
        self._server.crash()
        self._server.start()

    def fill(self, _programs: list[int]) -> None:
        """The server's disk: it cannot write its log any more, and ends itself."""
        self._server.fill_disk(FULL)

    def free(self, _programs: list[int]) -> None:
        """There is room again, and somebody starts the server."""
        self.crash()


@contextmanager
def durable_server() -> Iterator[postgres.Server]:
    """A running PostgreSQL that loses nothing when it crashes."""
    server = postgres.Server(durable=True)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def children(pid: int) -> list[int]:
    """The processes that `pid` has started."""
    return [one for one, parent, _ in processes() if parent == pid]


def _limit(pid: int, most: int) -> None:
    try:
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))
    except ProcessLookupError:
        return  # it has ended meanwhile


def _execute(server: postgres.Server, statement: str) -> None:
    engine = create_engine(server.url.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
