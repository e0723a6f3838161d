"""A finished message, whoever made it, as a person may look at it in the outbox and the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_WIDE_FOLD = re.compile(r"[\r\n]+")
_NESTED = re.compile(rb"boundary|message/", re.IGNORECASE)
_MOST_NESTED = 100
_MOST_PARTS = 2000
# Reading the parameters of a header costs the square of their number.
_LONG_HEADER = re.compile(
    rb"^(content-[a-z-]{1,40}:(?:[^\n]|\n[ \t]){2000})(?:[^\n]|\n[ \t])+",
    re.IGNORECASE | re.MULTILINE,
)
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?)")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a message says. Nothing in it is trusted: pages escape it, and frame the HTML."""

    headers: tuple[tuple[str, str], ...]  # in order, decoded
    text: str
    html: str
    enclosed: Shown | None = None  # the message that goes along

    def header(self, name: str) -> str:
        """The first header of that name, whatever its case, or ""."""
        found = (value for key, value in self.headers if key.lower() == name.lower())
        return next(found, "")


def parsed(data: bytes) -> Message:
    """The message of any bytes; of one that is cut into very many pieces, only its header."""
    deep = sum(1 for _ in zip(_NESTED.finditer(data), range(_MOST_NESTED), strict=False))
    data = _LONG_HEADER.sub(rb"\1", data)
    if deep < _MOST_NESTED and data.count(b"\n--") < _MOST_PARTS:
        return message_from_bytes(data, policy=policy.compat32)
    return BytesHeaderParser(policy=policy.compat32).parsebytes(data)


def parts(data: bytes) -> Shown:
    """The headers, text and HTML of any bytes; what cannot be read stays as it stands."""
    return _shown(parsed(data), depth=1)


def _shown(message: Message, depth: int) -> Shown:
    own = list(_own(message))
    inner = next((part for part in own if part.get_content_type() == "message/rfc822"), None)
    held = _children(inner) if inner is not None and depth else []
    return Shown(
        headers=tuple((name, decoded(str(value))) for name, value in message.items()),
        text=_body(own, "text/plain"),
        html=_body(own, "text/html"),
        enclosed=_shown(held[0], depth - 1) if held else None,
    )


def _own(message: Message) -> Iterator[Message]:
    """All parts, but not those of a message inside."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        if part.get_content_maintype() != "message":
            waiting.extend(reversed(_children(part)))


def _children(part: Message) -> list[Message]:
    if not part.is_multipart():
        return []  # asked for its text, the parser fails where the charset's name holds a NUL
    held = part.get_payload()
    return [child for child in held if isinstance(child, Message)] if isinstance(held, list) else []


def decoded(value: str) -> str:
    """A header's value in one line, its encoded-words read as far as they can be."""
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


def _body(own: list[Message], kind: str) -> str:
    for part in own:
        if part.get_content_type() != kind or _is_file(part):
            continue
        text = text_of(part)
        if text is not None:
            return text
    return ""


def _is_file(part: Message) -> bool:
    try:
        return bool(part.get_filename())
    except ValueError:  # its name is in a charset whose own name is none
        return True


def text_of(part: Message) -> str | None:
    """What a part says, its lines ended by newlines; None where it holds no text at all."""
    try:
        content, charset = part.get_payload(decode=True), part.get_content_charset()
    except (MessageError, ValueError):
        return None
    if not isinstance(content, bytes):
        return None
    text = _text(content, charset)
    return text.replace("\r\n", "\n").replace("\r", "\n")
