"""The setting of who must sign in with a second factor."""

from __future__ import annotations

from mailer.errors import SettingsError
from mailer.problems import did_you_mean

ROLES = ("viewer", "moderator", "organizer", "admin", "partner")


def roles(text: str) -> tuple[str, ...]:
    """Roles such as "organizer admin"; all where nothing is set, () for "none"."""
    if text == "none":
        return ()
    names = tuple(text.replace(",", " ").split()) or ROLES
    for name in names:
        if name not in ROLES:
            raise SettingsError(
                f"MAILER_SECOND_FACTOR: {name[:40]!r} is not a role;"
                f" {did_you_mean(name, ROLES) or 'use some of ' + ', '.join(ROLES) + ', or none'}"
            )
    return names
