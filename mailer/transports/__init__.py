"""The ways out: one file each, behind one small protocol. This table is all that knows them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from mailer import addresses
from mailer.config import Settings
from mailer.errors import SettingsError
from mailer.problems import did_you_mean
from mailer.transports import dkim, limits, maildir, smtp
from mailer.transports.api import PROVIDERS
from mailer.transports.base import (
    Accepted,
    Answer,
    Connection,
    Failed,
    Happened,
    Lines,
    Parcel,
    Staged,
    Transport,
)
from mailer.transports.dkim import Signer
from mailer.transports.limits import Limits

__all__ = [
    "MARK",
    "Accepted",
    "Answer",
    "Connection",
    "Failed",
    "Happened",
    "Limits",
    "Lines",
    "Parcel",
    "Staged",
    "Transport",
    "from_url",
    "from_urls",
    "of",
    "signer",
]


MARK = "#"
"""What stands between the name of an account and its label, where several have the same name."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,15}:/")

LABEL_LENGTH = 6  # hexadecimal digits


def _api(url: str, home: Path) -> Transport:
    """An e-mail API. Its modules are read when one is used: a site that sends by SMTP need not
    carry requests."""
    made: Transport = import_module("mailer.transports.api.transport").from_url(url, home)
    return made


SCHEMES: dict[str, Callable[[str, Path], Transport]] = {
    "maildir": maildir.from_url,
    "smtp": smtp.from_url,
    "smtps": smtp.from_url,
    **dict.fromkeys(PROVIDERS, _api),
}


def of(settings: Settings) -> tuple[Transport, ...]:
    """The transports of the settings, those by SMTP signing with their keys; SettingsError."""
    ways, sign = from_urls(settings.transports, settings.home), signer(settings)
    for way in ways:
        if isinstance(way, smtp.SmtpTransport):
            way.sign_with(sign)
    return ways


def signer(settings: Settings) -> Signer | None:
    """What signs our mail for the domain it is from; None without a key. Raises SettingsError."""
    keys = dkim.read(settings.dkim_key, settings.dkim_selector)
    domain = addresses.wire(settings.from_address).rpartition("@")[2].lower()
    return Signer(domain=domain, keys=keys) if keys else None


def from_urls(urls: Sequence[str], home: Path) -> tuple[Transport, ...]:
    """The transports of MAILER_TRANSPORT, in order; raises SettingsError.

    Those that send and those that keep letters here do not go together: a letter that was kept
    would count as done, and the server that is back would never get it.
    """
    ways = tuple(from_url(url, home) for url in urls)
    _tell_apart(urls, ways)
    if len({way.delivers for way in ways}) > 1:
        raise SettingsError(
            "MAILER_TRANSPORT: maildir keeps letters on this machine and cannot stand in for a"
            " server that sends them; name one or the other"
        )
    return ways


def _tell_apart(urls: Sequence[str], ways: Sequence[Transport]) -> None:
    """Give accounts that would have the same name a label of their own: they share no limit.

    It follows from the key, or the user, of which it shows nothing. A single account of a provider
    has none, so that a new key leaves it its lane.
    """
    names = Counter(way.account for way in ways)
    for url, way in zip(urls, ways, strict=True):
        way.label = hashlib.sha256(_user(url).encode()).hexdigest()[:LABEL_LENGTH]
        if names[way.account] > 1:
            way.account = f"{way.account}{MARK}{way.label}"


def _user(url: str) -> str:
    """Who signs in: the key that an address has in front, or the user without the password."""
    account, at, _ = url.partition("//")[2].partition("?")[0].rpartition("@")
    return (account if at else url.partition("//")[2].partition("?")[0]).partition(":")[0]


def from_url(url: str, home: Path) -> Transport:
    """The transport that one address of MAILER_TRANSPORT names; raises SettingsError.

    Messages never repeat the address: it may hold a password.
    """
    scheme, separator, _ = url.partition(":")
    maker = SCHEMES.get(scheme)
    if not separator or maker is None:
        # What is no scheme may be the key, or the user, with nothing in front of it.
        shown = f": {scheme!r} is not" if _SCHEME.match(url) else " does not begin with"
        raise SettingsError(
            f"MAILER_TRANSPORT{shown} a way to send;"
            f" {did_you_mean(scheme[:20], SCHEMES) or 'use ' + ', '.join(SCHEMES)}"
        )
    bare, allowed = limits.take(url)
    made = maker(bare, home)
    if allowed and not made.delivers:
        raise SettingsError(
            f"MAILER_TRANSPORT: {scheme} keeps letters on this machine, at once: leave"
            f" {', '.join(limits.OPTIONS)} out"
        )
    # What the provider allows everybody holds, unless the address speaks of its pace.
    made.limits = replace(allowed, pace=allowed.pace or made.limits.pace)
    return made
