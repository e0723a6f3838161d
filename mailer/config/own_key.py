"""The secret key of a mailer in development: made by itself, and kept."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from mailer.config.reading import why
from mailer.errors import SettingsError


def kept(file: Path) -> str:
    """The key in `file`, made (readable by its owner alone) if it is not there yet."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)  # of several starting at once, one wins and all read it
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"a secret key cannot be kept in {file}: {why(error)}") from None
