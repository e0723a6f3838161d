"""The settings: read from the environment once, checked, frozen. Nothing else reads os.environ."""

from mailer.config import secrets
from mailer.config.origins import origin
from mailer.config.settings import (
    DEADLINE,
    DEFAULT_DATABASE,
    DEFAULT_FROM,
    DEFAULT_TRANSPORT,
    KNOWN,
    Settings,
    environment_for,
    environment_with,
    home_from_env,
    no_colour,
)
from mailer.config.values import BACKOFF, is_loopback

__all__ = [
    "BACKOFF",
    "DEADLINE",
    "DEFAULT_DATABASE",
    "DEFAULT_FROM",
    "DEFAULT_TRANSPORT",
    "KNOWN",
    "Settings",
    "environment_for",
    "environment_with",
    "home_from_env",
    "is_loopback",
    "no_colour",
    "origin",
    "secrets",
]
