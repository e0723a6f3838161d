"""Postal codes as people type them: Canada's are judged letter by letter, others only folded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from mailer.errors import FieldError

FIRST = frozenset("ABCEGHJKLMNPRSTVXY")
"""Letters that a Canadian postal code may begin with (Canada Post, Addressing Guidelines)."""

LETTERS = FIRST | {"W", "Z"}
"""Letters that one may have further on: D, F, I, O, Q and U look too much like others."""

LONGEST = 20
_BETWEEN = re.compile(r"[\s.\-\u2010-\u2015\u2212]+")
_SHAPE = re.compile(r"[A-Z][0-9][A-Z][0-9][A-Z][0-9]", re.ASCII)
_BEGINS, _GOES_ON = f"[{''.join(sorted(FIRST))}]", f"[{''.join(sorted(LETTERS))}]"
_PART = re.compile(f"{_BEGINS}(?:[0-9](?:{_GOES_ON}(?:[0-9](?:{_GOES_ON}[0-9]?)?)?)?)?")
_TAKEN_FOR = str.maketrans("OIL", "011")


class CodeError(FieldError):
    """What was typed is no Canadian postal code.

    `code` is "code-letter" (no code has `letter`), "code-first" (none begins with `letter`),
    "code-digit" (a letter stands where a digit belongs; `meant` is the code with the digit),
    "code-short" (it is the first half) or "code-shape".
    """

    def __init__(self, code: str, *, letter: str = "", meant: str = "") -> None:
        self.letter = letter
        self.meant = meant
        super().__init__(code, "is not a Canadian postal code, such as K1A 0B1")


def bare(typed: str) -> str:
    """A code of any country for comparing: capitals, without spaces, dots and hyphens."""
    if typed.isascii():  # most are so, in lists of hundreds of thousands
        plain = typed.replace(" ", "")
        if plain.isalnum():
            return plain.upper()
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper()


def canadian(typed: str) -> str:
    """A Canadian postal code as Canada Post writes it ("K1A 0B1"); raises CodeError."""
    code = bare(typed)
    if len(code) == 3 and part_of_canadian(code):
        raise CodeError("code-short")
    if len(code) != 6 or not code.isascii() or not code.isalnum():
        raise CodeError("code-shape")
    for place, character in enumerate(code):
        _judge(code, place, character)
    return written(code)


def looks_canadian(typed: str) -> bool:
    """True when letters and digits take turns as only Canada's codes have them."""
    return _SHAPE.fullmatch(bare(typed)) is not None


def part_of_canadian(code: str) -> bool:
    """True when a bare code is a Canadian one or the beginning of one."""
    return _PART.fullmatch(code) is not None


def strangers(codes: Iterable[str]) -> dict[str, None]:
    """Those of many bare codes that are neither Canadian nor the beginning of one, in order."""
    fits = _PART.fullmatch
    return dict.fromkeys(code for code in codes if fits(code) is None)


def written(code: str) -> str:
    """A bare Canadian code with its space."""
    return f"{code[:3]} {code[3:]}"


def _judge(code: str, place: int, character: str) -> None:
    """Raise CodeError for the character that cannot stand at its place."""
    if place % 2:
        if not character.isdigit():
            meant = _meant(code)
            raise CodeError("code-digit" if meant else "code-shape", letter=character, meant=meant)
    elif character.isdigit():
        raise CodeError("code-shape")
    elif character not in LETTERS:
        raise CodeError("code-letter", letter=character)
    elif place == 0 and character not in FIRST:
        raise CodeError("code-first", letter=character)


def _meant(code: str) -> str:
    """The code with digits where letters were taken for them, or "" when that is none either."""
    fixed = "".join(
        character.translate(_TAKEN_FOR) if place % 2 else character
        for place, character in enumerate(code)
    )
    return written(fixed) if part_of_canadian(fixed) else ""
