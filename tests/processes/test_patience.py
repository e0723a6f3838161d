"""Requests that never end, or are put together wrongly, at the server that programs run."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from mailer.cli.server import THREADS
from mailer.db import Store, migrate
from tests.processes.box import ROOT, eventually, free_port

PROGRAM = """
import sys
from pathlib import Path
from mailer.cli.patience import PatientWorker
from mailer.cli.server import Server
from mailer.config import Settings

class Hasty(PatientWorker):
    patience = 1.0

class Hurried(Server):
    def load_config(self):
        super().load_config()
        self.cfg.set("worker_class", Hasty)

home, url, port = sys.argv[1:]
settings = Settings(home=Path(home), database_url=url, secret_keys=("k" * 40,), port=int(port),
                    web_concurrency=1)
Hurried(settings, "127.0.0.1").run()
"""
HEAD = (
    b"POST /find HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LATE = (HEAD, HEAD + b"Content-Length: 500\r\n\r\nemail=", CHUNKED + b"5\r\nem")
WRONG = (b"-5\r\nabcde\r\n0\r\n\r\n", b"zz\r\n\r\n", b"5\r\nabcdeXX0\r\n\r\n")


@pytest.fixture
def port(home: Path) -> Iterator[int]:
    """Where a process listens, the only one, that waits a second for each request."""
    url, port = f"sqlite:///{home}/mailer.db", free_port()
    store = Store(url)
    migrate.upgrade(store)
    store.close()
    running = subprocess.Popen([sys.executable, "-c", PROGRAM, str(home), url, str(port)], cwd=ROOT)
    try:
        eventually(lambda: answers(port), "the pages answer")
        yield port
    finally:
        running.terminate()
        running.wait(30)


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=20).ok
    except requests.ConnectionError:
        return False


def test_whoever_never_ends_a_request_holds_no_thread_for_ever(port: int) -> None:
    here = ("127.0.0.1", port)
    for late in LATE:
        held = [socket.create_connection(here, timeout=20) for _ in range(THREADS + 2)]
        for one in held:
            one.sendall(late)
        assert answers(port)
        for one in held:
            one.close()


def test_a_body_that_is_put_together_wrongly_is_a_bad_request(port: int) -> None:
    for body in WRONG:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
            one.sendall(CHUNKED + body)
            assert one.recv(4096).startswith(b"HTTP/1.1 400 ")
