"""E-mail APIs: one file each, send and webhook together. These tables are all that knows them."""

from __future__ import annotations

from collections.abc import Callable

from mailer.transports.api.base import Hook, Provider

PROVIDERS: dict[str, Callable[[str], Provider]] = {}
"""By scheme: makes an account from an address (without its limits); raises SettingsError."""

HOOKS: dict[str, Hook] = {}
"""By provider: how its webhook's calls are proven and read."""
