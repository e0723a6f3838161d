"""Who must sign in with a second factor, as the environment says."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer import accounts
from mailer.config import Settings, signing_in
from mailer.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("", signing_in.ROLES),
        ("none", ()),
        ("admin", ("admin",)),
        ("viewer, admin", ("viewer", "admin")),
        ("  partner  ", ("partner",)),
    ],
)
def test_roles_that_must_have_one(home: Path, text: str, roles: tuple[str, ...]) -> None:
    env = {"MAILER_HOME": str(home), "MAILER_SECOND_FACTOR": text}
    assert Settings.from_env(env).second_factor == roles


@pytest.mark.parametrize("text", ["off", "admin none", "Admin", "organiser", "😀", "x" * 20_001])
def test_what_is_no_role_stops_the_start_and_names_the_setting(home: Path, text: str) -> None:
    env = {"MAILER_HOME": str(home), "MAILER_SECOND_FACTOR": text}
    with pytest.raises(SettingsError, match="MAILER_SECOND_FACTOR"):
        Settings.from_env(env)


def test_the_setting_knows_the_roles_that_there_are() -> None:
    assert signing_in.ROLES == accounts.ROLES
