"""PostgreSQL and parts that start alone, as on a platform or on several machines."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import requests
from sqlalchemy import create_engine, text

from tests.processes.box import Running, eventually, free_port, new_home, run, write
from tests.processes.sink import Sink, needs_sink, sink

PEOPLE = 20


def accepted(relay: Sink) -> Counter[tuple[str, str]]:
    """How often the server took each letter, by recipient and supporter."""
    found: Counter[tuple[str, str]] = Counter()
    for message in relay.messages():
        to = re.search(r"^X-Rcpt-Args: <([^>]*)>", message, re.M)
        reply = re.search(r"^Reply-To: .*<([^>]*)>", message, re.M)
        if to and reply:
            found[to[1], reply[1]] += 1
    return found


@needs_sink
def test_two_workers_and_a_death_lose_nothing_and_double_nothing_unflagged(
    tmp_path: Path, new_postgres: Callable[[], str]
) -> None:
    home, port = new_home(tmp_path / "home"), free_port()
    url = new_postgres().replace("postgresql+psycopg", "postgres")
    with sink(tmp_path / "sink", "-w", "1") as relay:  # a second for each answer to the dot
        settings = {
            "DATABASE_URL": url, "PORT": str(port), "MAILER_BIND": "127.0.0.1",
            "MAILER_TRANSPORT": f"smtp://127.0.0.1:{relay.port}?tls=none",
            "MAILER_WORKER_CONNECTIONS": "4",
        }  # fmt: skip
        assert run(home, "campaign", "go-live", "proctoring", "--yes", **settings).returncode == 0
        parts = [Running(home, name, **settings) for name in ("web", "worker", "worker")]
        try:
            here = f"http://127.0.0.1:{port}"
            eventually(lambda: _lives(here), "the pages answer")
            receipts = [
                write(here, "proctoring", name=f"Ann {n}", email=f"a{n}@supporter.example")
                for n in range(PEOPLE)
            ]
            eventually(lambda: accepted(relay), "the first letters leave")
            parts[1].stop(signal.SIGKILL)
            eventually(lambda: len(accepted(relay)) == 2 * PEOPLE, "every letter, once at least")
            shown = ("log", "list", "--json", "--state", "sent")
            eventually(
                lambda: len(json.loads(run(home, *shown, **settings).stdout)) == 2 * PEOPLE,
                "the log says so",
            )
            pages = [requests.get(one, timeout=30).text for one in receipts]
        finally:
            for part in parts:
                part.stop()
        twice = {letter for letter, times in accepted(relay).items() if times > 1}
    assert all(page.count("Accepted by the mail server") == 2 for page in pages)
    assert len(twice) <= _flagged(url), "whatever went twice is marked"


def _lives(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.ConnectionError:
        return False


def _flagged(url: str) -> int:
    engine = create_engine(url.replace("postgres:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM letter WHERE possibly_twice"))
        found = int(count.scalar_one())
    engine.dispose()
    return found
