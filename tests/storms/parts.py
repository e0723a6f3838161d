"""The processes of a storm: each by its own id, with what it says in a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import requests

from tests.processes.box import PATIENCE, environment, eventually, free_port
from tests.processes.sink import listening
from tests.storms import logbook
from tests.storms.clock import FastClock
from tests.storms.logbook import Entry


class Part:
    """One program that runs until it is told to stop, or killed, with all it started."""

    def __init__(self, folder: Path, name: str, words: Sequence[str], **settings: str) -> None:
        self.name = name
        self.said = folder / f"{name}.log"
        with self.said.open("ab") as out:
            self._from = out.tell()
            self.process = subprocess.Popen(
                [sys.executable, *words], env=environment(folder / "home", **settings),
                cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, process_group=0,
            )  # fmt: skip

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return self.process.poll() is None

    @property
    def words(self) -> str:
        """What it has said since it was started."""
        with self.said.open("rb") as said:
            said.seek(self._from)
            return said.read().decode(errors="replace")

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to it, and to it alone."""
        if self.alive:
            self.process.send_signal(number)

    def stop(self) -> int:
        """Ask it to end, wait until it has, and return its exit code."""
        self.tell(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.tell(signal.SIGUSR1)  # a worker then says where it is
            time.sleep(1.0)
            raise AssertionError(f"{self.name} does not stop: {self.words[-5000:]}") from None

    def ends_within(self, seconds: float) -> bool:
        """Ask it to end; true when it does in time."""
        self.tell(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return not self.alive

    def kill(self) -> None:
        """End it and what it started, without a word."""
        if self.alive:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)


class RelayPart:
    """The relay: it comes and goes, its port and its log stay."""

    def __init__(self, folder: Path, name: str = "relay") -> None:
        self.port = free_port()
        self.file = folder / f"{name}.jsonl"
        self._name = name
        self._folder = folder
        self._part: Part | None = None

    @property
    def url(self) -> str:
        """What MAILER_TRANSPORT is set to."""
        return f"smtp://127.0.0.1:{self.port}?tls=none&timeout=5"

    @property
    def log(self) -> list[Entry]:
        """What it has taken and refused until now."""
        return logbook.read(self.file)

    @property
    def taken(self) -> list[Entry]:
        """What it has taken until now."""
        return [entry for entry in self.log if entry.did == logbook.TOOK]

    def start(self, *options: str) -> None:
        """Have it listen, with this weather; without options it is calm."""
        words = ("-m", "tests.storms.relay", str(self.port), str(self.file), *options)
        self._part = part = Part(self._folder, self._name, words)
        eventually(lambda: listening(self.port) or not part.alive, "the relay listens")
        assert part.alive, part.words

    def stop(self) -> None:
        """Cut every connection and close the port."""
        if self._part is not None:
            self._part.stop()


def web(folder: Path, port: int, **settings: str) -> Part:
    """The pages, on `port`; ready when this returns."""
    more = {"PORT": str(port), "MAILER_BIND": "127.0.0.1"}
    part = Part(folder, "web", ("-m", "mailer", "web"), **settings, **more)
    eventually(lambda: lives(f"http://127.0.0.1:{port}") or not part.alive, "the pages answer")
    assert part.alive, part.words
    return part


def worker(folder: Path, name: str, clock: FastClock | None = None, **settings: str) -> Part:
    """A worker; with `clock` at that clock's time."""
    words: tuple[str, ...] = ("-m", "mailer", "worker")
    if clock is not None:
        told = (repr(clock.origin), repr(clock.speed), str(clock.skew))
        words = ("-m", "tests.storms.worker", *told)
    return Part(folder, name, words, **settings)


def lives(url: str) -> bool:
    """True when the pages answer."""
    with requests.Session() as visit:
        visit.trust_env = False
        try:
            return visit.get(f"{url}/healthz", timeout=5).ok
        except requests.RequestException:
            return False
