"""All that is wrong with the settings, where a start tells only the first."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from mailer.config.settings import Settings
from mailer.errors import SettingsError

_NAMES = re.compile(r"\b[A-Z][A-Z0-9_]+\b")


def everything(
    environ: Mapping[str, str] | None = None,
) -> tuple[list[SettingsError], Settings | None]:
    """What each wrong variable is refused for, and the settings without them.

    There are none where something that is needed is missing, or two do not go together.
    """
    left = dict(os.environ if environ is None else environ)
    found: list[SettingsError] = []
    while True:
        try:
            settings = Settings.from_env(left)
        except SettingsError as error:
            found.append(error)
            named = _NAMES.findall(str(error))
            guilty = [one for name in named[:1] for one in (name, f"{name}_FILE") if one in left]
        else:
            return found, settings
        for name in guilty:
            del left[name]
        if not guilty:
            return found, None
