"""A PostgreSQL of the tests' own: in a temporary folder, on a loopback port, ended with them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder of initdb and postgres: Debian's newest, else whatever PATH has; or None."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Server:
    """A server of its own, which can be told to crash. `durable` is slower and loses nothing."""

    def __init__(self, *, durable: bool = False) -> None:
        folder = binaries()
        if folder is None:
            raise FileNotFoundError("initdb")
        # Where user postgres may go.
        self._base = Path(tempfile.mkdtemp(prefix="mailer-pg-", dir="/tmp"))
        self._data, self.port = self._base / "data", _free_port()
        self._durable = durable
        # PostgreSQL refuses root: there, Debian's user postgres runs it.
        user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self._as_user = ["runuser", "-u", user, "--"] if os.getuid() == 0 else []
        if self._as_user:
            os.chown(self._base, pwd.getpwnam(user).pw_uid, -1)
        self._control = [*self._as_user, folder / "pg_ctl", "-D", self._data]
        initdb = [folder / "initdb", "-D", self._data, "-U", "mailer", "-A", "trust", "-E", "UTF8"]
        self._run([*self._as_user, *initdb, "-N", "--locale=C"])

    @property
    def url(self) -> str:
        """Its address, with `{name}` in the place of the database."""
        return f"postgresql+psycopg://mailer@127.0.0.1:{self.port}/{{name}}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._base}"
        options += " -c max_connections=200 -c recovery_init_sync_method=syncfs"
        # What it would learn of the rows by itself makes a used database another one.
        options += "" if self._durable else " -F -c autovacuum=off"
        start = [*self._control, "-o", options, "-l", self._base / "log", "-w", "start"]
        self._run(start)

    def crash(self) -> None:
        """End it at once, as a power cut would: what it has not written is gone."""
        stop = [*self._control, "-m", "immediate", "-w", "stop"]
        subprocess.run(stop, check=False, capture_output=True, cwd="/")

    def fill_disk(self, most: int) -> None:
        """Let it make no file longer than `most` bytes, which to it looks like a full disk."""
        first = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        own = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in (str(first), *own):
            limit = [*self._as_user, "prlimit", "--pid", pid, f"--fsize={most}:"]
            # Some of its processes may have ended meanwhile.
            subprocess.run(limit, check=False, capture_output=True, cwd="/")

    def remove(self) -> None:
        """End it and delete everything."""
        self.crash()
        shutil.rmtree(self._base, ignore_errors=True)

    def _run(self, command: Sequence[str | Path]) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd="/")


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """Run a server; yield a URL with `{name}` in the place of the database."""
    server = Server(durable=durable)
    try:
        server.start()
        yield server.url
    finally:
        server.remove()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
