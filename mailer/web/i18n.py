"""The language of a page: asked for in the address or the form, else the browser's. No cookie."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from flask import Flask, Response, g, has_request_context, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_accept_header

from mailer.i18n import LANGUAGES, SOURCE, mark, text
from mailer.officials.values import Words, say
from mailer.web.services import services

__all__ = ["gettext", "install", "language", "mark", "ngettext", "speak"]

_SAME_IN_EVERY_LANGUAGE = frozenset(
    {"static", "look.sheet", "site.media", "site.robots", "site.favicon"}
)


def install(app: Flask) -> None:
    """Give the application's pages their words, dates and numbers."""
    app.url_defaults(_keep_language)
    app.after_request(_say_language)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    environment = cast(Any, app.jinja_env)  # the extension adds what its type does not tell
    environment.install_gettext_callables(
        lambda message: text(language()).gettext(message),
        lambda one, many, count: text(language()).ngettext(one, many, count),
        newstyle=True,
    )
    app.jinja_env.globals.update(language=language, tongue=tongue, direction=direction)
    app.jinja_env.filters.update(day=day, moment=moment, number=number, say=_say)


def language() -> str:
    """The language of this page."""
    if not has_request_context():
        return SOURCE
    if "language" not in g:
        speak(LANGUAGES)
    return str(g.language)


def speak(offered: Sequence[str], default: str = "") -> str:
    """Choose the page's language among those offered, and return it.

    What the visitor asked for comes first, then `default` where one is given, then what the
    browser prefers, then the first offered.
    """
    asked = _asked()
    g.asked = asked if asked in offered else ""
    g.language = g.asked or default or preferred(request.headers.get("Accept-Language"), *offered)
    return str(g.language)


@lru_cache(maxsize=1024)
def preferred(accepted: str | None, *offered: str) -> str:
    """The language that a browser asks for most among those offered, else the first of them.

    Few say anything new, and reading what they say takes its time: so answers are kept.
    """
    return parse_accept_header(accepted, LanguageAccept).best_match(offered) or offered[0]


def _asked() -> str:
    if "lang" in request.args:
        return request.args["lang"]
    try:
        return request.form.get("language", "")
    except HTTPException:  # a body too large to read: the page about that still has a language
        return ""


def gettext(message: str, **values: object) -> str:
    """`message` in the page's language, with %(name)s values set in."""
    said = text(language()).gettext(message)
    return said % values if values else said


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """The form of a message for `count`, in the page's language; %(num)s is the count."""
    return text(language()).ngettext(one, many, count) % {"num": number(count), **values}


def tongue(code: str) -> str:
    """The name of a language in itself: "Français"."""
    try:
        name = Locale.parse(code).get_display_name(code)
    except (UnknownLocaleError, ValueError):
        name = None
    return name[:1].upper() + name[1:] if name else code


def direction(code: str) -> str:
    """Which way a language is written: "ltr" or "rtl"."""
    try:
        return Locale.parse(code).text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"


def day(value: date | float) -> str:
    """A day in words: "November 23, 2026"."""
    if not isinstance(value, date):
        value = _local(value).date()
    return format_date(value, "long", locale=language())


def moment(seconds: float) -> str:
    """A moment in words, with its time zone."""
    local = _local(seconds)
    clock = format_time(local, "short", locale=language())
    return gettext("%(day)s at %(time)s", day=day(local.date()), time=f"{clock} {local:%Z}")


def number(value: int) -> str:
    """A number with the language's own separators."""
    return format_decimal(value, locale=language())


def _say(words: Words) -> str:
    """An organizer's text in the page's language."""
    return say(words, language())


def _local(seconds: float) -> datetime:
    zone = ZoneInfo(services().settings.timezone)
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone)


def _keep_language(endpoint: str, values: dict[str, Any]) -> None:
    """A language once asked for stays asked for: every link of the page carries it on."""
    if has_request_context() and endpoint not in _SAME_IN_EVERY_LANGUAGE and g.get("asked"):
        values.setdefault("lang", g.asked)


def _say_language(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Language", language())
        response.vary.add("Accept-Language")
    return response
