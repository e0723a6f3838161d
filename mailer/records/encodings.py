"""Bytes of a list from somewhere else, as text: which encoding it was is found out, and told."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

LARGEST = 32_000_000
"""Bytes of one list; a parliament's has a tenth of a percent of that."""

KNOWN = ("utf-8", "utf-16", "cp1252", "mac-roman")
"""What a person may name who knows better."""

_NAMES = {"cp1252": "Windows-1252", "mac-roman": "Mac Roman"}
# Letters and signs of English and French texts beyond ASCII. Read in the wrong one of the two
# encodings they become signs that hardly anybody writes.
_USUAL = frozenset("éèêëàâäçôöîïûùüÿœæÉÈÊËÀÂÄÇÔÖÎÏÛÙÜŸŒÆñÑáíóúÁÍÓÚßåøÅØ’‘“”«»–—…°ºª\u00a0")
_MOJIBAKE = ("Ã©", "Ã¨", "Ã§", "Ã´", "Ã‰", "â€™", "â€“", "Â ")


class NotText(Exception):  # noqa: N818 - the message goes to a person
    """These bytes are no list as text; the message says what they are."""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A text, and the name of the encoding it was in."""

    text: str
    encoding: str
    guessed: bool = False  # accents may be others in truth
    broken: bool = False  # the text was spoilt before it came here: Ã© for é


def decode(data: bytes, encoding: str = "") -> Decoded:
    """The text of `data`, in `encoding` when one of KNOWN is named; raises NotText."""
    if len(data) > LARGEST:
        raise NotText(f"it is larger than {LARGEST // 1_000_000} MB")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise NotText("it is a spreadsheet; save it as CSV instead")
    found = _named(data, encoding) if encoding else _found(data)
    spoilt = any(sign in found.text for sign in _MOJIBAKE)
    return Decoded(
        text=found.text, encoding=found.encoding, guessed=found.guessed, broken=spoilt
    )  # fmt: skip


def _named(data: bytes, encoding: str) -> Decoded:
    name = _NAMES.get(encoding, encoding.upper())
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotText(f"it is not {name}: line {line} cannot be read so") from None
    return Decoded(text=text, encoding=name)


def _found(data: bytes) -> Decoded:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _named(data, "utf-16")
    wide = _wide(data)
    if wide:
        return Decoded(text=data.decode(wide, errors="replace"), encoding="UTF-16")
    if b"\x00" in data:
        raise NotText("it is not a text file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _old(data)
    marked = data.startswith(codecs.BOM_UTF8)
    return Decoded(text=text, encoding="UTF-8 with a mark" if marked else "UTF-8")


def _wide(data: bytes) -> str:
    """Which UTF-16 it is that has no mark: half of an English or French text is zero bytes then."""
    start = data[:4000]
    half = max(1, len(start) // 2)
    if start[1::2].count(0) > 0.7 * half and start[::2].count(0) == 0:
        return "utf-16-le"
    if start[::2].count(0) > 0.7 * half and start[1::2].count(0) == 0:
        return "utf-16-be"
    return ""


def _old(data: bytes) -> Decoded:
    """Text of an older program: whichever reading has more of the letters that people write."""
    readings = {name: data.decode(name, errors="replace") for name in ("cp1252", "mac-roman")}
    best = max(readings, key=lambda name: _score(readings[name]))
    return Decoded(text=readings[best], encoding=_NAMES[best], guessed=True)


def _score(text: str) -> int:
    """How many letters beyond ASCII are usual ones, less those that are not."""
    return sum(1 if one in _USUAL else -1 for one in text if not one.isascii())
