"""All that is wrong with the settings, where a start tells only the first."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from secrets import token_urlsafe

from mailer.config.reading import CREDENTIALS
from mailer.config.settings import DEFAULT_FROM, Settings
from mailer.errors import SettingsError

_NAME = re.compile(r"\b[A-Z][A-Z0-9_]+\b")
_NEEDED = {
    "MAILER_SECRET_KEY": token_urlsafe(48),
    "MAILER_FROM": DEFAULT_FROM,
    "MAILER_REPLY_DOMAIN": "reply.campaign.example",
}
"""What stands in for a wrong one of these, so that nobody is told that it is missing."""


def everything(
    environ: Mapping[str, str] | None = None,
) -> tuple[list[SettingsError], Settings | None]:
    """What each wrong variable is refused for, once, and the settings without them, to look on.

    There are none where something that is needed is missing, or two do not go together. Where a
    wrong one is needed, another stands in for it.
    """
    left = dict(os.environ if environ is None else environ)
    found: list[SettingsError] = []
    told: set[str] = set()
    while True:
        try:
            return found, Settings.from_env(left)
        except SettingsError as error:
            named = _NAME.search(str(error))
            name = named[0].removesuffix("_FILE") if named else ""
            if name in told:
                return found, None
            told.add(name)
            found.append(error)
        if not _taken_out(left, name):
            return found, None


def _taken_out(left: dict[str, str], name: str) -> bool:
    """Whether it could be taken out of this environment, or out of sight among credentials."""
    given = [one for one in (name, f"{name}_FILE") if one in left]
    for one in given:
        del left[one]
    hidden = (Path(left.get(CREDENTIALS) or os.devnull) / name).is_file()
    if name in _NEEDED or hidden:
        left[name] = _NEEDED.get(name, " ")  # a blank: it is not set, whatever a credential says
    return bool(given) or hidden
