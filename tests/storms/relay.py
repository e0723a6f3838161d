"""A mail server that misbehaves by a seed, and whose log is the truth.

    python -m tests.storms.relay PORT LOG [--seed N] [--odds 0.1] [--faults dot-cut-took,mail-421]

It writes a letter into its log before it says 250 to the final dot. Stopped and started again on
the same port, it goes on with the same log: while it is away the port is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import re
import signal
import threading
import time
from pathlib import Path

from tests.storms.faults import BODY, CONNECT, DATA, DOT, EVERY, MAIL, RCPT, Fault, Weather
from tests.storms.logbook import REFUSED, SPOILT, TOOK, Entry, Logbook

FEATURES = ("relay.example", "PIPELINING", "8BITMIME", "SIZE 1000000", "ENHANCEDSTATUSCODES")
PLAIN = ("relay.example", "8BITMIME")
GARBAGE = b"\x16\x03\x01 what is a mail server?\r\n"
WORDS = {421: "4.3.2 closing", 451: "4.3.0 later", 452: "4.2.2 full", 550: "5.1.1 no", 554: "no"}

_ADDRESS = re.compile(rb"<([^>]*)>")
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>]+)@", re.I | re.M)


class Gone(Exception):  # noqa: N818 - it names what happened
    """The conversation is over."""


class Conversation:
    """One connection, from the greeting to its end."""

    def __init__(
        self, relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._relay = relay
        self._reader = reader
        self._writer = writer
        self._sender = self._recipient = ""
        self._fault: Fault | None = None

    async def run(self) -> None:
        """Talk until either side has had enough."""
        try:
            await self._greet()
            while True:
                await self._obey(await self._line())
        except (Gone, OSError, EOFError, ValueError, asyncio.CancelledError):
            pass
        finally:
            self._writer.close()

    async def _greet(self) -> None:
        self._fault = self._relay.weather.on_connect()
        await self._misbehave(CONNECT)
        self._fault = None
        await self._say(b"220 relay.example ready\r\n")

    async def _line(self) -> bytes:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise Gone
        return line

    async def _say(self, text: bytes) -> None:
        self._writer.write(text)
        await self._writer.drain()

    async def _obey(self, line: bytes) -> None:
        verb = line[:4].upper().strip()
        if verb in {b"EHLO", b"HELO"}:
            lines = self._relay.features
            said = [f"250{'-' if n + 1 < len(lines) else ' '}{x}\r\n" for n, x in enumerate(lines)]
            await self._say("".join(said).encode())
        elif verb == b"MAIL":
            self._begin(line)
            await self._answer(MAIL, b"250 2.1.0 ok\r\n")
        elif verb == b"RCPT" and self._sender:
            self._recipient = _address(line)
            await self._answer(RCPT, b"250 2.1.5 ok\r\n")
        elif verb == b"DATA" and self._recipient:
            if await self._answer(DATA, b"354 go on\r\n"):
                await self._body()
        elif verb == b"RSET":
            self._sender = self._recipient = ""
            await self._say(b"250 2.0.0 ok\r\n")
        elif verb == b"QUIT":
            await self._say(b"221 2.0.0 bye\r\n")
            raise Gone
        else:
            await self._say(b"503 5.5.1 not now\r\n")

    def _begin(self, line: bytes) -> None:
        self._sender, self._recipient = _address(line), ""
        self._fault = self._relay.weather.on_letter()

    async def _answer(self, phase: str, yes: bytes) -> bool:
        """Say yes, unless this is where it goes wrong; false when the letter was refused."""
        if await self._misbehave(phase):
            return False
        await self._say(yes)
        return True

    async def _misbehave(self, phase: str) -> bool:
        """Do what the fault says if it belongs here; true when it refused, Gone when it ended."""
        fault = self._fault
        if fault is None or fault.phase != phase:
            return False
        if fault.does == "slow":
            await asyncio.sleep(self._relay.slow)
            return False
        if fault.code:
            self._note(REFUSED, code=fault.code, fault=fault)
            self._sender = self._recipient = ""
            await self._say(f"{fault.code} {WORDS[fault.code]}\r\n".encode())
            if fault.code == 421 or phase == CONNECT:
                raise Gone
            return True
        if not fault.took:
            self._note(SPOILT, fault=fault)
        if fault.does == "garbage":
            await self._say(GARBAGE)
        if fault.does != "cut":
            await asyncio.sleep(self._relay.hang)
        raise Gone

    async def _body(self) -> None:
        if self._fault is not None and self._fault.phase == BODY:
            await self._reader.read(200)  # some of it has come, and that is all
            await self._misbehave(BODY)
        lines = []
        while (line := await self._line()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        await self._dot(b"".join(lines))

    async def _dot(self, data: bytes) -> None:
        fault = self._fault if self._fault is not None and self._fault.phase == DOT else None
        if fault is None or fault.took:
            # Written before anybody is told: whatever happens from here on, it was taken.
            self._note(TOOK, data=data, fault=fault)
        await asyncio.sleep(self._relay.think)
        await self._answer(DOT, b"250 2.0.0 Ok: queued\r\n")
        self._sender = self._recipient = ""

    def _note(
        self, did: str, *, code: int = 0, fault: Fault | None = None, data: bytes = b""
    ) -> None:
        found = _MESSAGE_ID.search(data.partition(b"\r\n\r\n")[0])
        named = self._sender.partition("@")[0].partition("b-")[2][:26]
        self._relay.log.write(
            Entry(
                at=time.time(), did=did, letter=found[1].decode() if found else named,
                sender=self._sender, recipient=self._recipient, code=code,
                phase=fault.phase if fault else DOT, fault=fault.name if fault else "",
                sha256=hashlib.sha256(data).hexdigest() if data else "",
            )
        )  # fmt: skip


class Relay:
    """The server: its weather, its log, and how long it makes people wait."""

    def __init__(
        self, log: Logbook, weather: Weather, *, hang: float, slow: float, think: float, plain: bool
    ) -> None:
        self.log = log
        self.weather = weather
        self.hang = hang
        self.slow = slow
        self.think = think
        self.features = PLAIN if plain else FEATURES
        self.listens = threading.Event()
        self._talks: set[asyncio.Task[None]] = set()

    async def serve(self, port: int, stop: asyncio.Event) -> None:
        """Listen on loopback until told to stop; then every connection is cut."""
        server = await asyncio.start_server(self._take, "127.0.0.1", port, backlog=200)
        self.listens.set()
        await stop.wait()
        server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        await Conversation(self, reader, writer).run()


def _address(line: bytes) -> str:
    found = _ADDRESS.search(line)
    return found[1].decode("utf-8", "replace") if found else ""


def main() -> None:
    """Run one relay from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("log", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--odds", type=float, default=0.0)
    parser.add_argument("--faults", default=",".join(EVERY))
    parser.add_argument("--hang", type=float, default=2.0, help="seconds of silence, then a cut")
    parser.add_argument("--slow", type=float, default=1.0, help="seconds that a slow answer takes")
    parser.add_argument("--think", type=float, default=0.0, help="seconds before each last answer")
    parser.add_argument("--plain", action="store_true", help="offer no PIPELINING")
    said = parser.parse_args()
    weather = Weather(said.seed, said.odds, [name for name in said.faults.split(",") if name])
    log = Logbook(said.log)
    relay = Relay(log, weather, hang=said.hang, slow=said.slow, think=said.think, plain=said.plain)
    asyncio.run(_until_told(relay, said.port))
    log.close()


async def _until_told(relay: Relay, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await relay.serve(port, stop)


if __name__ == "__main__":
    main()
