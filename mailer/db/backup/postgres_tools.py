"""PostgreSQL's own programs, pg_dump and pg_restore: found, and run with the store's connection."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO, cast

from sqlalchemy import Connection, text

from mailer import config
from mailer.db.store import Store
from mailer.errors import BackupError

DEBIAN = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class Program:
    """One of them, of a version that understands the server."""

    def __init__(self, store: Store, name: str, server: int, debian: Path = DEBIAN) -> None:
        self.name = name
        self._file = find(name, server, debian)
        from psycopg.conninfo import make_conninfo  # an extra: not there with SQLite alone

        _, given = store.engine.dialect.create_connect_args(store.url)
        # The password goes another way: a command line can be read by everybody.
        password = given.pop("password", None)
        given.pop("context", None)  # of psycopg itself, which puts it there
        self.target = make_conninfo(**given)
        secret = {"PGPASSWORD": password} if password else {}
        self.environment = config.environment_with(LC_ALL="C", **secret)

    def run(
        self,
        options: Sequence[str],
        *,
        feed: Iterable[bytes] = (),
        heard: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Run it on the store's database; raises BackupError.

        `feed` is its input; `heard` gets each line it says, on another thread.
        """
        self._run([*options, f"--dbname={self.target}"], feed, heard)

    def look(self, options: Sequence[str]) -> None:
        """Run it without a database; raises BackupError."""
        self._run(options, (), lambda _: None)

    def _run(
        self, options: Sequence[str], feed: Iterable[bytes], heard: Callable[[str], None]
    ) -> None:
        command = [str(self._file), "--no-password", *options]
        with subprocess.Popen(  # noqa: S603 - a program of the server's, with our own words
            command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as running:  # fmt: skip
            said: list[str] = []
            stdin = cast(IO[bytes], running.stdin)
            listener = Thread(target=_listen, args=(running.stderr, said, heard))
            listener.start()
            try:
                with suppress(BrokenPipeError):  # it ended early; its code and words tell why
                    for chunk in feed:
                        stdin.write(chunk)
            except BaseException:
                running.kill()
                raise
            finally:
                with suppress(BrokenPipeError):
                    stdin.close()
                listener.join()
        if running.returncode:
            raise BackupError(f"{self.name} failed: {_why(said)}")


def find(name: str, server: int, debian: Path = DEBIAN) -> Path:
    """The program of the server's own version, else the next newer one; raises BackupError."""
    found = {_version(file): file for file in _candidates(name, debian)}
    fitting = [version for version in found if version >= server]
    if fitting:
        return found[min(fitting)]
    newest = max(found, default=0)
    there = f"the newest {name} here is of {newest}" if newest else f"{name} is not here"
    raise BackupError(
        f"the server is PostgreSQL {server}, and {there}: install the programs of PostgreSQL"
        f" {server} or later (Debian: apt install postgresql-client-{server})"
    )


def server_version(tx: Connection) -> int:
    """The server's major version."""
    return int(tx.execute(text("SHOW server_version_num")).scalar_one()) // 10000


def _candidates(name: str, debian: Path) -> Iterable[Path]:
    yield from debian.glob(f"*/bin/{name}")
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)


def _version(file: Path) -> int:
    """Its major version; 0 when it does not run."""
    try:
        said = subprocess.run(  # noqa: S603 - a program of the server's
            [file, "--version"], capture_output=True, text=True, check=False, timeout=30
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = _VERSION.search(said)
    return int(found[1]) if found else 0


def _listen(lines: Iterable[bytes], said: list[str], heard: Callable[[str], None]) -> None:
    for line in lines:
        said.append(line.decode(errors="replace").strip())
        heard(said[-1])


def _why(said: Sequence[str]) -> str:
    """The first line that is an error, without the program's name."""
    errors = [line.partition("error: ")[2] for line in said if "error: " in line]
    return (errors or list(said[-1:]) or ["it did not say why"])[0]
