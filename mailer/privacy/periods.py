"""How long something is kept, in plain words and by the settings in force."""

from __future__ import annotations

from babel.numbers import format_decimal

from mailer.config import Settings
from mailer.i18n import mark, text
from mailer.privacy.values import Ends

WEEK = 7 * 86400.0
"""Seconds for which it is kept where and by what words somebody wrote."""

SHORTENED = {4: 24, 6: 48}
"""Bits of a network address that are used at all where it is kept for longer than a limit needs."""

_SAID = {
    Ends.WEEK: mark("7 days"),
    Ends.DAY: mark("minutes mostly, two days at most"),
    Ends.WISH: mark("until you take it back"),
    Ends.GOOD: mark("for good"),
    # What no visitor is told of.
    Ends.YEAR: "a year",
    Ends.SESSION: "until it is over",
    Ends.OURS: "as long as it is needed",
}
_UNTIL_ERASED = mark("until you erase it")
_NO_DAYS = mark("until the letters are over")


def period(ends: Ends, settings: Settings, language: str) -> str:
    """How long something is kept that ends so."""
    words = text(language)
    days = {Ends.TEXT: settings.text_days, Ends.PERSON: settings.person_days}
    if ends is Ends.ACCOUNT:
        count = settings.person_days
        return "for good" if count is None else f"{count} days after the account was shut"
    if ends not in days:
        return words.gettext(_SAID[ends])
    count = days[ends]
    if not count:
        return words.gettext(_UNTIL_ERASED if count is None else _NO_DAYS)
    said = words.ngettext("%(num)s day", "%(num)s days", count)
    return said % {"num": format_decimal(count, locale=language)}
