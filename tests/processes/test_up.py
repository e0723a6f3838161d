"""`mailer up` as its owner knows it: one command, a page, letters in the Maildir, a clean end."""

import mailbox
import os
import re
import signal
import socket
import stat
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import requests

from tests.processes.box import Box, eventually, free_port, new_home, of_home, run, write
from tests.processes.sink import needs_sink, sink

ANN = {
    "name": "Ann Example", "email": "ann@supporter.example", "postal_code": "K1A 0B1",
    "role": "student", "personal": "My room has no door.",
}  # fmt: skip
MINISTERS = ["colleges.universities@ministry.example", "labour@ministry.example"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return new_home(tmp_path / "home")


@pytest.fixture
def box(home: Path) -> Iterator[Box]:
    running = Box(home)
    yield running
    running.stop()
    assert not of_home(home), "nothing it started is left"


def letters(home: Path) -> list[mailbox.MaildirMessage]:
    return list(mailbox.Maildir(home / "var" / "outbox", create=False))


def text_of(message: mailbox.MaildirMessage) -> str:
    parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
    part = parsed.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_supporter_writes_to_two_ministers(box: Box) -> None:
    _says_where_everything_is(box)
    _listens_on_one_address(box)
    receipt = write(box.url, "proctoring", **ANN)
    eventually(lambda: len(letters(box.home)) == 2, "two letters in the Maildir")
    found = sorted(letters(box.home), key=lambda letter: letter["To"].partition("<")[2])
    for letter, minister in zip(found, MINISTERS, strict=True):
        assert f"<{minister}>" in letter["To"]
        assert letter["To"].count("@") == 1
        assert "<letters@campaign.example>" in letter["From"]
        assert "<ann@supporter.example>" in letter["Reply-To"]
        assert "My room has no door." in text_of(letter)
    assert text_of(found[0]) != text_of(found[1]), "each has its own paragraph"
    page = eventually(lambda: _receipt_when(receipt, "kept"), "the receipt says where they are")
    assert page.headers["Cache-Control"] == "no-store"
    _is_for_its_owner_alone(box.home)


def _receipt_when(address: str, word: str) -> requests.Response | None:
    page = requests.get(address, timeout=30)
    assert page.status_code == 200
    return page if word in page.text.lower() else None


def _says_where_everything_is(box: Box) -> None:
    """It prints the addresses, and a link that signs in once."""
    assert box.line("The page") == f"{box.url}/"
    assert requests.get(box.line("The letters"), timeout=30).status_code == 200
    link = box.line("Staff")
    assert re.fullmatch(rf"{box.url}/staff/enter/[\w-]{{43}}", link)
    first = requests.get(link, timeout=30, allow_redirects=False)
    assert first.status_code in {302, 303}
    assert "HttpOnly" in first.headers["Set-Cookie"]
    second = requests.get(link, timeout=30, allow_redirects=False)
    assert "Set-Cookie" not in second.headers


def _listens_on_one_address(box: Box) -> None:
    """Whoever listens everywhere answers at each address of this machine, 127.0.0.2 as well."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", box.port), timeout=10)


def _is_for_its_owner_alone(home: Path) -> None:
    files = [path for path in (home / "var").rglob("*") if path.is_file()]
    assert {"mailer.db", "secret.key"} <= {path.name for path in files}
    open_to_others = [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert not open_to_others


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_it_stops_everything(home: Path, number: signal.Signals) -> None:
    box = Box(home)
    # A browser that keeps its connection open must not hold up the end.
    with socket.create_connection(("127.0.0.1", box.port)) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert idle.recv(100)
        began = time.monotonic()
        assert box.stop(number) == 0
        assert time.monotonic() - began < 15
    assert not of_home(home)
    assert "Traceback" not in "".join(box.err)


def test_killing_it_leaves_no_orphan(home: Path) -> None:
    box = Box(home)
    box.stop(signal.SIGKILL)
    eventually(lambda: not of_home(home), "the parts stop themselves")


def test_killing_the_worker_in_mid_run_loses_and_doubles_nothing(box: Box) -> None:
    people = 25
    worker = box.parts()["worker"]
    os.kill(worker, signal.SIGSTOP)
    for number in range(people):
        who = {"name": f"Ann Example {number}", "email": f"ann{number}@supporter.example"}
        write(box.url, "proctoring", **ANN | who)
    os.kill(worker, signal.SIGCONT)
    new = box.home / "var" / "outbox" / "new"
    while not any(new.iterdir()):
        time.sleep(0.001)
    os.kill(worker, signal.SIGKILL)
    assert len(letters(box.home)) < 2 * people, "it was killed in mid-run"
    eventually(lambda: len(letters(box.home)) >= 2 * people, "every letter")
    time.sleep(1)  # for a letter too many
    found = [(letter["Reply-To"], letter["To"]) for letter in letters(box.home)]
    assert len(found) == len(set(found)) == 2 * people
    assert any("worker ended (signal SIGKILL)" in line for line in box.err)


def test_a_second_start_keeps_what_the_first_had(home: Path) -> None:
    first = Box(home)
    receipt = write(first.url, "proctoring", **ANN).removeprefix(first.url)
    first.stop()
    second = Box(home)
    try:
        assert requests.get(second.url + receipt, timeout=30).status_code == 200
        eventually(lambda: len(letters(home)) == 2, "letters accepted before the stop leave")
    finally:
        second.stop()


def test_a_taken_port_is_one_clear_line(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run(home, "up", PORT=str(port))
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert f"port {port} is taken" in ended.stderr
    assert "PORT=" in ended.stderr


def test_outside_development_it_wants_a_secret_key(home: Path) -> None:
    ended = run(home, "up", PORT=str(free_port()), MAILER_BASE_URL="https://letters.example.org")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "MAILER_SECRET_KEY is missing" in ended.stderr


@pytest.mark.parametrize("place", ["var", "var/mailer.db", "var/outbox"])
def test_a_place_that_cannot_be_written_is_one_clear_line(home: Path, place: str) -> None:
    wrong = home / place
    wrong.parent.mkdir(exist_ok=True)
    if place == "var/mailer.db":
        wrong.mkdir()
    else:
        wrong.write_text("in the way")
    ended = run(home, "up", PORT=str(free_port()))
    assert ended.returncode in {1, 2}
    assert str(wrong) in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert not of_home(home)


def test_broken_files_stop_the_start(home: Path) -> None:
    file = home / "templates" / "letters" / "proctoring.md"
    file.write_text(file.read_text().replace("official.salutation", "oficial.salutation"))
    ended = run(home, "up", PORT=str(free_port()))
    assert ended.returncode == 2
    assert "templates/letters/proctoring.md:" in ended.stderr
    assert not of_home(home)


@pytest.mark.parametrize("part", ["web", "worker"])
def test_the_parts_alone_want_a_database_that_lasts(home: Path, part: str) -> None:
    ended = run(home, part, PORT=str(free_port()))
    assert ended.returncode == 2
    assert "MAILER_DATABASE_URL" in ended.stderr


@needs_sink
def test_an_approved_campaign_leaves_through_a_server(home: Path, tmp_path: Path) -> None:
    with sink(tmp_path / "sink") as relay:
        settings = {"MAILER_TRANSPORT": f"smtp://127.0.0.1:{relay.port}?tls=none"}
        box = Box(home, **settings)
        try:
            assert requests.get(f"{box.url}/proctoring/", timeout=30).status_code == 404
            assert any("mailer campaign go-live proctoring" in line for line in box.err)
            gone = run(home, "campaign", "go-live", "proctoring", "--yes", **settings)
            assert gone.returncode == 0, gone.stderr
            for minister in MINISTERS:
                assert minister in gone.stdout
            write(box.url, "proctoring", **ANN)
            eventually(lambda: sorted(relay.recipients()) == MINISTERS, "both letters in the sink")
            sent = ("log", "list", "--state", "sent")
            eventually(
                lambda: run(home, *sent, **settings).stdout.count("\n") == 2, "the log says so"
            )
        finally:
            box.stop()
