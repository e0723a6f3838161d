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

    Without either, that of the file MAILER_<name> among systemd's credentials.
    """
    value, file = env.get(PREFIX + name, ""), env.get(f"{PREFIX}{name}_FILE", "")
    if value and file:
        raise SettingsError(f"MAILER_{name} and MAILER_{name}_FILE are both set: keep one")
    if value:
        return value.strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip() if file else _credential(env, name)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise SettingsError(
            f"MAILER_{name}_FILE: {_shown(file)} cannot be read: {why(error)}"
        ) from None


def _credential(env: Mapping[str, str], name: str) -> str:
    folder = env.get(CREDENTIALS, "")
    file = Path(folder) / f"{PREFIX}{name}"
    return file.read_text(encoding="utf-8").strip() if folder and file.is_file() else ""


def _shown(file: str) -> str:
    """A file's name; in no folder, it may be the secret itself that was written there."""
    return file if "/" in file and os.path.isdir(os.path.dirname(file)) else "what it names"


def why(error: OSError | ValueError) -> str:
    """Why a file cannot be read or kept, in plain words."""
    return str(getattr(error, "strerror", None) or "it is not text in UTF-8")


def plain(env: Mapping[str, str], variable: str) -> str:
    """A variable's text, of ours or of a platform's such as PORT."""
    if variable.startswith(PREFIX):
        return read(env, variable.removeprefix(PREFIX))
    return env.get(variable, "").strip()
