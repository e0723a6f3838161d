"""What it costs to have much waiting: a claim's time and a worker's memory, by letters queued.

At 1,000 letters and at 1,000,000, for 124 officials, on both databases.
Run it with: python -m benchmarks.depth [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import select, text

from benchmarks import load
from benchmarks.send import OFFICIALS, letter, ready, verp
from mailer import outbox
from mailer.db import Store
from mailer.db.schema import letter as letter_table
from mailer.outbox import Way
from mailer.transports import Answer, Limits, Lines, Parcel
from mailer.transports.threads import ThreadLines
from mailer.worker import Worker
from tests import postgres

FEW = 1000
WAY = Way(account="fake:relay")
LEAVE = 3000  # letters that leave while memory is looked at

SERIES = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})"
    " SELECT i FROM n)",
    "postgresql": "(SELECT generate_series(1, {most}) AS i) AS n",
}


def main() -> None:
    """Measure both databases, print the figures and their ratios."""
    rounds, most = load.numbers(40, 1_000_000)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls = {
            "SQLite": (f"sqlite:///{folder}/few.db", f"sqlite:///{folder}/many.db"),
        }
        if postgres.binaries():
            url = stack.enter_context(postgres.cluster(durable=True))
            urls["PostgreSQL"] = (url.format(name="postgres"), url.format(name="template1"))
        else:
            print("POSTGRESQL IS NOT INSTALLED: nothing is measured on it", file=sys.stderr)
        for name, (few, many) in urls.items():
            compare(name, few, many, rounds, most)


def compare(name: str, few: str, many: str, rounds: int, most: int) -> None:
    """A claim and a worker with few letters waiting and with many."""
    with ready(few) as shallow, ready(many) as deep:
        fill(shallow, FEW)
        fill(deep, most)
        times: dict[str, list[float]] = {f"{FEW:,}": [], f"{most:,}": []}
        for _ in range(rounds):
            for store, found in zip((shallow, deep), times.values(), strict=True):
                found.append(claim(store))
    a, b = (1000 * statistics.median(found) for found in times.values())
    print(f"depth on {name}: a claim of 100 letters")
    for (count, _), median in zip(times.items(), (a, b), strict=True):
        print(f"{count + ' queued':<28} {median:>8.2f} ms")
    print(f"{'':<28} ratio {b / a:.2f}")
    print(f"depth on {name}: memory of a worker while {LEAVE:,} letters leave")
    sizes = [memory(url) for url in (few, many)]
    for count, size in zip(times, sizes, strict=True):
        print(f"{count + ' queued':<28} {size / 1024:>8.1f} MB")
    print(f"{'':<28} ratio {sizes[1] / sizes[0]:.2f}")


def fill(store: Store, most: int) -> None:
    """Queue so many letters, to 124 officials: the first ones as usual, their like in bulk."""
    with store.write() as tx:
        outbox.add(tx, [letter(number) for number in range(OFFICIALS)], store.now(tx))
    copies = most // OFFICIALS - 1
    series = SERIES["sqlite" if store.is_sqlite else "postgresql"].format(most=copies)
    with store.write() as tx:
        for table, key in (("letter", "id"), ("letter_text", "letter")):
            columns = [c.name for c in letter_table.metadata.tables[table].columns]
            named = ", ".join(f'"{name}"' for name in columns)
            copied = ", ".join(
                numbered(name) if name == key else f'{table}."{name}"' for name in columns
            )
            rows = f"{table}, {series} WHERE length({table}.{key}) = 26"
            tx.execute(text(f"INSERT INTO {table} ({named}) SELECT {copied} FROM {rows}"))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def numbered(name: str) -> str:
    """An id for each copy, of the same length as no other."""
    return f"substr({name}, 1, 17) || substr({name}, 24, 3) || '-' || CAST(i AS TEXT)"


def claim(store: Store) -> float:
    """Seconds that a claim takes, all taken back afterwards."""
    with store.write() as tx:
        now = store.now(tx)
        began = time.perf_counter()
        taken = outbox.claim(tx, "benchmark", now=now, lease=60.0, most=100, way=WAY)
        seconds = time.perf_counter() - began
        assert len(taken) == 100, len(taken)
        tx.rollback()
    return seconds


def memory(url: str) -> int:
    """Kilobytes that a worker of its own process had at most."""
    command = [sys.executable, "-m", "benchmarks.depth", "--worker", url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout)


class Nowhere:
    """A transport that takes everything and keeps nothing."""

    account = "fake:relay"
    label = ""
    delivers = True
    longest_wait = 30.0
    limits = Limits()
    taken = 0

    def connect(self) -> Nowhere:
        """Itself."""
        return self

    def lines(self, size: int) -> Lines:
        """Lines over itself."""
        return ThreadLines(lambda: Nowhere(), size)

    def probe(self) -> str:
        """Says that it is there."""
        return "nowhere"

    def stage(self, parcel: Parcel) -> None:
        """Take it."""

    def commit(self) -> Answer:
        """Forget it."""
        Nowhere.taken += 1
        return Answer(text="gone")

    def abandon(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is open."""


def work(url: str) -> None:
    """Let letters leave, and print how much memory that took at most."""
    store = Store(url)
    worker = Worker(store, [Nowhere()], "benchmark", connections=10, envelope=verp)
    while worker.round() and Nowhere.taken < LEAVE:
        pass
    worker.close()
    with store.read() as tx:
        assert tx.execute(select(letter_table.c.id).limit(1)).scalar()
    store.close()
    # Linux's own word: getrusage() counts what the parent had before the program began.
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(found[1] if found else 0)


if __name__ == "__main__":
    work(sys.argv[2]) if sys.argv[1:2] == ["--worker"] else main()
