"""The two parts of a message: the text, the HTML made from it, and how they travel."""

from __future__ import annotations

import binascii
import hashlib
import re
from html import escape

LONGEST_LINE = 78
# Lines that relays and mailboxes of old change on the way: "From " gets a ">", blanks at an end
# are lost, a lone dot ends the message for some.
_FRAGILE = re.compile(r"^From |^\.$|[ \t]$", re.MULTILINE)
_FROM = re.compile(rb"^From ", re.MULTILINE)
_GAP = re.compile(r"\n(?:[ \t]*\n)+")


_ADDRESS = re.compile(r'^https?://[^\s<>"]+$', re.MULTILINE)


def text_to_html(text: str, language: str = "en", *, linked: bool = False) -> str:
    """A whole HTML document that says what `text` says: escaped, in paragraphs, nothing else.

    It has no title: the subject is one. Nothing is made a link, for the text is a visitor's,
    unless `linked` says that it is all ours: then a line that is an address becomes one.
    """
    broken = escape(text, quote=False).strip("\n")
    if linked:
        broken = _ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', broken)
    paragraphs = (part.replace("\n", "<br>\n") for part in _GAP.split(broken))
    body = "\n".join(f"<p>{part}</p>" for part in paragraphs)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head><meta charset="utf-8"></head>\n'
        f'<body dir="auto">\n{body}\n</body>\n</html>\n'
    )


def part(kind: str, content: str) -> bytes:
    """A MIME part of text/`kind`: its headers, an empty line and `content`, unchanged by transfer.

    Plain ASCII in short lines goes as it is, all else as quoted-printable (RFC 2045, 6.7).
    """
    plain = content.isascii() and not _FRAGILE.search(content)
    if plain and max(map(len, content.split("\n"))) <= LONGEST_LINE:
        return _headed(kind, "7bit", content.replace("\n", "\r\n").encode("ascii"))
    return _headed(kind, "quoted-printable", _quoted_printable(content))


def boundary(message_id: str, parts: bytes) -> str:
    """A boundary that stands nowhere in `parts`, the same for the same message each time."""
    number = 0
    while True:
        digest = hashlib.sha256(f"{message_id} {number}".encode()).hexdigest()
        found = f"=_{digest[:32]}"
        if found.encode() not in parts:
            return found
        number += 1


def _headed(kind: str, encoding: str, body: bytes) -> bytes:
    return (
        f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode("ascii") + body


def _quoted_printable(content: str) -> bytes:
    # binascii ends its soft breaks as the first line ends: with one added, always CRLF.
    lines = content.replace("\n", "\r\n") + "\r\n"
    made = binascii.b2a_qp(lines.encode())[:-2]
    return _FROM.sub(b"=46=\r\nrom ", made)
