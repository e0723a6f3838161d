"""A relay that takes everything, with a slow line or some late dots: for measuring, on loopback.

Run it with: python -m benchmarks.relay PORT DELAY LATE SECONDS
Each answer comes DELAY seconds after its question; LATE dots in a thousand wait SECONDS more.
"""

from __future__ import annotations

import heapq
import random
import selectors
import socket
import sys
import time
from itertools import count

HELLO = b"250-relay\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
ANSWERS = {
    b"EHLO": HELLO, b"HELO": b"250 relay\r\n", b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n", b"DATA": b"354 End with a dot\r\n", b"RSET": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n", b"NOOP": b"250 2.0.0 Ok\r\n",
}  # fmt: skip
TAKEN = b"250 2.0.0 Ok: queued as 1234567\r\n"
END = b"\r\n.\r\n"


class Guest:
    """One connection: what it sent and was not looked at, and when its answers are due."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.heard = bytearray(b"\r\n")
        self.in_body = False
        self.busy_until = 0.0  # answers keep their order: none passes a late one


class Relay:
    """Answers what its guests ask; nothing is kept."""

    def __init__(self, port: int, delay: float, late: int, seconds: float) -> None:
        self._delay, self._late, self._seconds = delay, late, seconds
        self._random = random.Random(1)
        self._selector = selectors.DefaultSelector()
        self._door = socket.create_server(("127.0.0.1", port), backlog=600)
        self._selector.register(self._door, selectors.EVENT_READ)
        self._later: list[tuple[float, int, Guest, bytes]] = []
        self._order = count()

    def serve(self) -> None:
        """Answer until the process is ended."""
        while True:
            wait = max(0.0, self._later[0][0] - time.monotonic()) if self._later else None
            for key, _ in self._selector.select(wait):
                if key.data is None:
                    self._welcome()
                else:
                    self._hear(key.data)
            while self._later and self._later[0][0] <= time.monotonic():
                _, _, guest, words = heapq.heappop(self._later)
                self._send(guest, words)

    def _welcome(self) -> None:
        sock, _ = self._door.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        guest = Guest(sock)
        self._selector.register(sock, selectors.EVENT_READ, guest)
        self._say(guest, b"220 relay ESMTP\r\n", 0.0)

    def _hear(self, guest: Guest) -> None:
        try:
            chunk = guest.sock.recv(65536)
        except OSError:
            chunk = b""
        if not chunk:
            self._selector.unregister(guest.sock)
            guest.sock.close()
            return
        guest.heard += chunk
        said: list[bytes] = []
        extra = self._answers(guest, said)
        if said:
            self._say(guest, b"".join(said), extra)

    def _answers(self, guest: Guest, said: list[bytes]) -> float:
        """Answer all that is whole; returns how much later the answers are to come."""
        extra = 0.0
        while True:
            if guest.in_body:
                end = guest.heard.find(END)
                if end < 0:
                    return extra
                del guest.heard[: end + 3]
                guest.in_body = False
                said.append(TAKEN)
                if self._late and self._random.randrange(1000) < self._late:
                    extra = self._seconds
            end = guest.heard.find(b"\r\n", 2)
            if end < 0:
                return extra
            word = bytes(guest.heard[2:6]).upper()
            del guest.heard[:end]
            said.append(ANSWERS.get(word, b"500 5.5.2 What?\r\n"))
            guest.in_body = word == b"DATA"

    def _say(self, guest: Guest, words: bytes, extra: float) -> None:
        now = time.monotonic()
        due = max(now + self._delay + extra, guest.busy_until)
        if due <= now:
            self._send(guest, words)
            return
        guest.busy_until = due
        heapq.heappush(self._later, (due, next(self._order), guest, words))

    def _send(self, guest: Guest, words: bytes) -> None:
        try:
            guest.sock.sendall(words)
        except OSError:
            return  # it hung up; its end is heard elsewhere


def main() -> None:
    """Serve on a port, as the command says."""
    port, delay, late, seconds = sys.argv[1:5]
    Relay(int(port), float(delay), int(late), float(seconds)).serve()


if __name__ == "__main__":
    main()
