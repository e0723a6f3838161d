"""One open connection to an API. What `requests` is made of opens it and judges the certificate.

`requests` itself waits for each answer. With a thread for each connection the interpreter spent
more time handing itself from one to the next than on the letters; so, as by SMTP, one thread
drives all lines, and only opening one has a thread. Nothing here reads proxies or passwords from
the environment, follows redirects or keeps cookies.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from mailer.errors import Next, SendError
from mailer.transports.api.base import Reply, Request
from mailer.transports.api.replies import Garbled, Reading

CONNECT = 10.0  # seconds for each address of the host
PIECE = 64 * 1024  # bytes: TLS takes a piece whole or not at all, and going on must be seen
AGENT = "mailer/0.1"

QUIET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What a socket that does not block says when there is nothing to read, or no room to write."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where an address leads: RFC 6454."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of an address that was checked before."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(scheme=parts.scheme, host=parts.hostname or "", port=port)


class Line:
    """A connection that carries one request after another. Once it is open nothing waits."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.sock: socket.socket | None = None
        self.fresh = True  # it has carried nothing yet
        self.usable = False  # it may carry the next request
        self._connection: HTTPConnection | None = None
        self._reading = Reading()
        self._unsent = memoryview(b"")

    def open(self, timeout: float) -> None:
        """Connect, and encrypt where the origin says https; raises SendError (STOP). Waits."""
        origin, wait = self.origin, min(CONNECT, timeout)
        made = HTTPConnection(origin.host, origin.port, timeout=wait)
        if origin.scheme == "https":
            made = HTTPSConnection(
                origin.host, origin.port, timeout=wait, ssl_context=_authorities()
            )
        try:
            made.connect()
        except (HTTPError, OSError) as error:
            made.close()
            text = f"{origin.host}: no connection: {why(error)}"
            raise SendError(text, Next.STOP) from None
        self._connection, self.sock, self.usable = made, made.sock, True
        self.sock.setblocking(False)

    @property
    def unsent(self) -> bool:
        """True while some of the request has not left: the server cannot have it."""
        return bool(self._unsent)

    @property
    def answering(self) -> bool:
        """True once some of an answer has come."""
        return self._reading.begun

    def ask(self, request: Request) -> None:
        """Begin to send a request; raises OSError."""
        self.usable = False
        self._reading = Reading()
        self._unsent = memoryview(wire(request))
        self.flush()

    def flush(self) -> bool:
        """Send what the socket takes now; true when some of it left. Raises OSError."""
        before = len(self._unsent)
        with suppress(*QUIET):
            while self._unsent and self.sock is not None:
                self._unsent = self._unsent[self.sock.send(self._unsent[:PIECE]) :]
        return len(self._unsent) < before

    def hear(self) -> Reply | None:
        """Read what has come; the reply, once it is whole. Raises Garbled, OSError."""
        ended = False
        with suppress(*QUIET):
            while self.sock is not None and not ended:
                chunk = self.sock.recv(65536)
                ended = not chunk
                self._reading.feed(chunk)
                if (reply := self._reading.told(ended=ended)) is not None:
                    self.fresh, self.usable = False, self._reading.keeps and not self._unsent
                    return reply
        if ended:
            raise Garbled("it hung up")
        return None

    def quiet(self) -> bool:
        """True while the other side has said nothing since the last reply, not even good-bye."""
        try:
            if self.sock is not None:
                self.sock.recv(1)
        except QUIET:
            return True
        except OSError:
            pass
        return False

    def close(self) -> None:
        """Hang up."""
        self.usable = False
        if self._connection is not None:
            self._connection.close()
        self.sock = None


@cache
def _authorities() -> ssl.SSLContext:
    """Whom `requests` trusts to vouch for a name."""
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


def wire(request: Request) -> bytes:
    """A request as it leaves (RFC 9112, 3)."""
    parts = urlsplit(request.url)
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    headers = {"Host": parts.netloc, "User-Agent": AGENT, "Accept-Encoding": "identity"}
    if request.body or request.method != "GET":
        headers["Content-Length"] = str(len(request.body))
    lines = [f"{request.method} {target} HTTP/1.1"]
    for name, value in (headers | dict(request.headers)).items():
        if not f"{name}{value}".isprintable() or not value.isascii():
            raise SendError(f"the header {name!r} holds what no header may", Next.FAIL)
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + request.body


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
        if isinstance(one, OSError) and one.strerror:
            return one.strerror
    return str(error) if isinstance(error, Garbled) else "it hung up"


def _layers(error: BaseException, depth: int = 8) -> Iterator[BaseException]:
    """An error and what is wrapped in it, the innermost first."""
    for one in (*error.args, getattr(error, "reason", None), error.__context__):
        if isinstance(one, BaseException) and depth:
            yield from _layers(one, depth - 1)
    yield error
