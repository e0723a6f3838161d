"""Requests that go over one connection, one after another, and what it means when one is lost."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, InvalidHeader

from mailer.errors import Next, SendError
from mailer.transports.api.adapter import Adapter, prepared
from mailer.transports.api.base import Reply, Request
from mailer.transports.api.sockets import LONGEST_BODY, Patient, endless
from mailer.transports.api.talk import Talk

CONNECT = 10.0  # seconds for each address of the host
CONNECTED_BY = 30.0  # seconds after which a request whose connection does not open is given up
IDLE = 4.0  # seconds after which a kept connection is not relied upon: many close theirs after 5

FRAMES = {"content-length", "transfer-encoding"}
"""Headers that tell where a body ends; without one its end is that of the connection."""

LOST = (requests.RequestException, HTTPError, HTTPException, OSError)
"""What `requests` and what it is made of raise when a request comes to nothing."""


def longest_ask(timeout: float) -> float:
    """Seconds that one request may take: to connect, to be written, to be answered."""
    return CONNECTED_BY + 2 * timeout


class Spacing:
    """Keeps the requests of all lines to one account apart."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def turn(self) -> float:
        """The moment, by time.monotonic(), at which the next request may leave."""
        at = max(time.monotonic(), self._next)
        self._next = at + self._seconds
        return at


class Line:
    """A connection that opens when it is needed. What is asked of it is asked from its talk."""

    def __init__(self, talk: Talk[Any], timeout: float, spacing: Spacing) -> None:
        self._talk = talk
        self._timeout = timeout
        self._spacing = spacing
        self._adapter = Adapter(self._open)
        self._opened: Patient | None = None  # for the request under way, or the one before
        self._used = 0.0  # time.monotonic() of the last reply

    @property
    def sock(self) -> Patient | None:
        """Its socket; None while it is closed."""
        return self._opened if self._opened and self._opened.fileno() >= 0 else None

    def ask(self, request: Request) -> Reply:
        """The reply, whatever its status; raises SendError."""
        asked = prepared(request)
        if (at := self._spacing.turn()) > time.monotonic():
            self._talk.pause(at)
        if time.monotonic() > self._used + IDLE:
            self.hang_up()
        while True:
            try:
                return self._exchange(asked)
            except LOST as error:
                opened = self._opened
                self.hang_up()
                if opened is None or not opened.stale:
                    raise _lost(urlsplit(request.url).hostname, opened, error) from None

    def pause(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._talk.pause(time.monotonic() + seconds)

    def hang_up(self) -> None:
        """Close the connection; the adapter opens another one when it is asked again."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def close(self) -> None:
        """Ask nothing any more."""
        self.hang_up()
        self._adapter.close()

    def _exchange(self, asked: requests.PreparedRequest) -> Reply:
        wait = min(CONNECT, self._timeout)  # to connect; the socket knows of the rest itself
        with closing(self._adapter.send(asked, stream=True, timeout=wait)) as answer:
            opened = self._opened
            assert opened is not None, "it has answered"  # noqa: S101 - tells mypy the promise
            cut = opened.ended  # the head would be read as if it were whole
            body = _body(answer)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if cut or (opened.ended and headers.keys() & FRAMES):
            raise RemoteDisconnected("in the middle of its answer")
        if answer.status_code < 200:
            raise HTTPException("a notice that nobody asked for")
        self._used, opened.kept = time.monotonic(), True
        if opened.unsent:  # refused before it was heard out: too large, or the wrong key
            self.hang_up()
        return Reply(status=answer.status_code, headers=headers, body=body)

    def _open(self, connection: HTTPConnection, connect: Callable[[], None]) -> None:
        """Open it in a thread of its own: names, addresses and encryption wait."""
        self._opened = None
        until = time.monotonic() + CONNECTED_BY
        self._talk.elsewhere(connect, connection.close, until)
        made = connection.sock
        if not isinstance(made, Patient):
            made = connection.sock = Patient(fileno=made.detach())
        made.keep_to(self._talk, self._timeout)
        self._opened = made


def _body(answer: requests.Response) -> bytes:
    """Not decoded, although nobody asked for an encoding: a small answer would become a large one.

    Raises what `requests` raises, and OSError when it has no end.
    """
    raw, found = answer.raw, b""
    while not raw.closed and (
        piece := raw.read(LONGEST_BODY + 1 - len(found), decode_content=False)
    ):
        found += piece
    if len(found) > LONGEST_BODY:
        raise endless()
    return found


def _lost(host: str | None, opened: Patient | None, error: Exception) -> SendError:
    """What a loss means: that depends on how far the request had come."""
    if opened is None:
        return SendError(f"{host}: no connection: {why(error)}", Next.STOP)
    if opened.unsent:
        return SendError(f"{host}: the connection broke: {why(error)}", Next.STOP)
    return SendError(f"{host}: no answer: {why(error)}", Next.STOP, maybe_accepted=True)


def why(error: BaseException) -> str:
    """The reason beneath the layers of an error, in a few words."""
    found = list(_layers(error))
    for one in found:
        if isinstance(one, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({one.verify_message})"
    for one in found:
        if isinstance(one, socket.gaierror):
            return "its name was not found"
        if isinstance(one, TimeoutError) or "timed out" in str(one):
            return "it took too long"
        if isinstance(one, ssl.SSLError):
            return f"the encryption failed ({one.reason or 'unknown'})"
        if isinstance(one, RemoteDisconnected | IncompleteRead):
            return "it hung up"
        if isinstance(one, HTTPException | InvalidHeader):
            return "it does not answer as an API does"
        if isinstance(one, OSError) and one.strerror:
            return one.strerror
    return "it hung up"


def _layers(error: BaseException, depth: int = 8) -> Iterator[BaseException]:
    """An error and what is wrapped in it, the innermost first."""
    for one in (*error.args, getattr(error, "reason", None), error.__context__):
        if isinstance(one, BaseException) and depth:
            yield from _layers(one, depth - 1)
    yield error
