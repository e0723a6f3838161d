"""E-mail APIs: one file each, send and webhook together. These tables are all that knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from mailer.transports.api.base import Hook, Provider

NAMES = ("postmark", "mailgun", "sendgrid", "ses", "resend", "brevo")
"""Each is a module here, with a `from_url` and a `HOOK`."""


class _Table(Mapping[str, Any]):
    """What each of the modules calls so; a module is read when it is first asked for, because it
    may need libraries that others do without."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __getitem__(self, name: str) -> Any:
        if name not in NAMES:
            raise KeyError(name)
        return getattr(import_module(f"mailer.transports.api.{name}"), self._what)

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


PROVIDERS: Mapping[str, Callable[[str], Provider]] = _Table("from_url")
"""By scheme: makes an account from an address (without its limits); raises SettingsError."""

HOOKS: Mapping[str, Hook] = _Table("HOOK")
"""By provider: how its webhook's calls are proven and read."""
