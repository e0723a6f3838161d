"""How many submissions a second are taken in: POST /send to a durable commit, two letters each.

On SQLite, and on PostgreSQL where it is installed (durable, on this machine), against
benchmarks/baseline_app.py under the same gunicorn settings; rounds take turns.
Run it with: python -m benchmarks.accept [ROUNDS] [SUBMISSIONS]
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from benchmarks import load
from tests import postgres
from tests.processes.box import ROOT, approved, eventually, free_port, new_home, run

SLUG = "proctoring"
PERSONAL = "I sat one of these exams in a kitchen with two children at the table. " * 3


def main() -> None:
    """Measure both, print the figures and their ratio."""
    rounds, size = load.numbers(5, 500)
    theirs: list[float] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {"SQLite": "sqlite:///var/mailer.db"}
        if postgres.binaries():
            server = stack.enter_context(postgres.cluster(durable=True))
            urls["PostgreSQL"] = server.format(name="postgres")
        ports = {name: stack.enter_context(ours(folder / name, url)) for name, url in urls.items()}
        other = stack.enter_context(baseline(folder))
        mine: dict[str, list[float]] = {name: [] for name in ports}
        waits: dict[str, list[float]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, port in ports.items():
                speed, seconds = load.rate(port, previews(port, size), b"303")
                mine[name].append(speed)
                waits[name] += seconds
            theirs.append(load.rate(other, forms(other, size), b"303")[0])
    print(f"accept: {size} submissions a round, {load.CONNECTIONS} connections")
    b = load.report("bare Flask-WTF + SQLite", theirs, "/s")
    for name, speeds in mine.items():
        a = load.report(f"mailer on {name}, POST /send", speeds, "/s")
        p50, p99 = (load.percentile(waits[name], part) * 1000 for part in (0.5, 0.99))
        print(f"ratio {a / b:.2f}; a supporter waits {p50:.1f} ms (median), {p99:.1f} ms (99 %)")


@contextmanager
def ours(folder: Path, url: str) -> Iterator[int]:
    """The site, over a database of its own."""
    folder.mkdir()
    home, port = new_home(folder / "home"), free_port()
    settings = {"MAILER_DATABASE_URL": url, "PORT": str(port), "MAILER_BIND": "127.0.0.1"}
    made = run(home, "db", "upgrade", **settings)
    assert made.returncode == 0, made.stderr
    words = [sys.executable, "-m", "mailer", "web"]
    environment = {"MAILER_HOME": str(home)} | settings
    with started(words, port, "/healthz", environment):
        yield port


@contextmanager
def baseline(folder: Path) -> Iterator[int]:
    """The yardstick, over a database of its own."""
    port = free_port()
    words = [sys.executable, "-m", "benchmarks.baseline_app", str(folder / "b.db"), str(port)]
    with started(words, port, "/", {}):
        yield port


@contextmanager
def started(
    words: list[str], port: int, path: str, environment: dict[str, str]
) -> Iterator[None]:  # fmt: skip
    """A server, until the block ends."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | environment
    with subprocess.Popen(words, env=environment, cwd=ROOT) as process:
        try:
            eventually(lambda: answers(port, path), "the server answers")
            yield
        finally:
            process.terminate()


def answers(port: int, path: str) -> bool:
    """True once the server is there."""
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=2).ok
    except requests.ConnectionError:
        return False


def previews(port: int, size: int) -> list[bytes]:
    """Signed previews of so many different people, ready to be sent."""
    made = []
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(size):
            page = session.post(f"http://127.0.0.1:{port}/{SLUG}/preview", data=person())
            assert page.status_code == 200, page.text
            made.append(load.post(f"/{SLUG}/send", approved(page.text)))
    return made


def forms(port: int, size: int) -> list[bytes]:
    """So many different people's forms for the yardstick, in one browser session."""
    with requests.Session() as session:
        session.trust_env = False
        page = session.get(f"http://127.0.0.1:{port}/")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert token
        cookie = f"session={session.cookies['session']}"
    return [load.post("/", person() | {"csrf_token": token[1]}, cookie) for _ in range(size)]


def person() -> dict[str, str]:
    """A form filled in by somebody new."""
    unique = secrets.token_hex(6)
    return {
        "name": f"Ann Example {unique}", "email": f"ann-{unique}@supporter.example",
        "postal_code": "K1A 0B1", "address": "1 Example Street", "district": "Example Centre",
        "role": "student", "affiliation": "Example College", "personal": PERSONAL,
    }  # fmt: skip


if __name__ == "__main__":
    main()
