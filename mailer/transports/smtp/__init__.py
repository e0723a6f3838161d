"""SMTP, to a relay or a provider: encrypted unless the address says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mailer.transports.base import Connection, Lines
from mailer.transports.limits import Limits
from mailer.transports.smtp import server as servers
from mailer.transports.smtp.connection import SmtpConnection
from mailer.transports.smtp.line import Line
from mailer.transports.smtp.lines import SmtpLines
from mailer.transports.smtp.server import Server

__all__ = ["Server", "SmtpTransport", "from_url"]


def from_url(url: str, home: Path) -> SmtpTransport:
    """The transport that an smtp:// or smtps:// address names; raises SettingsError."""
    return SmtpTransport(servers.read(url, home))


class SmtpTransport:
    """A way out through one server."""

    delivers = True
    limits = Limits()
    label = ""

    def __init__(self, server: Server, dial: Callable[[Server], Line] = Line) -> None:
        self.server = server
        self._dial = dial
        self.account = f"{'smtps' if server.tls == 'implicit' else 'smtp'}://{server.place}"
        self.longest_wait = server.timeout + server.longest_wait  # sending the dot, and its answer
        self.verp = server.verp

    def sign_with(self, sign: Callable[[bytes], bytes] | None) -> None:
        """Put signatures on top of all that leaves from now on, over connections opened later."""
        self.server = replace(self.server, sign=sign)

    def connect(self) -> Connection:
        """Open a line, encrypted and signed in; raises SendError (STOP)."""
        connection = SmtpConnection(self.server, self._dial)
        connection.open()
        return connection

    def lines(self, size: int) -> Lines:
        """Lines for the worker, none of them open yet."""
        return SmtpLines(self.server, size, self._dial)

    def probe(self) -> str:
        """Greet, encrypt, sign in and leave; says what the server offers, or raises SendError."""
        connection = SmtpConnection(self.server)
        line = connection.open()
        found = [f"{self.server.place} answers", line.encryption() or "not encrypted"]
        if self.server.user:
            found.append("signed in")
        limit = line.esmtp_features.get("size", "")
        if limit.strip("0"):
            found.append(f"takes letters up to {limit} bytes")
        if line.has_extn("pipelining"):
            found.append("pipelining")
        connection.close()
        return ", ".join(found)
