"""A whole installation as its owner starts it: real processes, a folder and a port of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar

import requests

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
PATIENCE = 60.0  # seconds; only ever spent when something is wrong


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """What `look` returns as soon as it is true."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {patience:g} s in vain: {what}")


def environment(home: Path, **settings: str) -> dict[str, str]:
    """A clean environment: what every machine has, and these settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"MAILER_HOME": str(home), "PYTHONPATH": str(ROOT)} | settings


def run(home: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`mailer words...`, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "mailer", *words],
        env=environment(home, **settings), cwd=home, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip


class Running:
    """One long-running `mailer` command, with what it says."""

    def __init__(self, home: Path, *words: str, **settings: str) -> None:
        self.home = home
        self.out: list[str] = []
        self.err: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mailer", *words],
            env=environment(home, **settings), cwd=home, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._readers = [
            threading.Thread(target=lambda: self.out.extend(self.process.stdout or ())),
            threading.Thread(target=self._read_err),
        ]
        for reader in self._readers:
            reader.start()

    def _read_err(self) -> None:
        for line in self.process.stderr or ():
            self.err.append(line)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop, wait until it has, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        return code

    def parts(self) -> dict[str, int]:
        """The process ids of the parts it started, by their command (`web`, `worker`)."""
        found = {}
        for pid, parent, words in processes():
            if parent == self.process.pid and "--lifeline" in words:
                found[words[words.index("--lifeline") - 1]] = pid
        return found


def processes() -> Iterator[tuple[int, int, list[str]]]:
    """Every process of this machine: its id, its parent's, and its words."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text()
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # ended meanwhile
        state, parent = stat.rpartition(")")[2].split()[:2]
        if state != "Z":
            yield int(folder.name), int(parent), words


def of_home(home: Path) -> list[int]:
    """The processes that still run for this home."""
    mark = f"MAILER_HOME={home}".encode()
    found = []
    for pid, _, _ in processes():
        try:
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
        except OSError:
            continue
    return found


class Box(Running):
    """`mailer up`, ready to be visited."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.port = free_port()
        self.settings = settings | {"PORT": str(self.port)}
        super().__init__(home, "up", **self.settings)
        self.url = f"http://127.0.0.1:{self.port}"
        try:
            eventually(
                lambda: self.process.poll() is not None or "stops" in self._said(), "a start"
            )
            assert self.process.poll() is None, self._said()
        except AssertionError:
            self.stop()
            raise

    def _said(self) -> str:
        return "".join(self.err)

    def line(self, name: str) -> str:
        """The address it printed beside `name`."""
        # Another thread reads what it prints: a line may be on its way.
        said = eventually(lambda: [one for one in self.out if one.startswith(name)], name)
        return said[0].split()[-1]


def new_home(folder: Path) -> Path:
    """A home with the shipped campaign."""
    (folder / "templates").mkdir(parents=True)
    shutil.copy(ROOT / "officials.yaml", folder)
    shutil.copytree(ROOT / "templates" / "letters", folder / "templates" / "letters")
    return folder


class Hidden(HTMLParser):
    """The hidden fields of the form on a page that leads to `action`."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._action = action
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("action", "").partition("?")[0].endswith(self._action)
        elif tag == "input" and given.get("type") == "hidden" and self._inside:
            self.fields[given["name"]] = given.get("value", "")


def write(url: str, slug: str, **typed: str) -> str:
    """The supporter's journey over HTTP; returns the receipt's address."""
    with requests.Session() as visit:
        visit.trust_env = False
        page = visit.get(f"{url}/{slug}/", timeout=30)
        assert page.status_code == 200, page.text
        preview = visit.post(f"{url}/{slug}/preview", data=typed, timeout=30)
        assert preview.status_code == 200, preview.text
        sent = visit.post(
            f"{url}/{slug}/send", data=approved(preview.text), timeout=30, allow_redirects=False
        )
        assert sent.status_code == 303, sent.text
        return url + sent.headers["Location"].removeprefix(url)


def approved(preview: str) -> dict[str, str]:
    """What the button of a preview posts."""
    form = Hidden("/send")
    form.feed(preview)
    assert "signature" in form.fields
    return form.fields
