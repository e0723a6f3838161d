"""Postal codes on the form: Canada's as they are written there, and what is wrong with one."""

from __future__ import annotations

from mailer.districts.codes import CodeError, canadian, looks_canadian
from mailer.web.i18n import gettext, mark

_SHAPE = mark("Enter a Canadian postal code: letters and digits in turn, like K1A 0B1")
_WHOLE = mark("Enter the whole postal code, with all six letters and digits, like K1A 0B1")
_DIGIT = mark("Postal code: letters and digits take turns. Did you mean %(meant)s?")
_NEVER = mark("Postal code: no code has the letter %(letter)s. Look at it once more.")
_NEVER_O = mark("Postal code: no code has the letter O. It goes like K1A 0B1, with a zero.")
_FIRST = mark("Postal code: none begins with %(letter)s. Look at it once more.")
_SAID = {
    "code-shape": _SHAPE,
    "code-short": _WHOLE,
    "code-digit": _DIGIT,
    "code-letter": _NEVER,
    "code-first": _FIRST,
}


def read(text: str, *, strict: bool) -> str:
    """A typed code; where it is one of Canada's, or `strict` says it has to be, as written there.

    Raises CodeError. Codes of other countries stay as they are.
    """
    return canadian(text) if text and (strict or looks_canadian(text)) else text


def say(error: CodeError) -> str:
    """What to do, in the reader's language."""
    if error.code == "code-letter" and error.letter == "O":
        return gettext(_NEVER_O)
    return gettext(_SAID[error.code], letter=error.letter, meant=error.meant)
