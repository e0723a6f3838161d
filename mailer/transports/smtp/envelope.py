"""A parcel made ready for the line: its envelope's three words, and its body before the dot."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mailer import addresses
from mailer.errors import FieldError, Next, SendError
from mailer.transports.base import Parcel
from mailer.transports.smtp.line import Line
from mailer.transports.smtp.replies import Phase

_ADDRESS = re.compile(r"[!-;=?-~]+@[A-Za-z0-9.:\[\]-]+")


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """From whom, to whom, and the body as it goes over the line (RFC 5321, 4.5.2)."""

    sender: str
    recipient: str
    body: bytes
    size: int  # octets of the message itself

    @classmethod
    def of(cls, parcel: Parcel, sign: Callable[[bytes], bytes] | None = None) -> Envelope:
        """The envelope of a parcel; raises SendError (FAIL) for what no server should be told."""
        data = sign(parcel.data) if sign else parcel.data
        return cls(
            sender=_address(parcel.sender, empty=True), recipient=_address(parcel.recipient),
            body=_stuffed(data), size=len(data),
        )  # fmt: skip

    def steps(self, line: Line) -> dict[Phase, bytes]:
        """The words to say, in order; raises SendError (FAIL) where the server cannot take it."""
        return {
            Phase.SENDER: f"MAIL FROM:<{self.sender}>{self._parameters(line)}\r\n".encode("ascii"),
            Phase.RECIPIENT: f"RCPT TO:<{self.recipient}>\r\n".encode("ascii"),
            Phase.DATA: b"DATA\r\n",
        }

    def _parameters(self, line: Line) -> str:
        """What MAIL FROM tells besides the sender: the size (RFC 1870), and 8-bit where it is."""
        limit = line.esmtp_features.get("size", "")
        if limit.isdigit() and len(limit) < 16 and 0 < int(limit) < self.size:
            raise SendError(
                f"the letter has {self.size} bytes, the server takes {limit}", Next.FAIL
            )
        if self.body.isascii():
            eight = ""
        elif line.has_extn("8bitmime"):
            eight = " BODY=8BITMIME"
        else:
            raise SendError("the server takes plain ASCII only", Next.FAIL)
        return eight + (f" SIZE={self.size}" if line.has_extn("size") else "")


def _address(text: str, *, empty: bool = False) -> str:
    """An envelope address as it goes over the line; "" (the null sender) only where `empty`.

    In ASCII always: domains in their ASCII form, and local parts that need SMTPUTF8 are refused.
    """
    if empty and not text:
        return ""
    try:
        ready = addresses.wire(text)
    except FieldError:
        ready = ""
    if not _ADDRESS.fullmatch(ready):
        raise SendError("the envelope's address cannot be used", Next.FAIL)
    return ready


def _stuffed(data: bytes) -> bytes:
    """The body as it goes before the dot; its line ends must be CRLF alone."""
    if not data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r"):
        # A server that takes a bare line end for one could be told of a second message.
        raise SendError("the letter holds bare line ends", Next.FAIL)
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if data.startswith(b".") else stuffed
