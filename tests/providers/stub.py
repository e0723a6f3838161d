"""A loopback server that plays an e-mail API, and everything that can go wrong on the way to one.

What it takes is written down before it answers: that log is the truth of the tests. As a process
of its own, for measuring: python -m tests.providers.stub NAME PORT, with the Rules of
tests/providers/NAME.py.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module
from io import BufferedIOBase
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from tests.processes.box import free_port
from tests.providers import payloads

REASONS = {200: "OK", 201: "Created", 202: "Accepted"}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it came; names of headers in lower case, the path without its query."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is answered: JSON, or bytes as they are; `taken` are the letters that were accepted."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    taken: Sequence[str] = ()

    def wire(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Refused')}"]
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        lines += [f"{name}: {value}" for name, value in (headers | self.headers).items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Rules(Protocol):
    """One provider's part: refuses what the real one refuses, and says so as it does."""

    def play(self, seen: Seen) -> Told:
        """Answer a request."""
        ...

    def refuse(self, status: int, after: float | None) -> Told:
        """What it says with this status (401, 429, 500 ...), with its own hint of seconds."""
        ...

    def suspend(self) -> Told:
        """What it says to everything while the account is suspended."""
        ...


class Trouble(Enum):
    """What may happen to a request."""

    CUT_BEFORE = "hang up before the body was read"
    CUT_AFTER = "take it, then hang up without a word"
    CUT_WITHIN = "take it, then hang up in the middle of the answer"
    SLOW = "take it, and answer after `seconds`"
    RUBBISH = "take it, and answer what no API says"
    STATUS = "do not take it, and answer `status`"
    STATUS_AFTER = "take it, and answer `status` all the same"


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What happens to one request."""

    trouble: Trouble
    status: int = 500
    after: float | None = None  # the hint that goes with the status
    seconds: float = 0.0


class Stub:
    """The server. `turns` are used up, a request each; then all goes well."""

    def __init__(self, rules: Rules, port: int = 0) -> None:
        self.rules = rules
        self.turns: deque[Turn] = deque()
        self.suspended = False
        self.seen: list[Seen] = []
        self.taken: list[str] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", port or free_port()), backlog=200)
        self._threads: list[threading.Thread] = []
        self._ending = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def trouble(self, trouble: Trouble, times: int = 1, **more: Any) -> None:
        """Let it happen to the next requests."""
        self.turns.extend([Turn(trouble=trouble, **more)] * times)

    def suspend(self) -> int:
        """Suspend the account between two requests; says how many letters were taken before."""
        with self._lock:
            self.suspended = True
            return len(self.taken)

    def serve(self) -> None:
        """Answer until the end."""
        while not self._ending.is_set():
            try:
                sock, _ = self._door.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(sock)
                thread = threading.Thread(target=self._welcome, args=(sock,), daemon=True)
                self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Hang up on everybody, and wait until all is quiet."""
        self._ending.set()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(10)

    def hang_up(self) -> None:
        """Close the kept connections, as servers do with idle ones."""
        with self._lock:
            for sock in self._open:
                with suppress(OSError):  # its thread was quicker
                    sock.shutdown(socket.SHUT_RDWR)

    def _welcome(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError), sock, sock.makefile("rb") as lines:
            while self._answer(sock, lines):
                pass
        with self._lock:
            self._open.discard(sock)

    def _answer(self, sock: socket.socket, lines: BufferedIOBase) -> bool:
        """Answer one request; false when the connection is to end."""
        head = _head(lines)
        if head is None:
            return False
        with self._lock:
            turn = self.turns.popleft() if self.turns else None
        if turn and turn.trouble is Trouble.CUT_BEFORE:
            return False
        seen = _seen(head, lines)
        if seen is None:
            return False
        told = self._told(seen, turn)
        if turn and turn.trouble is Trouble.SLOW:
            self._ending.wait(turn.seconds)
        wire = told.wire()
        if turn and turn.trouble is Trouble.CUT_WITHIN:
            sock.sendall(wire[: -max(1, len(wire) // 8)])
        elif not (turn and turn.trouble is Trouble.CUT_AFTER):
            sock.sendall(wire)
            return True
        return False

    def _told(self, seen: Seen, turn: Turn | None) -> Told:
        with self._lock:
            self.seen.append(seen)
            if self.suspended:
                return self.rules.suspend()
            if turn and turn.trouble is Trouble.STATUS:
                return self.rules.refuse(turn.status, turn.after)
            told = self.rules.play(seen)
            self.taken.extend(told.taken)
        if turn and turn.trouble is Trouble.RUBBISH:
            return Told(body=b"<html>Welcome!</html>", headers={"Content-Type": "text/html"})
        if turn and turn.trouble is Trouble.STATUS_AFTER:
            return self.rules.refuse(turn.status, turn.after)
        return told


@contextmanager
def playing(rules: Rules) -> Iterator[Stub]:
    """A stub at work, until the block ends."""
    stub = Stub(rules)
    threading.Thread(target=stub.serve, daemon=True).start()
    try:
        yield stub
    finally:
        stub.close()


def _head(lines: BufferedIOBase) -> list[bytes] | None:
    """The lines before the body; None when the other side has left."""
    found: list[bytes] = []
    while (line := lines.readline()) not in {b"\r\n", b""}:
        found.append(line.rstrip(b"\r\n"))
    return found or None


def _seen(head: list[bytes], lines: BufferedIOBase) -> Seen | None:
    """The request; None when the other side left before its end."""
    method, target, _ = head[0].decode("ascii").split(" ")
    headers = {}
    for line in head[1:]:
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = lines.read(length)
    if len(body) < length:
        return None
    parts = urlsplit(target)
    return Seen(
        method=method, path=parts.path, query=dict(parse_qsl(parts.query)), headers=headers,
        body=body,
    )  # fmt: skip


def main() -> None:
    """Play a provider on a port until the process is ended."""
    name, port = sys.argv[1:]
    payloads.judging = False
    Stub(import_module(f"tests.providers.{name}").Rules(), int(port)).serve()


if __name__ == "__main__":
    main()
