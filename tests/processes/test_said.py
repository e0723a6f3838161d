"""What web and worker say about people: nothing, whatever was typed and whatever goes wrong."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import select

from mailer.cli import main
from mailer.db import Store, schema
from mailer.db.schema import audit_entry
from tests.processes.box import Box, eventually, new_home, write
from tests.processes.refusing import refusing
from tests.processes.test_up import letters

NAME, EMAIL, WORDS = "Zebedee Quillfeather", "zq.planted@supporter.example", "Purple walruses sing."
CALLER, TOKEN = "203.0.113.77", "plantedtokenplantedtoken01"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    running = Box(new_home(tmp_path / "home"), MAILER_LOG="json", MAILER_PROXY_HOPS="1",
                  MAILER_METRICS_TOKEN="a-token-for-the-metrics")  # fmt: skip
    yield running
    running.stop()


def garbage(box: Box) -> None:
    """A request that no server understands, with what must not be told in all of its parts."""
    with socket.create_connection(("127.0.0.1", box.port), timeout=30) as line:
        line.sendall(f"GET /receipt/{TOKEN}?q={EMAIL} BAD/9 {NAME}\r\n{EMAIL}\r\n\r\n".encode())
        while line.recv(4096):
            pass


def test_nothing_that_was_typed_is_in_any_line(box: Box) -> None:
    receipt = write(box.url, "proctoring", name=NAME, email=EMAIL, postal_code="K1A 0B1",
                    role="student", personal=WORDS)  # fmt: skip
    eventually(lambda: len(letters(box.home)) == 2, "two letters in the Maildir")
    caller = {"X-Forwarded-For": CALLER, "User-Agent": NAME, "X-Request-ID": "given-id-1"}
    with requests.Session() as visit:
        visit.trust_env = False
        visit.headers.update(caller)
        found = visit.get(receipt, timeout=30)
        assert found.headers["X-Request-ID"] == "given-id-1"
        forged = visit.get(f"{box.url}/", headers={"X-Request-ID": f'x" {EMAIL}'}, timeout=30)
        assert re.fullmatch("[0-9a-f]{16}", forged.headers["X-Request-ID"])
        for path in (
            f"receipt/{TOKEN}",
            f"confirm/{TOKEN}",
            f"erase/{TOKEN}?e={EMAIL}",
            f"staff/invitation/{TOKEN}",
            f"%0a{NAME}%0d%0aforged",
            f"{EMAIL}/",
        ):
            visit.get(f"{box.url}/{path}", timeout=30)
        visit.post(f"{box.url}/staff/sign-in", data={"email": EMAIL, "password": WORDS}, timeout=30)
        visit.request("BREW", f"{box.url}/receipt/{TOKEN}", timeout=30)
        (box.home / "templates" / "letters" / "proctoring.md").write_text(
            f"+++\n{EMAIL} = [\n+++\n"
        )
        (box.home / "var" / "mailer.db").write_text(f"no database of {EMAIL}" * 100)  # in place
        eventually(lambda: visit.get(f"{box.url}/readyz", timeout=30).status_code == 503, "a 503")
        why = visit.get(f"{box.url}/readyz", timeout=30).text
        visit.get(receipt, timeout=30)
        visit.post(f"{box.url}/proctoring/preview", data={"name": NAME, "email": EMAIL}, timeout=30)
        told = visit.get(f"{box.url}/metrics", timeout=30)
        assert told.status_code == 401
    garbage(box)
    box.stop()
    assert "database" in why
    assert str(box.home) not in why, "no path"
    lines = [json.loads(line) for line in box.err if line.startswith("{")]
    others = [line for line in box.err if not line.startswith("{")]
    said = "".join((*box.err, *box.out[3:], why))
    token = receipt.rpartition("/")[2]
    secrets = (TOKEN, token, "a-token-for-the-metrics")
    for planted in (NAME, "Quillfeather", EMAIL, "zq.planted", WORDS, CALLER, "forged", *secrets):
        assert planted not in said, [line for line in said.splitlines() if planted in line]
    assert {"Ctrl-C stops everything.\n"} >= {line for line in others if "mailer:" not in line}
    pages = {line["page"] for line in lines if line["message"] == "request"}
    assert {"/receipt/<token>", "/<slug>/", "none"} <= pages
    assert {line["part"] for line in lines} == {"web", "worker"}
    mine = [line for line in lines if line.get("request") == "given-id-1"]
    assert mine
    assert all(line["ms"] >= 0 for line in mine if "ms" in line)


REFUSED = f"{EMAIL} {NAME} K1A 0B1"
BROKEN = "{{ ({}[receipt.name ~ receipt.email]).nothing }}"


def test_nothing_is_said_when_everything_refuses(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    with refusing(REFUSED) as ways:
        settings = {"MAILER_TRANSPORT": " ".join(ways), "MAILER_PROXY_HOPS": "1",
                    "MAILER_DATABASE_URL": "sqlite:///var/mailer.db",
                    "MAILER_HOOK_RESEND": "whsec_c2VjcmV0c2VjcmV0c2VjcmV0"}  # fmt: skip
        said = [_command(home, settings, words) for words in BEFORE]
        box = Box(home, **settings)
        try:
            receipt = write(box.url, "proctoring", name=NAME, email=EMAIL, postal_code="K1A 0B1",
                            role="student", personal=WORDS).partition("?")[0]  # fmt: skip
            eventually(lambda: sum("is down" in line for line in box.err) >= 2, "both are down")
            figures = _ask_for_trouble(box, receipt, home)
        finally:
            box.stop()
        said += [_command(home, settings, words) for words in AFTER]
    told = "".join((*box.err, *box.out[3:], figures, *said))
    for expected in ("Traceback", "too many tries", "/hooks/... was refused", "550 5.7.57", "403"):
        assert expected in told
    token = receipt.rpartition("/")[2]
    planted = (NAME, "Quillfeather", "zq.planted", "K1A 0B1", WORDS, CALLER, BROWSER, token)
    for word in planted:
        assert word not in told, [line for line in told.splitlines() if word in line]
    assert _planted_in_rows(home, planted) == []


BEFORE = (("db", "upgrade"), ("campaign", "go-live", "proctoring", "--yes"))
AFTER = (
    ("check",), ("purge",), ("lane", "list"), ("audit", "list"), ("data", f"{NAME}@"),
    ("forget", f"{NAME} {EMAIL}"), ("forget", EMAIL),
)  # fmt: skip
BROWSER = "Plantedbrowser/7"


def _command(home: Path, settings: dict[str, str], words: Sequence[str]) -> str:
    """What a command says for everybody to read: `mailer data` alone hands out what it is for."""
    ended = CliRunner().invoke(main, words, env=settings | {"MAILER_HOME": str(home)})
    return ended.stderr if words[0] == "data" else ended.output


def _ask_for_trouble(box: Box, receipt: str, home: Path) -> str:
    """Ask too often, call without a key, and meet a fault of ours; returns the figures."""
    with requests.Session() as visit:
        visit.trust_env = False
        visit.headers.update({"X-Forwarded-For": CALLER, "User-Agent": BROWSER})
        assert visit.post(f"{box.url}/find", data={"email": EMAIL}, timeout=30).ok
        door = f"{box.url}/staff/sign-in"
        token = re.search(r'name="csrf_token" value="([^"]+)"', visit.get(door, timeout=30).text)
        assert token
        typed = {"csrf_token": token[1], "email": EMAIL, "password": WORDS}
        asked = (visit.post(door, data=typed, timeout=30) for _ in range(30))
        answers = (one.status_code for one in asked)
        assert 429 in answers, "nobody was ever told to wait"
        forged = visit.post(f"{box.url}/hooks/resend", data=REFUSED, timeout=30)
        assert forged.status_code == 401
        assert visit.post(f"{box.url}/proctoring/preview", data={"name": EMAIL}).status_code == 422
        own = home / "templates" / "pages"
        own.mkdir()
        (own / "receipt.html").write_text(BROKEN)
        eventually(lambda: visit.get(receipt, timeout=30).status_code == 500, "a fault")
    return requests.get(f"{box.url}/metrics", timeout=30).text


def _planted_in_rows(home: Path, planted: tuple[str, ...]) -> list[str]:
    """In what no erasure leads to: the audit, and what lanes say of themselves."""
    with closing(Store(f"sqlite:///{home}/var/mailer.db")) as store, store.read() as tx:
        rows = repr(tx.execute(select(audit_entry)).all())
        rows += repr(tx.execute(select(schema.lane)).all())
    return [word for word in planted if word in rows]
