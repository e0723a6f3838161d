"""A message and its signatures. Ours, because the library for it needs 7 ms of Python a letter.

Two programs of other hands verify what is made here, in tests: Perl's Mail::DKIM and dkimpy.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from mailer.transports.dkim.keys import Key

SIGNED = (
    "from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references",
    "auto-submitted", "list-unsubscribe", "list-unsubscribe-post", "mime-version", "content-type",
    "content-transfer-encoding",
)  # fmt: skip
"""What is signed, and once more than it is there: nobody can add another one (RFC 6376, 8.15).

Sender is left out: a relay may add it.
"""

WIDTH = 72  # characters of a line of the signature

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_BLANKS = re.compile(rb"[ \t]{2,}|\t")
_BLANK_END = re.compile(rb"(?<![ \t])[ \t]++(?=\r\n)")


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Signs for one domain, with each key once. Never raises, whatever the message holds."""

    domain: str  # of the From address: so the signature counts for DMARC
    keys: Sequence[Key]
    clock: Callable[[], float] = field(default=time.time, repr=False)

    def __call__(self, data: bytes) -> bytes:
        """`data` with its DKIM-Signature headers on top; its lines end with CRLF."""
        head, _, body = data.partition(b"\r\n\r\n")
        fields = _fields(head)
        names, signed = _selection(fields)
        body_hash = base64.b64encode(hashlib.sha256(_relaxed_body(body)).digest())
        tops = [self._signature(key, names, signed, body_hash) for key in self.keys]
        return b"".join([*tops, data])

    def _signature(self, key: Key, names: list[str], signed: bytes, body_hash: bytes) -> bytes:
        tags = [
            "v=1;", f"a={key.kind}-sha256;", "c=relaxed/relaxed;", f"d={self.domain};",
            f"s={key.selector};", f"t={int(self.clock())};",
        ]  # fmt: skip
        listed = [f"{name}:" for name in names[:-1]] + [f"{names[-1]};"]
        bare = _lines([*tags, f"h={listed[0]}", *listed[1:]])
        bare += b"\r\n bh=" + body_hash + b";\r\n b="
        value = base64.b64encode(key.sign(signed + _relaxed(bare)))
        return bare + b"\r\n ".join(_pieces(value)) + b"\r\n"


def _fields(head: bytes) -> dict[bytes, list[bytes]]:
    """The header fields by name, those of one name from the last to the first (5.4.2)."""
    found: dict[bytes, list[bytes]] = {}
    for line in reversed(_FIELD_END.split(head)):
        name = line.partition(b":")[0].rstrip(b" \t").lower()
        found.setdefault(name, []).append(line)
    return found


def _selection(fields: dict[bytes, list[bytes]]) -> tuple[list[str], bytes]:
    """The names for h=, and the fields they stand for as they are signed."""
    names: list[str] = []
    lines: list[bytes] = []
    for name in SIGNED:
        there = fields.get(name.encode("ascii"), [])
        names += [name] * (len(there) + 1)
        lines += [_relaxed(line) + b"\r\n" for line in there]
    return names, b"".join(lines)


def _relaxed(line: bytes) -> bytes:
    """One header field, unfolded and its blanks folded (RFC 6376, 3.4.2), without its CRLF."""
    name, _, value = line.partition(b":")
    value = _BLANKS.sub(b" ", _FOLD.sub(b"", value)).strip(b" \r\n")
    return name.rstrip(b" \t").lower() + b":" + value


def _relaxed_body(body: bytes) -> bytes:
    """The body with its blanks folded and no empty lines at its end (RFC 6376, 3.4.4)."""
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    if b" \r\n" in body or b"\t\r\n" in body:
        body = _BLANK_END.sub(b"", body)
    if b"  " in body or b"\t" in body:
        body = _BLANKS.sub(b" ", body)
    while body.endswith(b"\r\n\r\n"):
        body = body[: -len(b"\r\n")]
    return b"" if body == b"\r\n" else body


def _lines(words: Sequence[str]) -> bytes:
    """The header's name and words, folded; names of h= stand close together."""
    lines = ["DKIM-Signature:"]
    for before, word in pairwise([";", *words]):
        gap = " " if before.endswith(";") else ""
        if len(lines[-1]) + len(gap) + len(word) > WIDTH:
            lines.append(f" {word}")
        else:
            lines[-1] += gap + word
    return "\r\n".join(lines).encode("ascii")


def _pieces(value: bytes) -> list[bytes]:
    return [value[at : at + WIDTH] for at in range(0, len(value), WIDTH)]
