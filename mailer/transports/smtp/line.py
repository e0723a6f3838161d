"""One conversation with a server: smtplib's EHLO and STARTTLS, with answers read by ourselves.

smtplib waits for ever on a server that sends a byte now and then, keeps any number of lines, and
signs in with ASCII passwords only; its sendmail() cannot tell a death before the final dot from
one after.
"""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
import time
from contextlib import suppress

from mailer.config.secrets import hide
from mailer.errors import Next, SendError
from mailer.transports.smtp.replies import Phase, Reply, clean, refusal, why
from mailer.transports.smtp.server import Server

LONGEST_REPLY = 64 * 1024  # octets; RFC 5321 allows 512 a line
PIECE = 64 * 1024  # octets: TLS takes a piece whole or not at all, and going on must be seen

_REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_FULL_NAME = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")

QUIET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What a socket that does not block says when there is nothing to read, or no room to write."""


class Lost(Exception):  # noqa: N818 - it names what happened
    """The conversation ended without an answer: cut, silent for too long, or not SMTP."""


class Line(smtplib.SMTP):
    """A conversation in which every answer comes within its time, or Lost is raised."""

    sock: socket.socket
    ehlo_msg = "EHLO"  # as RFC 5321 writes it

    def __init__(self, server: Server) -> None:
        super().__init__(local_hostname="localhost")  # a name: smtplib would ask the name server
        self.server = server
        self._host = server.host  # the name that smtplib's STARTTLS wants in the certificate
        self._buffer = bytearray()

    def open(self) -> Reply:
        """Connect, encrypt, sign in; returns the greeting. Raises SendError (STOP)."""
        try:
            self.sock = self._dial()
            greeting = self._expect(self.answer(), 220, Phase.HELLO)
            self._greet()
            if self.server.tls == "starttls":
                self._encrypt()
            if self.server.user:
                self._sign_in()
            if self._buffer:  # a word too many would answer what is asked next
                raise Lost("it does not answer as a mail server does")
        except SendError:
            self.close()
            raise
        except (Lost, OSError) as error:
            self.close()
            raise self._stop(why(error, self.server.timeout)) from None
        return greeting

    def say(self, *commands: str) -> None:
        """Send commands, all at once; raises OSError."""
        self.put("".join(f"{command}\r\n" for command in commands).encode("ascii"))

    def put(self, data: bytes) -> None:
        """Send bytes as they are; raises OSError."""
        self.sock.settimeout(self.server.timeout)
        self.sock.sendall(data)

    def answer(self, wait: float | None = None) -> Reply:
        """The next answer, whole, within `wait` seconds; raises Lost or OSError."""
        deadline = time.monotonic() + (self.server.timeout if wait is None else wait)
        while (reply := self.told()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            self.hear()
        return reply

    def hear(self) -> None:
        """Read what has come, or wait as the socket's own time-out says; raises Lost, OSError."""
        chunk = self.sock.recv(65536)
        if not chunk:
            raise Lost("it hung up")
        self._buffer += chunk
        if isinstance(self.sock, ssl.SSLSocket) and (more := self.sock.pending()):
            self._buffer += self.sock.recv(more)

    def told(self) -> Reply | None:
        """The next whole answer among what was read, or None; raises Lost."""
        lines: list[bytes] = []
        begin, number = 0, 0
        while (end := self._buffer.find(b"\n", begin)) >= 0:
            found = _REPLY.fullmatch(self._buffer[begin:end].removesuffix(b"\r"))
            if not found or (number and int(found[1]) != number) or end > LONGEST_REPLY:
                raise Lost("it does not answer as a mail server does")
            number, begin = int(found[1]), end + 1
            lines.append(found[3] or b"")
            if found[2] != b"-":
                del self._buffer[:begin]
                said = (hide(clean(line), self.server.secrets) for line in lines)
                return Reply(number=number, lines=tuple(said))
        if len(self._buffer) > LONGEST_REPLY:
            raise Lost("it does not answer as a mail server does")
        return None

    def offer(self, data: bytes | memoryview) -> int:
        """Send what the socket takes at once, and say how much; raises OSError.

        After a 0 the same bytes must come first again: TLS has begun to encrypt them.
        """
        try:
            return self.sock.send(data[:PIECE])
        except QUIET:
            return 0

    def last_words(self) -> Reply | None:
        """What the server said before it hung up, where it has come already. Never waits."""
        try:
            self.sock.settimeout(0)
            self.hear()
        except (Lost, OSError):
            pass  # what was read before is looked at all the same
        try:
            return self.told()
        except Lost:
            return None

    def getreply(self) -> tuple[int, bytes]:
        """The next answer in the shape that smtplib's own commands want."""
        reply = self.answer()
        return reply.number, "\n".join(reply.lines).encode()

    def cut(self) -> None:
        """End the wait of another thread for this line, where it has got as far as a socket."""
        if self.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    @property
    def unread(self) -> bool:
        """True when there are words of the server that nobody has looked at."""
        return bool(self._buffer)

    def interrupted(self) -> bool:
        """True when the server has spoken unasked, or hung up. Never waits."""
        try:
            self.sock.settimeout(0)
            self._buffer += self.sock.recv(4096)
        except QUIET:
            return bool(self._buffer)
        except OSError:
            return True
        return True

    def encryption(self) -> str:
        """The version of TLS in use, or ""."""
        return (self.sock.version() or "") if isinstance(self.sock, ssl.SSLSocket) else ""

    def leave(self, wait: float) -> None:
        """Wait for the answer to QUIT, `wait` seconds at most, and hang up; never raises."""
        try:
            self.answer(wait)
        except (Lost, OSError):
            pass
        finally:
            self.close()

    def _dial(self) -> socket.socket:
        server = self.server
        sock = socket.create_connection((server.host, server.port), server.timeout)
        # The body and its dot are two writes: without this the dot waits 40 ms for an ACK.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local_hostname = server.helo or _own_name(sock)
        if server.tls != "implicit":
            return sock
        try:
            return self._context().wrap_socket(sock, server_hostname=server.host)
        except BaseException:
            sock.close()
            raise

    def _context(self) -> ssl.SSLContext:
        return self.server.context or ssl.create_default_context()

    def _greet(self) -> None:
        number, text = self.ehlo()
        if number != 250:
            raise refusal(Reply(number=number, lines=(text.decode(),)), Phase.HELLO)

    def _encrypt(self) -> None:
        if not self.has_extn("starttls"):
            raise self._stop("it offers no encryption (STARTTLS)")
        try:
            self.starttls(context=self._context())
        except smtplib.SMTPResponseException as error:
            raise self._stop(f"it refused to encrypt ({error.smtp_code})") from None
        if self._buffer:  # what somebody slipped in before the encryption began
            raise Lost("it does not answer as a mail server does")
        self._greet()

    def _sign_in(self) -> None:
        user, password = self.server.user.encode(), self.server.password.encode()
        ways = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in ways:
            self.say(f"AUTH PLAIN {_base64(b'%b%b%b%b' % (bytes(1), user, bytes(1), password))}")
        elif "LOGIN" in ways:
            for step in ("AUTH LOGIN", _base64(user)):
                self.say(step)
                self._expect(self.answer(), 334, Phase.AUTH)
            self.say(_base64(password))
        else:
            raise self._stop(f"it offers no sign-in by PLAIN or LOGIN (but {ways or 'none'})")
        self._expect(self.answer(), 235, Phase.AUTH)

    def _expect(self, reply: Reply, number: int, phase: Phase) -> Reply:
        if reply.number != number:
            raise refusal(reply, phase)
        return reply

    def _stop(self, why: str) -> SendError:
        return SendError(f"{self.server.place}: {why}", Next.STOP)


def _own_name(sock: socket.socket) -> str:
    """This machine's full name, or its address as RFC 5321, 4.1.3, writes one."""
    name = socket.gethostname()
    if _FULL_NAME.fullmatch(name):
        return name
    address = sock.getsockname()[0].partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
