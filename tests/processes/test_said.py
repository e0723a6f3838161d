"""What web and worker say about people: nothing, whatever was typed and whatever goes wrong."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.processes.box import Box, eventually, new_home, write
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
