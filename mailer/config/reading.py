"""One setting's text: from the environment, from a file that it names, or from a credential."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mailer.errors import SettingsError

PREFIX = "MAILER_"
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what a unit's LoadCredential= names (systemd.exec(5))."""


def read(env: Mapping[str, str], name: str) -> str:
    """MAILER_<name>, or the text of the file that MAILER_<name>_FILE names.

    Without either, that of the file MAILER_<name> among systemd's credentials. An empty variable
    is not set, as platforms leave them; an empty file is a mistake, and a SettingsError.
    """
    value, file = env.get(PREFIX + name, ""), env.get(f"{PREFIX}{name}_FILE", "")
    if value and file:
        raise SettingsError(f"MAILER_{name} and MAILER_{name}_FILE are both set: keep one")
    if value:
        return value.strip()
    if file:
        shown = file if is_place(file) else "what it names"
        return _content(Path(file), f"MAILER_{name}_FILE: {shown}")
    credential = Path(env.get(CREDENTIALS) or os.devnull) / f"{PREFIX}{name}"
    if not credential.is_file():
        return ""
    return _content(credential, f"MAILER_{name}: its file among systemd's credentials")


def _content(file: Path, called: str) -> str:
    try:
        text = file.read_text(encoding="utf-8-sig").strip()  # some editors begin a file with a mark
    except (OSError, ValueError) as error:
        raise SettingsError(f"{called} cannot be read: {why(error)}") from None
    if not text:
        raise SettingsError(f"{called} is empty: write the value into it, or leave the setting out")
    return text


def is_place(file: str) -> bool:
    """Whether a folder is there for it; else it may be a secret, written in place of a file."""
    return "/" in file and os.path.isdir(os.path.dirname(file))


def why(error: OSError | ValueError) -> str:
    """Why a file cannot be read or kept, in plain words."""
    return str(getattr(error, "strerror", None) or "it is not text in UTF-8")


def plain(env: Mapping[str, str], variable: str) -> str:
    """A variable's text, of ours or of a platform's such as PORT."""
    if variable.startswith(PREFIX):
        return read(env, variable.removeprefix(PREFIX))
    return env.get(variable, "").strip()
