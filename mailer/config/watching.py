"""The settings of what is kept and who watches, as values; a SettingsError where one is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from mailer.config import reading
from mailer.errors import SettingsError

MOST_DAYS = 3650
SHORTEST_TOKEN = 16
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def days(env: Mapping[str, str], variable: str, default: int) -> int | None:
    """A number of days, `default` where none is set, None for "off"."""
    text = reading.plain(env, variable)
    if not text:
        return default
    if text == "off":
        return None
    if not text.isascii() or not text.isdigit() or not 0 <= int(text[:9]) <= MOST_DAYS:
        raise SettingsError(
            f"{variable}: {text[:40]!r} is neither a whole number of days from 0 to {MOST_DAYS} nor"
            " off, which keeps for good"
        )
    return int(text)


def alert_url(text: str) -> str:
    """Where alerts are posted to, or ""; it is often a secret, so no message repeats it."""
    if not text:
        return ""
    if not _can_be_posted_to(text):
        raise SettingsError(
            "MAILER_ALERT_URL is not an address that alerts can be posted to; write it like"
            " https://chat.example.org/hooks/..., without user and password"
        )
    return text


def _can_be_posted_to(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)
    plain = text.isascii() and text.isprintable() and " " not in text and "@" not in parts.netloc
    return bool(host) and safe and plain


def metrics_token(text: str) -> str:
    """What a program must show to read /metrics, or ""."""
    if text and (len(text) < SHORTEST_TOKEN or not text.isascii() or " " in text):
        raise SettingsError(
            f"MAILER_METRICS_TOKEN is too easy to guess: use at least {SHORTEST_TOKEN} random"
            " characters, without spaces"
        )
    return text
