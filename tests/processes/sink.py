"""Postfix's smtp-sink: a server that takes everything and shows what it took."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes.box import eventually, free_port

TOOL = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

needs_sink = pytest.mark.skipif(
    TOOL is None, reason="SMTP-SINK IS NOT INSTALLED: nothing is sent to it (apt install postfix)"
)


def sink_command(port: int, *options: str) -> list[str]:
    """How to start it; as root it wants to be somebody else."""
    assert TOOL
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    return [TOOL, *user, *options, f"127.0.0.1:{port}", "1000"]


def listening(port: int) -> bool:
    """True once a connection is taken."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A running sink and the folder it keeps messages in."""

    port: int
    folder: Path

    def messages(self) -> list[str]:
        """What was accepted, each with its envelope in X-Mail-Args and X-Rcpt-Args lines."""
        return [file.read_text(encoding="utf-8") for file in sorted(self.folder.iterdir())]

    def recipients(self) -> list[str]:
        """To whom, one for each message; one that is still being written is not told yet."""
        found = (re.search(r"^X-Rcpt-Args: <([^>]*)>", text, re.M) for text in self.messages())
        return [match[1] for match in found if match]


@contextmanager
def sink(folder: Path, *options: str) -> Iterator[Sink]:
    """A sink that keeps each message in a file of `folder`."""
    port = free_port()
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)  # the sink is somebody else when root started it
    with subprocess.Popen(sink_command(port, "-d", "m.", *options), cwd=folder) as process:
        try:
            eventually(lambda: listening(port), "the sink listens")
            yield Sink(port=port, folder=folder)
        finally:
            process.terminate()
