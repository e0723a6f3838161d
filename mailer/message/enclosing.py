"""A message as it came, made fit to go along inside one of ours (RFC 2046, 5.2.1)."""

from __future__ import annotations

import re
from email import policy

from mailer.message import bodies, headers
from mailer.message.read import parsed, parts

LONGEST_TOLD = 500  # characters of a header that is told again
_PLAIN = re.compile(rb"(?:[\t\x20-\x7e]{0,998}\r\n)*+")
_ENDS = re.compile(rb"\r\n|\r|\n")
_SEVEN_BITS = policy.compat32.clone(cte_type="7bit", linesep="\r\n")
_KEPT = ("From", "To", "Subject", "Date")


def plain(data: bytes) -> bytes:
    """`data` in plain ASCII lines that end with CRLF, its parts whole where that can be done.

    Such a message needs no server on its way to be able to do more than RFC 5322. One that is
    not plain has its parts encoded again; of one that is too broken for that, the sender, the
    subject, the date and the text are kept.
    """
    made = _lines(data)
    if _PLAIN.fullmatch(made):
        return made
    try:
        made = _lines(parsed(data).as_bytes(policy=_SEVEN_BITS))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        made = b""  # a broken message may raise nearly anything there
    return made if made and _PLAIN.fullmatch(made) else brief(data)


def _lines(data: bytes) -> bytes:
    """`data` with CRLF at the end of each line, the last one too."""
    made = _ENDS.sub(b"\r\n", data)
    return made if made.endswith(b"\r\n") else made + b"\r\n"


def brief(data: bytes) -> bytes:
    """A new message with the headers of `data` that people look at, and its text."""
    shown = parts(data)
    lines = [
        headers.text(name, value)
        for name in _KEPT
        if (value := _printable(shown.header(name))[:LONGEST_TOLD])
    ]
    text = "".join(c for c in shown.text if c in "\n\t" or c.isprintable())
    body = bodies.part("plain", text if text.endswith("\n") else f"{text}\n")
    return _lines("\r\n".join([*lines, "MIME-Version: 1.0", ""]).encode() + body)


def _printable(value: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())
