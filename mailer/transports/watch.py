"""Several talks over sockets, heard by one thread: whoever has something to say comes first."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from mailer.transports.threads import Wake

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Connected(Protocol):
    """A line that may be open."""

    @property
    def sock(self) -> socket.socket | None:
        """Its socket, which does not block; None while it is closed."""
        ...


class Talking(Protocol):
    """A talk over a line, which may come and go."""

    @property
    def line(self) -> Connected | None:
        """The line it has now."""
        ...

    @property
    def wants_to_write(self) -> bool:
        """True while bytes wait for the socket to take more."""
        ...

    def readable(self) -> None:
        """Hear what has come."""
        ...

    def writable(self) -> None:
        """Go on sending."""
        ...


class Watch:
    """The sockets of `talks`, and a bell that other threads may ring."""

    def __init__(self, talks: Sequence[Talking]) -> None:
        self._talks = talks
        self._bell = Wake()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._bell, READ, None)
        self._watched: list[tuple[socket.socket | None, int]] = [(None, 0)] * len(talks)

    def ring(self) -> None:
        """End the wait; from any thread."""
        self._bell.call()

    def hear(self, seconds: float) -> bool:
        """Wait for something, `seconds` at most, and let the talks go on; true when it rang."""
        rang = False
        for key, events in self._selector.select(seconds):
            if key.data is None:
                self._bell.clear()
                rang = True
                continue
            talk = self._talks[key.data]
            if events & WRITE:
                talk.writable()
            if events & READ:
                talk.readable()
            self.renew(key.data)
        return rang

    def renew(self, number: int) -> None:
        """Watch the socket that a talk has now, for what it waits for."""
        talk = self._talks[number]
        sock = talk.line.sock if talk.line else None
        events = (READ | WRITE if talk.wants_to_write else READ) if sock else 0
        watched, before = self._watched[number]
        if watched is sock and events == before:
            return
        if watched is not None:
            with suppress(KeyError, ValueError):  # closed since: the kernel has forgotten it
                self._selector.unregister(watched)
        if sock is not None:
            self._selector.register(sock, events, number)
        self._watched[number] = (sock, events)

    def fileno(self) -> int:
        """Readable when somebody has spoken, or the bell rang."""
        return self._selector.fileno()  # of epoll or kqueue

    def close(self) -> None:
        """Watch nothing any more."""
        self._selector.close()
        self._bell.close()
