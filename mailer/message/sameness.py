"""What a letter says as one hash: whoever holds the letter can make it again and compare."""

from __future__ import annotations

import hashlib


def of(subject: str, text: str) -> str:
    """The SHA-256 of the subject, an empty line and the text, in UTF-8, as hexadecimal digits.

    Lines end with a line feed alone; blanks at their ends, and empty lines at the end of all, do
    not count: mail servers add and take them away.
    """
    lines = [line.rstrip() for line in f"{subject}\n\n{text}".splitlines()]
    return hashlib.sha256("\n".join(lines).rstrip("\n").encode()).hexdigest()
