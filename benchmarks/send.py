"""How many letters a second leave: from claim to settled, through the worker and the whole ledger.

124 officials, letters of two kilobytes, pace off. On SQLite and on PostgreSQL to Postfix's
smtp-sink, over ten lines and over sixty, against Postfix's own smtp-source on one line that it
keeps open; then with one dot in a hundred two seconds late; then with 40 ms for each round trip,
against smtplib on one open line.
Run it with: python -m benchmarks.send [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import load
from benchmarks.baseline_app import LETTER
from mailer import outbox, sendlog, transports
from mailer.db import Store, migrate
from mailer.message import compose
from mailer.officials.values import Pace
from mailer.outbox import Claimed, NewLetter, Terms, Written
from mailer.status import Kind, State
from mailer.transports import Transport
from mailer.worker import Worker
from tests import postgres
from tests.processes.box import eventually, free_port
from tests.processes.sink import listening, sink_command

FAST = Pace(count=1_000_000, seconds=1.0)
OFFICIALS = 124
LINES = 10  # as MAILER_WORKER_CONNECTIONS is when nobody sets it
MANY_LINES = 60  # a larger wave for each commit, and room for some that wait for a late answer
ROUND_TRIP = 0.04  # seconds
BODY = (LETTER * (2000 // len(LETTER) + 1))[:1990] + "\n\nAnn"


def main() -> None:
    """Measure all, print the figures and their ratios."""
    rounds, size = load.numbers(5, 4000)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stores = {"SQLite": stack.enter_context(ready(f"sqlite:///{folder}/bench.db"))}
        if postgres.binaries():
            # It keeps what it commits, as a real one does; the tests' own need not.
            url = stack.enter_context(postgres.cluster(durable=True))
            stores["PostgreSQL"] = stack.enter_context(ready(url.format(name="postgres")))
        else:
            print("POSTGRESQL IS NOT INSTALLED: nothing is measured on it", file=sys.stderr)
        quick(stores, rounds, size)
        late_dots(stores, max(1, rounds // 2), size)
        round_trips(stores["SQLite"], max(1, rounds // 2), size // 4)


def quick(stores: Mapping[str, Store], rounds: int, size: int) -> None:
    """To smtp-sink, as fast as it goes, against smtp-source on one line into the same sink."""
    found: dict[tuple[str, int], list[float]] = {
        (name, lines): [] for lines in (LINES, MANY_LINES) for name in stores
    }
    source: list[float] = []
    with sink() as port:
        for _ in range(rounds):
            for name, lines in found:
                found[name, lines].append(ours(stores[name], port, size, lines))
            source.append(smtp_source(port, size))
    print(f"send: {size} letters a round, {OFFICIALS} officials")
    theirs = load.report("smtp-source, one line", source, "/s")
    for (name, lines), rates in found.items():
        mine = load.report(f"{name}, {lines} lines", rates, "/s")
        print(f"{'':<28} ratio {mine / theirs:.3f}")


def late_dots(stores: Mapping[str, Store], rounds: int, size: int) -> None:
    """One dot in a hundred is two seconds late; against the same relay without."""
    print(f"late dots: 1 % of them 2 s late, {MANY_LINES} lines")
    with relay(0.0, 0, 0.0) as even, relay(0.0, 10, 2.0) as late:
        for name, store in stores.items():
            without, with_late = [], []
            for _ in range(rounds):
                without.append(ours(store, even, size, MANY_LINES))
                with_late.append(ours(store, late, 3 * size, MANY_LINES))
            a = load.report(f"{name}, none late", without, "/s")
            b = load.report(f"{name}, 1 % late", with_late, "/s")
            print(f"{'':<28} ratio {b / a:.2f}")


def round_trips(store: Store, rounds: int, size: int) -> None:
    """40 ms for each question and its answer; against smtplib on one line that stays open."""
    mine, theirs = [], []
    with relay(ROUND_TRIP, 0, 0.0) as port:
        for _ in range(rounds):
            mine.append(ours(store, port, size, LINES))
            theirs.append(smtplib_alone(port, 25))
    print(f"round trips: {1000 * ROUND_TRIP:.0f} ms each, {LINES} lines")
    a = load.report("mailer on SQLite", mine, "/s")
    b = load.report("smtplib, one line", theirs, "/s")
    print(f"{'':<28} ratio {a / b:.1f}")


@contextmanager
def ready(url: str) -> Iterator[Store]:
    """A database of our version."""
    store = Store(url)
    migrate.upgrade(store)
    yield store
    store.close()


def ours(store: Store, port: int, size: int, lines: int) -> float:
    """Letters a second, from the first claim to the last one settled."""
    queue(store, size)
    before = sendlog.counts(store).get(State.SENT, 0)
    way = transports.from_url(f"smtp://127.0.0.1:{port}?tls=none", Path.cwd())
    worker = Worker(store, [way], "benchmark", connections=lines, envelope=verp)
    began = time.perf_counter()
    worker.drain()
    seconds = time.perf_counter() - began
    worker.close()
    sent = sendlog.counts(store)[State.SENT] - before
    assert sent == size, f"{sent} of {size} letters were sent"
    return size / seconds


def queue(store: Store, size: int) -> None:
    """Put letters into the outbox, some hundred in a transaction."""
    for start in range(0, size, 500):
        with store.write() as tx:
            letters = [letter(number) for number in range(start, min(start + 500, size))]
            outbox.add(tx, letters, store.now(tx))


def letter(number: int) -> NewLetter:
    """A letter of the usual length from one of many supporters to one of many officials."""
    supporter, official = divmod(number, OFFICIALS)
    written = Written(
        language="en", from_name="Ann Example via Quiet exams", body=f"{BODY} {supporter}",
        from_address="letters@campaign.example", reply_name="Ann Example",
        reply_address=f"ann{supporter}@supporter.example", to_name=f"Minister {official}",
        to_address=f"minister-{official}@ministry.example", subject="Quiet exams",
        salutation=f"Dear Minister {official},",
    )  # fmt: skip
    return NewLetter(
        kind=Kind.LETTER, state=State.QUEUED, written=written, actor="benchmark",
        campaign="exams", official=f"minister-{official}", terms=Terms(pace=FAST),
    )  # fmt: skip


def verp(claimed: Claimed, _way: Transport) -> str:
    """An envelope sender for each letter."""
    return f"b-{claimed.id}@campaign.example"


def smtp_source(port: int, size: int) -> float:
    """Messages a second of Postfix's own client on one line that it keeps open."""
    tool = shutil.which("smtp-source", path=f"{os.environ['PATH']}:/usr/sbin")
    assert tool, "smtp-source is missing: apt install postfix"
    words = [
        tool, "-d", "-s", "1", "-m", str(size), "-l", str(len(message())),
        "-f", "letters@campaign.example", "-t", "minister@ministry.example",
        f"inet:127.0.0.1:{port}",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(words, check=True)
    return size / (time.perf_counter() - began)


def smtplib_alone(port: int, size: int) -> float:
    """Messages a second of Python's own client on one line that it keeps open."""
    data = message()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as line:
        began = time.perf_counter()
        for _ in range(size):
            line.sendmail("letters@campaign.example", ["minister@ministry.example"], data)
        return size / (time.perf_counter() - began)


def message() -> bytes:
    """One of the letters as it leaves."""
    return compose(letter(0).written.mail("benchmark@campaign.example", Kind.LETTER, 0.0))


@contextmanager
def sink() -> Iterator[int]:
    """Postfix's smtp-sink: takes everything, keeps nothing."""
    with serving(free_port(), sink_command) as port:
        yield port


@contextmanager
def relay(delay: float, late: int, seconds: float) -> Iterator[int]:
    """A relay that answers after `delay` seconds, `late` dots in a thousand `seconds` later."""
    words = (str(delay), str(late), str(seconds))
    with serving(
        free_port(), lambda port: [sys.executable, "-m", "benchmarks.relay", str(port), *words]
    ) as port:
        yield port


@contextmanager
def serving(port: int, command: Callable[[int], list[str]]) -> Iterator[int]:
    """A server's port while its process runs."""
    with subprocess.Popen(command(port)) as process:
        try:
            eventually(lambda: listening(port), "the server listens")
            yield port
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
