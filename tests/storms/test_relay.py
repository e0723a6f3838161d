"""The relay of the storms: each fault does what its name says, and its log tells the truth."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.errors import SendError
from mailer.transports import Parcel
from mailer.transports.smtp import Server, SmtpTransport
from tests.processes.box import eventually, free_port
from tests.storms import logbook
from tests.storms.faults import BODY, CONNECT, DOT, EVERY, Fault, Weather
from tests.storms.logbook import REFUSED, SPOILT, TOOK, Entry, Logbook
from tests.storms.relay import Relay

BODY_TEXT = b"Message-ID: <l1@us.example>\r\nSubject: x\r\n\r\n.\r\n" + b"Dear Minister,\r\n" * 20
PARCEL = Parcel(
    letter="l1", sender="letters+b-l1@us.example", recipient="you@ministry.example", data=BODY_TEXT
)


class Forecast(Weather):
    """Weather as a test wants it."""

    def __init__(self) -> None:
        super().__init__(0, 0.0)
        self.fault: Fault | None = None

    def on_connect(self) -> Fault | None:
        """The fault, if it belongs to the greeting."""
        return self.fault if self.fault and self.fault.phase == CONNECT else None

    def on_letter(self) -> Fault | None:
        """The fault, if it belongs to a letter."""
        return self.fault if self.fault and self.fault.phase != CONNECT else None


class Told:
    """A relay on a thread, and its weather."""

    def __init__(self, file: Path, *, plain: bool) -> None:
        self.file, self.port, self.weather = file, free_port(), Forecast()
        log = Logbook(file)
        relay = Relay(log, self.weather, hang=0.1, slow=0.1, think=0.0, plain=plain)

        async def serve() -> None:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            await relay.serve(self.port, self._stop)
            log.close()

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()))
        self._thread.start()
        assert relay.listens.wait(30)

    def close(self) -> None:
        """Cut every connection and end."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    def noted_since(self, before: int) -> list[Entry]:
        """What was noted after so many entries; waits for the first."""
        return eventually(lambda: logbook.read(self.file)[before:], "something is noted")

    def send(self) -> SendError | None:
        """Send the parcel over a line of its own; what went wrong."""
        server = Server(host="127.0.0.1", port=self.port, tls="none", timeout=5.0, longest_wait=5.0)
        try:
            connection = SmtpTransport(server).connect()
        except SendError as error:
            return error
        try:
            connection.stage(PARCEL)
            connection.commit()
        except SendError as error:
            return error
        finally:
            connection.close()
        return None


@pytest.fixture(params=["pipelining", "plain"])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Told]:
    relay = Told(tmp_path / "log", plain=request.param == "plain")
    yield relay
    relay.close()


def test_it_takes_a_letter_and_says_so(told: Told) -> None:
    assert told.send() is None
    (entry,) = logbook.read(told.file)
    assert (entry.did, entry.letter, entry.recipient) == (TOOK, "l1", "you@ministry.example")
    assert entry.sha256 == hashlib.sha256(BODY_TEXT).hexdigest(), "as it was before the dots"


def test_each_fault_does_what_its_name_says(told: Told) -> None:
    for name, fault in EVERY.items():
        told.weather.fault = fault
        before = len(logbook.read(told.file))
        error = told.send()
        entries = told.noted_since(before)
        assert len(entries) == 1, name
        kept = TOOK if fault.took or fault.does == "slow" else REFUSED if fault.code else SPOILT
        assert (entries[0].did, entries[0].code) == (kept, fault.code), name
        assert (error is None) == (fault.does == "slow"), name
        if error is not None and fault.phase != BODY:  # where the dot may be out already
            silent = fault.phase == DOT and not fault.code
            assert error.maybe_accepted == silent, f"{name}: only an unheard answer is a doubt"
            assert error.code.startswith(str(fault.code or "")), name


def test_the_same_seed_draws_the_same_weather() -> None:
    rows = [
        [weather.on_letter() for _ in range(50)] for weather in (Weather(7, 0.5), Weather(7, 0.5))
    ]
    assert rows[0] == rows[1]
    assert {None} < set(rows[0])


def test_a_line_that_is_still_being_written_does_not_count(tmp_path: Path) -> None:
    log = Logbook(tmp_path / "log")
    log.write(logbook.Entry(at=1.0, did=TOOK, letter="l1"))
    log.close()
    with (tmp_path / "log").open("a") as file:
        file.write('{"at": 2.0, "did": "took"')
    assert [entry.letter for entry in logbook.read(tmp_path / "log")] == ["l1"]
