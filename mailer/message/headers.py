"""Header lines, written by our own small encoder (RFC 5322, RFC 2047); values come cleaned.

Python's own writer turned hostile names into header lines and lost the quotes of long ones.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from functools import lru_cache

LINE = 78  # RFC 5322, 2.1.1
WORD_LINE = 76  # RFC 2047, 2: a line that holds an encoded-word
_WRAPPING = len("=?utf-8?q?") + len("?=")
# RFC 2047, 5 (3): all but what may stand bare in a phrase, and the space, which becomes "_".
_UNSAFE = re.compile(r"[^A-Za-z0-9!*+/ -]+")
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# What stands two before a place, where that place is inside an encoded character.
_IN_QUOTED = re.compile(r"=|.=|..=[89AB]")
_IN_OCTETS = re.compile(r"..[\x80-\xbf]", re.DOTALL)


def address(field: str, name: str, mailbox: str) -> str:
    """An address header, folded; the name always quoted or encoded, so that it stays a name."""
    if not name:
        return f"{field}: {mailbox}"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    plain = _folded(f'{field}: "{escaped}"') if name.isascii() else ""
    phrase = plain or _encoded(f"{field}: ", name)
    room = WORD_LINE - len(phrase.rpartition("\n")[2])
    gap = " " if len(mailbox) + 3 <= room else "\r\n "
    return f"{phrase}{gap}<{mailbox}>"


def text(field: str, value: str) -> str:
    """An unstructured header, folded."""
    plain = _folded(f"{field}: {value}") if value.isascii() else ""
    return plain or _encoded(f"{field}: ", value)


def date(moment: float) -> str:
    """The Date header of a moment given in seconds since 1970."""
    at = datetime.fromtimestamp(int(moment), UTC)
    day = f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04}"
    return f"Date: {day} {at.time()} +0000"


def _folded(line: str) -> str:
    """`line` broken before spaces to at most 78 characters each, or "" where a word is longer."""
    if len(line) <= LINE:
        return line
    name, first, *words = line.split(" ")
    lines = [f"{name} {first}"]  # a first line of nothing but the name confuses some servers
    for word in words:
        if len(lines[-1]) + 1 + len(word) > LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) if max(map(len, lines)) <= LINE else ""


@lru_cache(maxsize=512)  # neighbours in the queue share an official, a supporter or a subject
def _encoded(start: str, value: str) -> str:
    """`start` and `value` as encoded-words, one a line, cut between characters.

    Of the two encodings, base64 and quoted, the one that makes it shorter.
    """
    quoted, data = _quoted(value), value.encode()
    first, later = WORD_LINE - _WRAPPING - len(start), WORD_LINE - _WRAPPING - 1
    if len(quoted) <= (len(data) + 2) // 3 * 4:
        words = [f"=?utf-8?q?{word}?=" for word in _cut(quoted, first, later, _IN_QUOTED)]
    else:
        octets, first, later = data.decode("latin-1"), first // 4 * 3, later // 4 * 3
        words = [f"=?utf-8?b?{_base64(word)}?=" for word in _cut(octets, first, later, _IN_OCTETS)]
    return start + "\r\n ".join(words)


def _cut(whole: str, first: int, later: int, inside: re.Pattern[str]) -> list[str]:
    """`whole` in pieces as long as there is room, and never cut inside a character."""
    pieces: list[str] = []
    room = first
    while len(whole) > room:
        end = room
        while inside.match(whole, end - 2):
            end -= 1
        pieces.append(whole[:end])
        whole, room = whole[end:], later
    return [*pieces, whole]


def _base64(octets: str) -> str:
    return binascii.b2a_base64(octets.encode("latin-1"), newline=False).decode("ascii")


def _quoted(value: str) -> str:
    return _UNSAFE.sub(_hex, value).replace(" ", "_")


def _hex(found: re.Match[str]) -> str:
    return f"={found[0].encode().hex('=').upper()}"
