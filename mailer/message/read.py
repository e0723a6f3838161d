"""A finished message, whoever made it, as a person may look at it in the outbox and the log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_WIDE_FOLD = re.compile(r"[\r\n]+")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?)")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a message says. Nothing in it is trusted: pages escape it, and frame the HTML."""

    headers: tuple[tuple[str, str], ...]  # in order, decoded
    text: str
    html: str

    def header(self, name: str) -> str:
        """The first header of that name, whatever its case, or ""."""
        found = (value for key, value in self.headers if key.lower() == name.lower())
        return next(found, "")


def parts(data: bytes) -> Shown:
    """The headers, text and HTML of any bytes; what cannot be read stays as it stands."""
    message = message_from_bytes(data, policy=policy.compat32)
    headers = tuple((name, _decoded(str(value))) for name, value in message.items())
    return Shown(
        headers=headers, text=_body(message, "text/plain"), html=_body(message, "text/html")
    )


def _decoded(value: str) -> str:
    value = _BETWEEN_WORDS.sub(r"\1", _FOLD.sub("", value))
    # One encoded-word at a time: the whole decoder gives up on all when one is broken.
    pieces = re.split(r"(=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)", value)
    shown = "".join(_word(piece) if piece.startswith("=?") else piece for piece in pieces)
    return _WIDE_FOLD.sub(" ", shown)


def _word(piece: str) -> str:
    try:
        content, charset = decode_header(piece)[0]
    except HeaderParseError:
        return piece
    return _text(content, charset) if isinstance(content, bytes) else content


def _text(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", errors="replace")
    except (LookupError, ValueError):  # a name that is no charset of text
        return content.decode("utf-8", errors="replace")


def _body(message: Message, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() != kind or part.get_filename():
            continue
        try:
            content = part.get_payload(decode=True)
        except (MessageError, ValueError):
            continue
        if isinstance(content, bytes):
            text = _text(content, part.get_content_charset())
            return text.replace("\r\n", "\n").replace("\r", "\n")
    return ""
