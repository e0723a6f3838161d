"""A table of everything: rows a second and memory, for letters by the hundred thousand.

The yardstick is a bare cursor of the same SQLite library with the same columns, whose rows go to
csv.writer as they are; the two take turns. On a machine that does much else at the same time the
rates by processor time tell more than those by the clock. Memory is that of a process of its own,
at most.
Run it with: python -m benchmarks.export [ROUNDS] [LETTERS]
"""

from __future__ import annotations

import csv
import io
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from benchmarks import load
from benchmarks.send import ready
from mailer.db import Store, sqlite
from mailer.sendlog import Filter, exporting
from mailer.sendlog.exporting import ADMIN
from mailer.tables import csv_of_parts
from tests import postgres

FEW = 10_000
OFFICIALS = 124
BODY = 2000  # characters
BARE = (
    "SELECT s.id, l.campaign, l.official, l.queue, l.state, l.reason, l.created_at, l.sent_at,"
    " l.attempts, l.possibly_twice, s.via, s.role, s.affiliation, s.district, s.language, s.name,"
    " s.email, s.postal_code, s.address, l.kind, l.id, l.transport, l.answer"
    " FROM letter l LEFT JOIN submission s ON s.id = l.submission WHERE l.kind = 'letter'"
    " ORDER BY l.created_at DESC, l.id DESC"
)

NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most})",
    "postgresql": "WITH n AS (SELECT generate_series(1, {most}) AS i)",
}
RANDOM = {
    "sqlite": "lower(hex(randomblob(13)))",
    "postgresql": "substr(md5(random()::text), 1, 26)",
}


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What one table took, in seconds."""

    clock: float
    processor: float  # of this process; on PostgreSQL the server takes some more


def main() -> None:
    """Measure SQLite, and PostgreSQL where it is installed."""
    if sys.argv[1:2] == ["--alone"]:
        with closing(Store(sys.argv[2])) as store:
            write(store)
        found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
        assert found, "not on Linux"
        print(found[1])
        return
    rounds, most = load.numbers(3, 1_000_000)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        measure("SQLite", f"sqlite:///{folder}/", rounds, most)
        if postgres.binaries():
            url = stack.enter_context(postgres.cluster(durable=True))
            measure("PostgreSQL", url, rounds, most)
        else:
            print("POSTGRESQL IS NOT INSTALLED: nothing is measured on it", file=sys.stderr)


def measure(name: str, place: str, rounds: int, most: int) -> None:
    """Rows a second beside the yardstick's, and memory beside that for few letters."""
    few, many = databases(place)
    with filled(few, FEW), filled(many, most) as store:
        ours, bare = list[Taken](), list[Taken]()
        for _ in range(rounds):
            if store.is_sqlite:
                bare.append(seconds(plain(str(store.url.database)), most))
            ours.append(seconds(lines(store), most))
        small, large = alone(few), alone(many)
    print(f"CSV of {most:,} letters on {name}, rows a second")
    report("ours", ours, most)
    if bare:
        report("bare cursor and csv.writer", bare, most)
        ratio = median(bare, "processor") / median(ours, "processor")
        print(f"  ours to the bare cursor's, by processor time: {ratio:.2f}")
    print(f"  memory {large / 1024:.0f} MB, with {FEW:,} letters {small / 1024:.0f} MB,"
          f" ratio {large / small:.2f}")  # fmt: skip


def report(what: str, rounds: list[Taken], most: int) -> None:
    """One line: medians by the clock and by this process's processor time."""
    clock, processor = (most / median(rounds, name) for name in ("clock", "processor"))
    print(f"  {what}: {clock:,.0f} by the clock, {processor:,.0f} by processor time")


def median(rounds: list[Taken], name: str) -> float:
    """The middle one of these seconds."""
    return statistics.median(getattr(one, name) for one in rounds)


def databases(place: str) -> tuple[str, str]:
    """Where the few letters are, and the many."""
    if place.startswith("sqlite"):
        return f"{place}few.db", f"{place}many.db"
    return place.format(name="postgres"), place.format(name="template1")


