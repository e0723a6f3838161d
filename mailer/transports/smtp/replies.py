"""One answer of a server: its reply code (RFC 5321), its enhanced code (RFC 3463), its words."""

from __future__ import annotations

import re
import socket
import ssl
import unicodedata
from dataclasses import dataclass

from mailer.errors import SendError
from mailer.transports.smtp.outcomes import Phase, meaning

__all__ = ["Phase", "Reply", "clean", "refusal", "why"]

LONGEST_REASON = 300

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer of the server. `lines` are cleaned of control characters."""

    number: int
    lines: tuple[str, ...]

    @property
    def enhanced(self) -> str:
        """The code of RFC 3463 ("5.1.1"), or ""."""
        found = _ENHANCED.match(self.lines[0])
        return found[1] if found else ""

    @property
    def code(self) -> str:
        """Both codes as people quote them: "550 5.1.1"."""
        return f"{self.number} {self.enhanced}".strip()

    @property
    def text(self) -> str:
        """The words without the codes, on one line."""
        words = " ".join(_ENHANCED.sub("", line, count=1).strip() for line in self.lines)
        return words[:LONGEST_REASON].strip()


def refusal(reply: Reply, phase: Phase) -> SendError:
    """The error for a reply that is not the hoped-for one, with what to do next."""
    means = meaning(reply.number, reply.enhanced, reply.text, phase)
    said = reply.text or "the server gave no reason"
    return SendError(
        f"{phase}: {said}", means.then, code=reply.code, after=means.after, account=means.account
    )


def why(error: Exception, timeout: float) -> str:
    """What broke a conversation, in plain words."""
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} seconds"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return f"encryption failed ({error.reason or error})"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, ConnectionRefusedError):
        return "nothing answers there"
    if isinstance(error, OSError):
        return error.strerror or "it hung up"
    return str(error)


def clean(line: bytes) -> str:
    """Words of a server as they may stand in a log: no control or invisible characters."""
    text = line.decode("utf-8", errors="replace")
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
