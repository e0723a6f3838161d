"""Puts a text in the place of a file: whoever reads meanwhile gets the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from mailer.errors import MailerError


def replace_text(path: Path, text: str, *, before: str | None) -> None:
    """Write `text` with the line ends and the rights that the file had.

    `before` is what it said when it was read, None when there was none; raises MailerError when
    somebody else has written it since, and OSError.
    """
    target = Path(os.path.realpath(path))
    old = target.read_bytes() if target.exists() else None
    if (old is None) != (before is None) or (old or b"").decode("utf-8") != (before or ""):
        raise MailerError(f"{path.name} was changed meanwhile: look at it, and start again")
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(_like(text, before or ""))
            file.flush()
            if old is not None:
                os.fchmod(file.fileno(), target.stat().st_mode & 0o7777)
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _like(text: str, before: str) -> str:
    """The text with the line ends and the mark of the one before it."""
    mark = "\ufeff" if before.startswith("\ufeff") else ""
    return mark + (text.replace("\n", "\r\n") if "\r\n" in before else text)
