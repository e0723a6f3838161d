"""A Dovecot of the tests' own: on loopback, without privileges, ended by its own pid."""

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

import pytest

from tests.processes.box import eventually, free_port

PROGRAM = Path("/usr/sbin/dovecot")
PASSWORD = "p@ss:w/ord%"

needs_dovecot = pytest.mark.skipif(
    not PROGRAM.exists(),
    reason="DOVECOT IS NOT INSTALLED: no mailbox is polled (apt install dovecot-imapd)",
)


class Dovecot:
    """Its mailbox: INBOX and the folder "Done"."""

    def __init__(self, base: Path, port: int, tls_port: int) -> None:
        self.base, self.port, self.tls_port = base, port, tls_port
        self.mail = base / "mail"

    def put(self, data: bytes, name: str) -> None:
        """Deliver a message, as a mail server would."""
        (self.mail / "new" / name).write_bytes(data)
        (self.mail / "new" / name).chmod(0o666)

    def clear(self) -> None:
        """Forget all messages."""
        for file in self.mail.glob("**/*"):
            if file.is_file() and file.parent.name in {"new", "cur"}:
                file.unlink()

    def inbox(self) -> list[bytes]:
        """What is in the inbox; what is marked as deleted, too."""
        return self._files(self.mail)

    def done(self) -> list[bytes]:
        """What is in the folder Done."""
        return self._files(self.mail / ".Done")

    def flagged(self) -> int:
        """How many messages of the inbox are flagged."""
        found = [file.name.partition(":2,")[2] for file in (self.mail / "cur").iterdir()]
        return sum("F" in flags for flags in found)

    def _files(self, folder: Path) -> list[bytes]:
        files = [file for sub in ("new", "cur") for file in (folder / sub).glob("*")]
        return [file.read_bytes() for file in sorted(files)]


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """A running server with one user, ann."""
    base = Path(tempfile.mkdtemp(prefix="mailer-imap-", dir="/tmp"))  # where its user may go
    server = Dovecot(base, free_port(), free_port())
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    try:
        for folder in ("", "run", "mail", *(f"mail/{s}" for s in ("new", "cur", "tmp", ".Done"))):
            (base / folder).mkdir(exist_ok=True)
        _certificate(base)
        (base / "dovecot.conf").write_text(_settings(server, user))
        _give(base, user)
        command = [PROGRAM, "-F", "-c", base / "dovecot.conf"]
        owner = {"user": user, "group": pwd.getpwnam(user).pw_gid} if os.geteuid() == 0 else {}
        with (base / "log").open("wb") as log, subprocess.Popen(
            command, stdout=log, stderr=log, cwd="/", extra_groups=[] if owner else None, **owner
        ) as process:  # fmt: skip
            try:
                eventually(lambda: _answers(server.port), "Dovecot answers")
                yield server
            finally:
                process.terminate()
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) != 0:
            return False
        probe.settimeout(5)
        return probe.recv(4) == b"* OK"


def _certificate(base: Path) -> None:
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", base / "key.pem", "-out", base / "cert.pem",
        ],
        check=True, capture_output=True,
    )  # fmt: skip


def _give(base: Path, user: str) -> None:
    """All of it to the user that Dovecot runs as; readable to us."""
    owner = pwd.getpwnam(user)
    for path in (base, *base.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid)
        path.chmod(0o777 if path.is_dir() else 0o644)


def _settings(server: Dovecot, user: str) -> str:
    owner = pwd.getpwnam(user)
    group = subprocess.run(
        ["id", "-gn", user], check=True, capture_output=True, text=True
    ).stdout.strip()
    base = server.base
    return f"""\
base_dir = {base}/run
state_dir = {base}/run
log_path = {base}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = no
mail_location = maildir:{server.mail}
ssl = yes
ssl_cert = <{base}/cert.pem
ssl_key = <{base}/key.pem
passdb {{
  driver = static
  args = password={PASSWORD.replace("%", "%%")}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={base}
}}
namespace inbox {{
  inbox = yes
  separator = .
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {server.port}
  }}
  inet_listener imaps {{
    port = {server.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""
