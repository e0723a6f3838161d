"""The parts of a message: the text, the HTML made from it, and how they travel."""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_qp
from functools import lru_cache
from html import escape

from mailer.message.values import Mail

LONGEST_LINE = 78
_ENDS = {"plain": b"\r\n\r\n", "html": b"</p>\r\n"}  # of a paragraph
# To encode is the dearest step, and what one supporter says after the salutation goes to each
# official. The queues of officials hold the same supporters, so a hundred letters later it comes
# again. Both parts of 128 letters are kept, 4 MB at the very worst: few people's words, not long.
_LONGEST_KEPT = 4000  # bytes
_kept = lru_cache(maxsize=256)(b2a_qp)
# Lines that relays and mailboxes of old change on the way: "From " gets a ">", blanks at an end
# are lost, a lone dot ends the message for some. Each as it looks between the line ends.
_FRAGILE = ("\nFrom ", " \n", "\t\n", "\n.\n")
_PART = b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: %b\r\n\r\n%b"
_GAP = re.compile(r"\n(?:[ \t]*\n)+")
_ADDRESS = re.compile(r'^https?://[^\s<>"]+$', re.MULTILINE)


def html_of(mail: Mail) -> str:
    """The HTML that says the same as a mail's text; "" where none goes along."""
    return text_to_html(mail.text, mail.language, linked=mail.linked) if mail.html else ""


def text_to_html(text: str, language: str = "en", *, linked: bool = False) -> str:
    """A whole HTML document that says what `text` says: escaped, in paragraphs, nothing else.

    It has no title: the subject is one. Nothing is made a link, for the text is a visitor's,
    unless `linked` says that it is all ours: then a line that is an address becomes one.
    """
    # Most letters need no escaping, and to look is far cheaper than to replace three times.
    escaped = escape(text, quote=False) if any(map(text.__contains__, "&<>")) else text
    broken = escaped.strip("\n")
    if linked:
        broken = _ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', broken)
    paragraphs = [f"<p>{part}</p>".replace("\n", "<br>\n") for part in _GAP.split(broken)]
    body = "\n".join(paragraphs)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head><meta charset="utf-8"></head>\n'
        f'<body dir="auto">\n{body}\n</body>\n</html>\n'
    )


def part(kind: str, content: str) -> bytes:
    """A MIME part of text/`kind`: its headers, an empty line and `content`, unchanged by transfer.

    Plain ASCII in short lines goes as it is, all else as quoted-printable (RFC 2045, 6.7).
    """
    if content.isascii() and _stays(content):
        body = content.encode("ascii").replace(b"\n", b"\r\n")
        return _PART % (kind.encode(), b"7bit", body)
    made = _PART % (kind.encode(), b"quoted-printable", _quoted_printable(content, _ENDS[kind]))
    return made.replace(b"\nFrom ", b"\n=46=\r\nrom ")


def _stays(content: str) -> bool:
    """Whether each line is short, and none is one that servers change."""
    if max(map(len, content.split("\n"))) > LONGEST_LINE:
        return False
    padded = f"\n{content}\n"
    return not any(line in padded for line in _FRAGILE)


def boundary(message_id: str, parts: bytes) -> str:
    """A boundary that stands nowhere in `parts`, the same for the same message each time."""
    number = 0
    while True:
        digest = hashlib.sha256(f"{message_id} {number}".encode()).hexdigest()
        found = f"=_{digest[:32]}"
        if found.encode() not in parts:
            return found
        number += 1


def _quoted_printable(content: str, end: bytes) -> bytes:
    """`content`, whose first paragraph ends with `end`, in lines of CRLF.

    It is encoded line by line, so what follows the first paragraph may be encoded for itself.
    """
    *salutation, rest = content.encode().replace(b"\n", b"\r\n").split(end, 1)
    # One more line end makes binascii see that lines end with CRLF, and that the last one ends.
    made = (_kept if len(rest) <= _LONGEST_KEPT else b2a_qp)(rest + b"\r\n")[:-2]
    return b2a_qp(salutation[0] + end) + made if salutation else made
