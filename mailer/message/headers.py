"""Header lines, written by our own small encoder (RFC 5322, RFC 2047); values come cleaned.

Python's own writer turned hostile names into header lines and lost the quotes of long ones.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.utils import format_datetime

LINE = 78  # RFC 5322, 2.1.1
WORD_LINE = 76  # RFC 2047, 2: a line that holds an encoded-word
_WRAPPING = len("=?utf-8?q?") + len("?=")
# RFC 2047, 5 (3): what may stand bare in a phrase. A space is written "_".
_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


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
    return f"Date: {format_datetime(datetime.fromtimestamp(int(moment), UTC))}"


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


def _encoded(start: str, value: str) -> str:
    """`start` and `value` as encoded-words, one a line, cut between characters."""
    quoted = [_quoted(character) for character in value]
    size = len(value.encode())
    base = sum(map(len, quoted)) > (size + 2) // 3 * 4
    costs = [len(c.encode()) for c in value] if base else [len(part) for part in quoted]
    words: list[slice] = []
    begin = used = 0
    for end, cost in enumerate(costs):
        bare = WORD_LINE - (1 if words else len(start)) - _WRAPPING
        if used + cost > (bare // 4 * 3 if base else bare):
            words.append(slice(begin, end))
            begin, used = end, 0
        used += cost
    words.append(slice(begin, len(costs)))
    if base:
        made = [f"=?utf-8?b?{_base64(value[word])}?=" for word in words]
    else:
        made = [f"=?utf-8?q?{''.join(quoted[word])}?=" for word in words]
    return start + "\r\n ".join(made)


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode("ascii")


def _quoted(character: str) -> str:
    if character in _BARE:
        return character
    return "_" if character == " " else "".join(f"={byte:02X}" for byte in character.encode())
