"""Moments as tables and machines want them; i18n has the long form, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from mailer.web import i18n
from mailer.web.services import services


def iso(seconds: float) -> str:
    """A moment for the datetime attribute: "2026-11-23T18:04:05Z"."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def stamp(seconds: float) -> str:
    """A moment in few characters, in the setting's time zone: "Nov 23, 2026, 1:04 PM"."""
    local = datetime.fromtimestamp(seconds, ZoneInfo(services().settings.timezone))
    day = format_date(local, "medium", locale=i18n.language())
    return f"{day}, {format_time(local, 'short', locale=i18n.language())}"
