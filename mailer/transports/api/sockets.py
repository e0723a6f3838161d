"""Sockets on which a talk waits, and which know how far a request came."""

from __future__ import annotations

import errno
import socket
import ssl
import time
from contextlib import suppress
from typing import Any

from mailer.transports.api.talk import Talk

PIECE = 64 * 1024  # bytes: TLS takes a piece whole or not at all, and going on must be seen
LONGEST_HEAD = 64 * 1024  # bytes
LONGEST_BODY = 4_000_000

QUIET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What a socket that does not block says when there is nothing to read, or no room to write."""


class Patient(socket.socket):
    """A socket like any other until it is given a talk; from then on that waits instead."""

    kept = False  # it has carried a request before this one
    ended = False  # the other side has nothing more to say
    _talk: Talk[Any] | None = None
    _timeout = 0.0  # seconds for a request to leave, and again for its answer
    _until = 0.0  # time.monotonic()
    _heard = 0  # bytes since the request was begun
    _unsent = memoryview(b"")
    _broken: OSError | None = None  # while something was sent

    def keep_to(self, talk: Talk[Any], timeout: float) -> None:
        """Wait no more, from now on."""
        self.setblocking(False)
        self._talk, self._timeout = talk, timeout

    @property
    def unsent(self) -> bool:
        """True while some of the request has not left: the server cannot have it."""
        return bool(self._unsent)

    @property
    def stale(self) -> bool:
        """True when it was kept and was found dead: the server has nothing of the request."""
        in_time = time.monotonic() < self._until
        return self.kept and self.unsent and not self._heard and in_time

    def quiet(self) -> bool:
        """True while the other side has said nothing since the last answer, not even good-bye."""
        try:
            super().recv_into(bytearray(1))
        except QUIET:
            return True
        except OSError:
            pass
        return False

    def settimeout(self, value: float | None) -> None:
        """Say how long it waits, while it waits itself."""
        if self._talk is None:
            super().settimeout(value)

    def sendall(self, data: Any, flags: int = 0) -> None:  # noqa: ARG002 - it is called so
        """Keep what is to leave until an answer is wanted: head and body travel together."""
        if not self._unsent:
            self._until, self._heard = time.monotonic() + self._timeout, 0
        self._unsent = memoryview(bytes(self._unsent) + data)

    def recv_into(self, buffer: Any, nbytes: int | None = 0, flags: int = 0) -> int:
        """Send what is to leave, and read; raises OSError."""
        while True:
            if self._unsent and self._broken is None:
                self._flush()
            with suppress(*QUIET):
                count = super().recv_into(buffer, nbytes or 0, flags)
                self._heard, self.ended = self._heard + count, not count
                if self._heard > LONGEST_HEAD + 2 * LONGEST_BODY:
                    raise endless()
                return count
            if self._broken is not None:
                raise self._broken
            if self._talk is not None:
                self._talk.wait(self._until, write=self.unsent)

    def _flush(self) -> None:
        """Send what the socket takes now."""
        try:
            while self._unsent:
                self._unsent = self._unsent[super().send(self._unsent[:PIECE]) :]
        except QUIET:
            return
        except OSError as error:  # refused before it was heard out, perhaps: then it is read why
            self._broken = error
            return
        self._until = time.monotonic() + self._timeout


class PatientTls(Patient, ssl.SSLSocket):
    """The same, encrypted."""


def endless() -> OSError:
    """What is raised when an answer grows beyond all measure."""
    return OSError(errno.EMSGSIZE, "the answer has no end")
