"""How much longer the campaign's page takes than a view that says nothing.

Against an empty Flask view under the same gunicorn settings; rounds take turns. The page comes
as browsers ask for it, gzipped; every answer is checked.
Run it with: python -m benchmarks.page [ROUNDS] [REQUESTS]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from benchmarks import load
from benchmarks.accept import SLUG, ours, started
from mailer.cli.server import Server
from mailer.config import Settings
from tests.processes.box import free_port

MOST = 2.0  # times the yardstick


def main() -> None:
    """Measure both, print the figures and their ratio."""
    rounds, size = load.numbers(9, 3000)
    mine, theirs = [], []
    with tempfile.TemporaryDirectory() as folder, ours(Path(folder)) as port, empty() as other:
        for _ in range(rounds):
            mine.append(load.rate(port, [get(f"/{SLUG}/")] * size, b"200")[0])
            theirs.append(load.rate(other, [get("/")] * size, b"200")[0])
    print(f"page: {size} visits a round, {load.CONNECTIONS} connections")
    a = load.report("mailer, GET /campaign/", mine, "/s")
    b = load.report("an empty Flask view", theirs, "/s")
    print(f"{1e6 / a:.0f} µs against {1e6 / b:.0f} µs: {b / a:.2f} times, wanted at most {MOST:g}")


def get(path: str) -> bytes:
    """A page as a browser asks for it."""
    head = [
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Encoding: gzip, deflate, br",
        "Accept-Language: en-CA,en;q=0.9,fr;q=0.8",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n"


@contextmanager
def empty() -> Iterator[int]:
    """The yardstick."""
    port = free_port()
    with started([sys.executable, "-m", "benchmarks.page", "empty", str(port)], port, "/", {}):
        yield port


def nothing() -> Flask:
    """An application that answers one address with no words at all."""
    app = Flask(__name__)
    app.add_url_rule("/", "page", lambda: "")
    return app


class Empty(Server):
    """The same server with the yardstick inside."""

    def load(self) -> Flask:
        """The application, made in each worker process."""
        return nothing()


if __name__ == "__main__":
    if sys.argv[1:2] == ["empty"]:
        Empty(Settings(home=Path.cwd(), port=int(sys.argv[2])), "127.0.0.1").run()
    else:
        main()
