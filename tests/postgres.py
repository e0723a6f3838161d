"""A PostgreSQL of the tests' own: in a temporary folder, on a loopback port, ended with them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder of initdb and postgres: Debian's newest, else whatever PATH has; or None."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def cluster() -> Iterator[str]:
    """Run a server; yield a URL with `{name}` in the place of the database."""
    folder = binaries()
    if folder is None:
        raise FileNotFoundError("initdb")
    base = Path(tempfile.mkdtemp(prefix="mailer-pg-", dir="/tmp"))  # where user postgres may go
    data, port = base / "data", _free_port()
    # PostgreSQL refuses root: there, Debian's user postgres runs it.
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    as_user = ["runuser", "-u", user, "--"] if os.getuid() == 0 else []
    if as_user:
        os.chown(base, pwd.getpwnam(user).pw_uid, -1)
    initdb = [folder / "initdb", "-D", data, "-U", "mailer", "-A", "trust", "-E", "UTF8", "-N"]
    subprocess.run([*as_user, *initdb, "--locale=C"], check=True, capture_output=True, cwd="/")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {base} -F -c max_connections=200"
    control = [*as_user, folder / "pg_ctl", "-D", data]
    start = [*control, "-o", options, "-l", base / "log", "-w", "start"]
    subprocess.run(start, check=True, capture_output=True, cwd="/")
    try:
        yield f"postgresql+psycopg://mailer@127.0.0.1:{port}/{{name}}"
    finally:
        stop = [*control, "-m", "immediate", "-w", "stop"]
        subprocess.run(stop, check=False, capture_output=True, cwd="/")
        shutil.rmtree(base, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
