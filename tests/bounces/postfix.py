"""A Postfix of the tests' own, set up by the lines of docs/bounces.md: on loopback, in a folder of
its own, by whose settings it is ended."""

from __future__ import annotations

import os
import re
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.processes.box import eventually, free_port
from tests.processes.sink import listening

PROGRAM = Path("/usr/sbin/postfix")

needs_postfix = pytest.mark.skipif(
    not PROGRAM.exists() or os.geteuid() != 0,
    reason="POSTFIX IS NOT INSTALLED, OR THIS IS NOT ROOT: nothing is piped (apt install postfix)",
)

MAIN = """\
compatibility_level = 3.6
queue_directory = {base}/spool
data_directory = {base}/data
maillog_file = {base}/log
maillog_file_prefixes = {base}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtpd_peername_lookup = no
myhostname = mail.campaign.example
mydestination = campaign.example
mynetworks = 127.0.0.0/8
recipient_delimiter = +
alias_maps = hash:{base}/etc/aliases
alias_database =
relayhost = [127.0.0.1]:{office}
"""
SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""
KEEPER = """\
#!/bin/sh
file=$(mktemp {base}/kept/XXXXXXXX)
{{ echo "${{2:-$ORIGINAL_RECIPIENT}}"; cat; }} > "$file" && mv "$file" "$file.whole"
"""


@dataclass(frozen=True, kw_only=True)
class Postfix:
    """Its port, and what its pipes were given."""

    base: Path
    port: int

    def send(self, sender: str, recipient: str, data: bytes) -> None:
        """Hand a message to it."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as server:
            server.sendmail(sender, recipient, data)

    def piped(self, number: int) -> list[tuple[str, bytes]]:
        """What came to the pipes, each message with the address it came to; waits for so many."""
        eventually(lambda: len(self._kept()) >= number, "mail at the pipes")
        found = [file.read_bytes().partition(b"\n") for file in self._kept()]
        return sorted((to.decode(), data) for to, _, data in found)

    def _kept(self) -> list[Path]:
        return list((self.base / "kept").glob("*.whole"))


@contextmanager
def postfix(office: int) -> Iterator[Postfix]:
    """A Postfix whose mail to elsewhere goes to a server on the port `office`."""
    with tempfile.TemporaryDirectory(prefix="postfix-", ignore_cleanup_errors=True) as made:
        one = Postfix(base=Path(made), port=free_port())
        _furnish(one, office)
        command: list[str | Path] = [PROGRAM, "-c", one.base / "etc"]
        said = one.base / "said"
        # In the foreground, so that what it says is told when it does not start.
        with (
            said.open("w") as out,
            subprocess.Popen([*command, "start-fg"], stderr=out, umask=0o022) as running,
        ):
            try:
                eventually(lambda: running.poll() is not None or listening(one.port), "Postfix")
                assert running.poll() is None, said.read_text()
                yield one
            finally:
                if running.poll() is None:
                    subprocess.run([*command, "abort"], check=False, capture_output=True)
                    running.terminate()


def _furnish(one: Postfix, office: int) -> None:
    alias, services, main = (text.replace("/usr/local/bin/mailer-bounce", f"{one.base}/keep")
                             for text in _told())  # fmt: skip
    one.base.chmod(0o755)
    for folder in ("etc", "spool", "data", "kept"):
        (one.base / folder).mkdir()
        (one.base / folder).chmod(0o755)  # whatever the mask of who runs the tests
    (one.base / "kept").chmod(0o777)
    shutil.chown(one.base / "data", "postfix")
    etc = one.base / "etc"
    (etc / "main.cf").write_text(MAIN.format(base=one.base, office=office) + main)
    # Nobody is there on every machine; the pages' own user is made by whoever follows the page.
    services = services.replace("user=mailer", "user=nobody")
    (etc / "master.cf").write_text(SERVICES.format(port=one.port) + services)
    (etc / "aliases").write_text(alias)
    subprocess.run(["postalias", "-c", etc, f"hash:{etc}/aliases"], check=True)
    keep = one.base / "keep"
    keep.write_text(KEEPER.format(base=one.base))
    keep.chmod(0o755)


def _told() -> tuple[str, str, str]:
    """What the page has for the aliases, for master.cf and for main.cf."""
    text = (ROOT / "docs" / "bounces.md").read_text(encoding="utf-8")
    section = text.partition("## 2b.")[2].partition("\n## ")[0]
    blocks = re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)
    _, alias, services, main = (re.sub(r"^    ", "", block, flags=re.M) for block in blocks)
    return alias, services, main
