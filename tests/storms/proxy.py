"""A wire to PostgreSQL that breaks right behind a COMMIT: it is done, and nobody is told."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass

from tests.storms.site import Site


@dataclass(frozen=True, kw_only=True)
class Wired:
    """An installation, the wire to its database, and the database's address through it."""

    site: Site
    wire: Wire
    url: str


_WRITING = (b"INSERT", b"UPDATE")


class Wire:
    """Carries bytes between programs and a server, and loses the answers it is told to lose."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._armed = 0
        self._every = 0
        self._seen = 0
        self.cuts = 0
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Where programs connect."""
        return int(self._listener.getsockname()[1])

    def cut_next(self) -> None:
        """Lose the answer to the next COMMIT of something written."""
        with self._lock:
            self._armed += 1

    def cut_every(self, number: int) -> None:
        """Lose the answer to every n-th such COMMIT from now on; 0: to none."""
        with self._lock:
            self._every = number

    def close(self) -> None:
        """Cut everything."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            ends = list(self._open)
        for end in ends:
            _shut(end)
        for thread in self._threads:
            thread.join()
        for end in ends:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server))
            except OSError:
                client.close()
                continue
            lost = threading.Event()
            with self._lock:
                self._open |= {client, server}
            for act, one, other in ((self._up, client, server), (self._down, server, client)):
                thread = threading.Thread(target=act, args=(one, other, lost))
                self._threads.append(thread)
                thread.start()

    def _up(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        """From the program to the server."""
        wrote = False
        with suppress(OSError):
            while data := client.recv(65536):
                wrote = wrote or any(word in data for word in _WRITING)
                if b"COMMIT" in data:
                    if wrote and self._is_to_be_cut():
                        lost.set()
                    wrote = False
                server.sendall(data)
        _shut(server)

    def _down(self, server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        """From the server to the program; the answer that is to be lost is heard, and kept."""
        with suppress(OSError):
            while data := server.recv(65536):
                if lost.is_set():
                    break
                client.sendall(data)
        _shut(client)
        _shut(server)

    def _is_to_be_cut(self) -> bool:
        with self._lock:
            self._seen += 1
            cut = bool(self._armed) or bool(self._every and self._seen % self._every == 0)
            self._armed -= bool(self._armed)
            self.cuts += cut
        return cut


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