@contextmanager
def filled(url: str, most: int) -> Iterator[Store]:
    """A database with so many letters, two for each supporter, to 124 officials."""
    with ready(url) as store:
        fill(store, most)
        yield store


def fill(store: Store, most: int) -> None:
    """Write letters in bulk, each with its supporter and its text, one a second."""
    kind = "sqlite" if store.is_sqlite else "postgresql"
    series, half = NUMBERS[kind], most // 2
    with store.write() as tx:
        tx.execute(text("INSERT INTO lane (id, full_at) VALUES ('mailbox:x', 0)"))
        tx.execute(
            text("INSERT INTO queue (id, mailbox, served_at) VALUES ('exams x', 'mailbox:x', 0)")
        )
        tx.execute(text(
            "INSERT INTO submission (id, receipt, campaign, letters_hash, person, mailbox,"
            " language, name, email, postal_code, district, role, created_at) "
            + series.format(most=half) +
            f" SELECT {RANDOM[kind]}, 'r' || i, 'exams', '', 'p' || i, 'm' || i, 'en',"
            " 'Ann Example ' || i, 'ann' || i || '@supporter.example', 'K1A 0B1', 'Elmvale',"
            " 'student', 1800000000 + 2 * i FROM n"
        ))  # fmt: skip
        for one in (0, 1):
            tx.execute(text(
                "INSERT INTO letter (id, submission, kind, state, campaign, official, person,"
                " queue, priority, created_at, due_at, attempts, cleared, answer, transport,"
                " sent_at, changed_at)"
                f" SELECT '{one}' || substr(id, 2), id, 'letter', 'sent', campaign, 'minister-' ||"
                f" (CAST(substr(person, 2) AS INTEGER) % {OFFICIALS}) || '-{one}', person,"
                f" 'exams x', 5, created_at + {one}, created_at, 1, true, '250 2.0.0', 'smtp:x',"
                " created_at + 60, created_at + 60 FROM submission ORDER BY created_at"
            ))  # fmt: skip
        tx.execute(text(
            "INSERT INTO letter_text (letter, language, from_name, from_address, reply_name,"
            " reply_address, to_name, to_address, subject, salutation, body, message_id)"
            " SELECT id, 'en', 'Ann via Exams', 'letters@campaign.example', 'Ann',"
            " 'ann@supporter.example', 'Minister ' || official, official || '@ministry.example',"
            f" 'Quiet exams', 'Dear Minister,', '{'Let exams be quiet. ' * (BODY // 20)}',"
            " id || '@campaign.example' FROM letter ORDER BY created_at"
        ))  # fmt: skip
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def lines(store: Store) -> Iterator[bytes]:
    """The table as `mailer log export` writes it."""
    head = exporting.columns(ADMIN)
    return csv_of_parts([one.label for one in head], exporting.parts(store, Filter(), head))


def write(store: Store) -> None:
    """Write the table to nowhere."""
    for _ in lines(store):
        pass


def plain(file: str) -> Iterator[bytes]:
    """The same columns through the library's own cursor."""
    with closing(sqlite.module.connect(file)) as connection:
        out = io.StringIO()
        table = csv.writer(out)
        cursor = connection.execute(BARE)
        while rows := cursor.fetchmany(1000):
            table.writerows(rows)
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()


def seconds(pieces: Iterator[bytes], most: int) -> Taken:
    """How long a table takes; it must have all its lines."""
    began, worked, found = time.perf_counter(), time.process_time(), 0
    for piece in pieces:
        found += piece.count(b"\n")
    assert found >= most, found
    return Taken(clock=time.perf_counter() - began, processor=time.process_time() - worked)


def alone(url: str) -> int:
    """Kilobytes that a process which only exports had at most."""
    command = [sys.executable, "-m", "benchmarks.export", "--alone", url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout)


if __name__ == "__main__":
    main()
