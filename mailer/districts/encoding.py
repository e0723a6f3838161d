"""A file of districts as spreadsheets save it: whatever its encoding, it becomes text."""

from __future__ import annotations

import codecs

from mailer.problems import Problem, Severity

LARGEST = 32_000_000
"""Bytes: every postal code of Canada with its district fits in."""

_WIDE = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


def decode(data: bytes, file: str) -> tuple[str, tuple[Problem, ...]]:
    """The text, and what is to be told about its encoding; raises ValueError when it is no text."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise ValueError("it is a spreadsheet; save it as CSV instead")
    if data[:2] in _WIDE:
        try:
            return data.decode("utf-16"), ()
        except UnicodeDecodeError:
            raise ValueError("it begins as UTF-16 and does not go on so") from None
    if b"\x00" in data:
        raise ValueError("it is not a text file")
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        return _old(data, error, file)


def _old(data: bytes, error: UnicodeDecodeError, file: str) -> tuple[str, tuple[Problem, ...]]:
    """Text of an older spreadsheet program; its accents may be others in truth, so it is told."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise ValueError("it is neither UTF-8 nor Windows-1252") from None
    start = data.rfind(b"\n", 0, error.start) + 1
    line = text[start:].partition("\n")[0].rstrip("\r")
    told = Problem(
        file=file,
        line=data.count(b"\n", 0, error.start) + 1,
        column=error.start - start + 1,
        message="this is not UTF-8: the file was read as Windows-1252",
        suggestion="look whether the accents are right, or save it as CSV UTF-8",
        severity=Severity.WARNING,
        source=line,
    )
    return text, (told,)
