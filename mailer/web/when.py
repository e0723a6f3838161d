"""When about a letter leaves, in words: the coarser the further off, by the office's own clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time

from mailer.outbox.forecast import Because, Forecast
from mailer.web.i18n import gettext, language
from mailer.web.services import services

SOON = 600.0
"""Seconds of which nothing is said: the letter is as good as gone."""

_WITHIN_THE_HOUR = 3000.0


def sentence(found: Forecast | None, now: float) -> str:
    """What a receipt says of a letter that waits; "" when it leaves in a moment."""
    if found is None or found.because is Because.RETRY:  # which the receipt tells by itself
        return ""
    if found.because is Because.PAUSE:
        return gettext(
            "Sending is paused for the moment: your letter is kept, and leaves when it goes on."
        )
    if found.at is None:
        return gettext(
            "The mail server cannot be reached at the moment. It is tried again and again, and"
            " your letter is kept until then."
        )
    if found.at - now <= SOON:
        return ""
    moment = when(found, now)
    if found.later:
        return gettext("Very many letters are before it: it leaves %(when)s or later.", when=moment)
    if found.because is Because.HOURS:
        return gettext(
            "Letters leave in the hours of the office: this one probably %(when)s.", when=moment
        )
    return gettext("Others are before it: it probably leaves %(when)s.", when=moment)


def when(found: Forecast, now: float) -> str:
    """The moment of a forecast that has one: "within minutes", "tomorrow", "on Tuesday"."""
    at = now if found.at is None else found.at
    if at - now <= SOON:
        return gettext("within minutes")
    if at - now <= _WITHIN_THE_HOUR:
        return gettext("within the hour")
    zone = ZoneInfo(found.zone or services().settings.timezone)
    moment, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone).date()
    days = (moment.date() - today).days
    if days == 0:
        clock = format_time(_to_the_hour(moment), "short", locale=language())
        return gettext("today at about %(time)s, by the office's clock", time=clock)
    if days == 1:
        return gettext("tomorrow")
    if days < 7:
        return gettext("on %(weekday)s", weekday=format_date(moment, "EEEE", locale=language()))
    day = format_skeleton("MMMMd", moment, locale=language())
    return gettext("on about %(day)s", day=day)


def _to_the_hour(moment: datetime) -> datetime:
    """The nearest full hour of the same day."""
    full = moment.replace(minute=0, second=0, microsecond=0)
    later = full + timedelta(hours=1)
    return later if moment.minute >= 30 and later.date() == full.date() else full
