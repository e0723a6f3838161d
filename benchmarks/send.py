"""How many letters a second leave: from claim to settled, through the worker, to Postfix's sink.

Against Postfix's own smtp-source on the same sink, over as many connections; rounds take turns.
Run it with: python -m benchmarks.send [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import load
from benchmarks.baseline_app import LETTER
from mailer import outbox, sendlog, worker
from mailer.config import Settings
from mailer.db import Store, migrate
from mailer.officials.values import Pace
from mailer.outbox import NewLetter, Terms, Written
from mailer.status import Kind, State
from tests.processes.box import eventually, free_port
from tests.processes.sink import listening, sink_command

FAST = Pace(count=1_000_000, seconds=1.0)
CONNECTIONS = 10


def main() -> None:
    """Measure both, print the figures and their ratio."""
    rounds, size = load.numbers(5, 2000)
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        settings = Settings(
            home=Path(folder), transports=(f"smtp://127.0.0.1:{port}?tls=none",),
            worker_connections=CONNECTIONS, secret_keys=("k" * 40,),
        )  # fmt: skip
        store = Store("sqlite:///var/bench.db", home=settings.home)
        migrate.upgrade(store)
        mine, theirs = [], []
        for _ in range(rounds):
            mine.append(ours(settings, store, size))
            theirs.append(smtp_source(port, size))
        store.close()
    print(f"send: {size} letters a round, {CONNECTIONS} connections, SQLite")
    a = load.report("mailer, claim to settled", mine, "/s")
    b = load.report("smtp-source", theirs, "/s")
    print(f"ratio {a / b:.3f}")


def ours(settings: Settings, store: Store, size: int) -> float:
    """Letters a second, from the first claim to the last one settled."""
    for start in range(0, size, 500):
        with store.write() as tx:
            letters = [letter(number) for number in range(start, min(start + 500, size))]
            outbox.add(tx, letters, store.now(tx))
    before = sendlog.counts(store).get(State.SENT, 0)
    began = time.perf_counter()
    worker.drain(settings, store)
    seconds = time.perf_counter() - began
    sent = sendlog.counts(store)[State.SENT] - before
    assert sent == size, f"{sent} of {size} letters were sent"
    return size / seconds


def letter(number: int) -> NewLetter:
    """A letter of the usual length to one of ten officials."""
    written = Written(
        language="en", from_name="Ann Example via Quiet exams", body=LETTER,
        from_address="letters@campaign.example", reply_name="Ann Example",
        reply_address="ann@supporter.example", to_name="A Minister",
        to_address=f"minister-{number % 10}@ministry.example", subject="Quiet exams",
        salutation="Dear Minister,",
    )  # fmt: skip
    return NewLetter(
        kind=Kind.LETTER, state=State.QUEUED, written=written, actor="benchmark",
        terms=Terms(pace=FAST),
    )


def smtp_source(port: int, size: int) -> float:
    """Messages a second of Postfix's own client, of about the same length."""
    tool = shutil.which("smtp-source", path=f"{os.environ['PATH']}:/usr/sbin")
    assert tool, "smtp-source is missing: apt install postfix"
    words = [
        tool, "-d", "-s", str(CONNECTIONS), "-m", str(size), "-l", str(2 * len(LETTER)),
        "-f", "letters@campaign.example", "-t", "minister@ministry.example",
        f"inet:127.0.0.1:{port}",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(words, check=True)
    return size / (time.perf_counter() - began)


@contextmanager
def sink() -> Iterator[int]:
    """Postfix's smtp-sink: takes everything, keeps nothing."""
    port = free_port()
    with subprocess.Popen(sink_command(port)) as process:
        try:
            eventually(lambda: listening(port), "the sink listens")
            yield port
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
