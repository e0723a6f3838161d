"""Kinds of values with a form of their own: addresses, days, languages, time zones, links."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from babel import localedata

from mailer import addresses
from mailer.errors import FieldError
from mailer.problems import did_you_mean
from mailer.records import oddities
from mailer.records.findings import Findings, Wrong, quoted
from mailer.records.kinds import Kind, line_of, text_of
from mailer.records.tree import Item, Table


def _email(item: Item, findings: Findings) -> str:
    written = text_of(item, "write one address, as name@example.org")
    try:
        address = addresses.parse(written)
    except FieldError as error:
        raise Wrong(f"{quoted(written)} {_why_not(written, str(error))}", _meant(written)) from None
    odd = oddities.in_text(written)
    if odd:
        findings.warning(item.line, item.column + odd[2], f'"email": {odd[0]}', odd[1])
    local, _, domain = address.rpartition("@")
    if len(domain.rpartition(".")[2]) < 2:
        raise Wrong(f"{quoted(written)} ends too soon: no domain ends in one letter", "complete it")
    if re.sub(r"[^a-z]", "", local.casefold()) in _UNREAD:
        message = f'"email": {quoted(address)} is a mailbox that nobody reads'
        findings.warning(item.line, item.column, message, "ask the office for another one")
    near = _likely_domain(domain)
    if near:
        message = f'"email": {quoted(address)} looks mistyped'
        findings.warning(item.line, item.column, message, f"did you mean {local}@{near}?")
    return address


@lru_cache(maxsize=1000)  # offices share domains, and comparing them is slow
def _likely_domain(domain: str) -> str:
    return addresses.likely(f"a@{domain}").removeprefix("a@")


_UNREAD = frozenset(
    {"noreply", "donotreply", "nepasrepondre", "mailerdaemon", "nereply", "noresponse"}
)
_MISPLACED = {",": "a comma", ";": "a semicolon", " ": "a space", "<": "more than the address"}


def _why_not(written: str, otherwise: str) -> str:
    if written.count("@") > 1:
        return "holds more than one address"
    return next((f"has {name}" for sign, name in _MISPLACED.items() if sign in written), otherwise)


def _meant(written: str) -> str:
    """A guess at the address that was meant, in words, or ""."""
    inside = re.search(r"<([^<>]*)>", written)
    bare = (inside[1] if inside else written).strip().removeprefix("mailto:")
    one = re.split(r"[,;\s]+", bare)[0] if bare.count("@") > 1 else bare
    guesses = (
        re.sub(r"\s*[,;]\s*", ".", one),
        re.sub(r"\s+", "", re.sub(r"[,;]", ".", one)),
        re.sub(r"\s+at\s+|\s*\(at\)\s*|\s*\[at\]\s*", "@", one),
        re.sub(r"\.{2,}", ".", one).strip(".,;:"),
    )
    for guess in guesses:
        try:
            return f"did you mean {addresses.parse(guess)}?"
        except FieldError:
            continue
    return "write one address, as name@example.org"


email = Kind(read=_email, schema={"type": "string", "format": "email"})


_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EARLIEST, _LATEST = 1867, 2199  # a misspelt year is never near
_DASH = r"[./ \u2010-\u2015\u2212-]"
_OTHER_DAYS = re.compile(rf"(\d{{1,4}}){_DASH}(\d{{1,2}}){_DASH}(\d{{1,4}})")
_NO_DAY = frozenset(
    {"always", "forever", "jamais", "never", "none", "now", "open", "present", "toujours"}
)


def _day(item: Item, _: Findings) -> date | datetime:
    value = item.value
    if isinstance(value, date):
        return _in_our_time(value, item.written)
    if isinstance(value, Table | tuple):
        raise Wrong("is not a date", "write it as 2021-06-18")
    written = (value if isinstance(value, str) else item.written).strip()
    if value is None or not written:
        raise Wrong("is empty", "write a date as 2021-06-18, or take the line away")
    try:
        if _DAY.fullmatch(written):
            return _in_our_time(date.fromisoformat(written), written)
        if _DAY.match(written):
            return _in_our_time(datetime.fromisoformat(written), written)
        raise ValueError
    except ValueError:
        raise Wrong(f"{quoted(written)} is not a date", _day_meant(written)) from None


Moment = TypeVar("Moment", date, datetime)


def _in_our_time(found: Moment, written: str) -> Moment:
    """The day; raises Wrong for one that is a slip of the finger."""
    if _EARLIEST <= found.year <= _LATEST:
        return found
    shown = quoted(written or str(found))
    raise Wrong(f"{shown} is in the year {found.year}", f"write a year from {_EARLIEST} on")


def _day_meant(written: str) -> str:
    if re.fullmatch(r"\d{8}", written):
        return f"did you mean {written[:4]}-{written[4:6]}-{written[6:]}?"
    if _DAY.fullmatch(written):
        return "no calendar has that day"
    if written.casefold() in _NO_DAY:
        return "take the line away: without it there is no such day"
    found = _OTHER_DAYS.fullmatch(written.strip())
    guesses = [(found[1], found[2], found[3]), (found[3], found[2], found[1])] if found else []
    for year, month, day in guesses:
        try:
            meant = date(int(year), int(month), int(day))
        except ValueError:
            continue
        sure = meant.year > 1000 and (year == guesses[0][0] or int(day) > 12)
        return f"did you mean {meant}?" if sure else "write year, month, day, as 2021-06-18"
    return "write it as 2021-06-18"


moment = Kind(read=_day, schema={"type": "string", "format": "date"})
"""A day, or a moment as Hugo writes it: the reader gives a date or a datetime."""


def _only_day(item: Item, findings: Findings) -> date:
    found = _day(item, findings)
    return found.date() if isinstance(found, datetime) else found


day = Kind(read=_only_day, schema={"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"})

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")
_CALLED = {
    **dict.fromkeys(("english", "anglais", "eng", "ang"), "en"),
    **dict.fromkeys(("french", "francais", "français", "fra", "fre"), "fr"),
}


def language_of(word: str) -> str:
    """A language's code, as en, fr or fr-CA; raises Wrong."""
    known = _LANGUAGE.fullmatch(word) and localedata.exists(word.replace("-", "_"))
    if known:
        return word
    near = word.replace("_", "-").casefold()
    meant = _CALLED.get(near, "") or (near if localedata.exists(near.replace("-", "_")) else "")
    hint = f"did you mean {meant}?" if meant else "write its code, as en or fr"
    raise Wrong(f"{quoted(word)} is not a language's code", hint)


def is_language(word: str) -> bool:
    """True for the code of a language."""
    try:
        return bool(language_of(word))
    except Wrong:
        return False


language = Kind(
    read=lambda item, _: language_of(text_of(item)),
    schema={"type": "string", "pattern": f"^{_LANGUAGE.pattern}$"},
)


def _near_zone(name: str) -> str:
    """The zone of a city that stands alone, or one spelt nearly so; "" when none is near."""
    zones = available_timezones()
    city = name.casefold().replace(" ", "_")
    named = sorted(one for one in zones if one.casefold().rpartition("/")[2] == city)
    return f"did you mean {named[0]}?" if named else did_you_mean(name, zones)


def _timezone(item: Item, _: Findings) -> str:
    example = "for example America/Toronto"
    name = text_of(item, example)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        digits = any(map(str.isdigit, name))
        near = "" if digits else _near_zone(name[:60])
        raise Wrong(f"{quoted(name)} is not a time zone", near or example) from None
    return name


timezone = Kind(read=_timezone, schema={"type": "string"})


def _url(item: Item, _: Findings) -> str:
    address = line_of(item, 500)
    try:
        parts = urlsplit(address)
        usable = parts.scheme == "https" and bool(parts.hostname) and " " not in address
    except ValueError:
        usable = False
    if usable:
        return address
    hint = f"did you mean https://{address[7:]}?" if address.startswith("http://") else ""
    raise Wrong(f"{quoted(address)} is not an https address", hint or "as https://example.org/page")


url = Kind(read=_url, schema={"type": "string", "pattern": "^https://"})


# Nothing else may stand in it: it becomes part of a header, whose parts end with ; and a space.
_SITE = r"https://([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?(:[0-9]{1,5})?"


def _origin(item: Item, findings: Findings) -> str:
    address: str = _url(item, findings)
    host = urlsplit(address).netloc.rpartition("@")[2].casefold()
    if not host.isascii():
        raise Wrong(f"{quoted(address)} has letters beyond a to z", "write it as xn--...")
    if not re.fullmatch(_SITE, address):
        plain = f"https://{host}"
        hint = f"did you mean {plain}?" if re.fullmatch(_SITE, plain) else "as https://example.org"
        raise Wrong(f"{quoted(address)} is more than a site's name", hint)
    return address


origin = Kind(read=_origin, schema={"type": "string", "pattern": f"^{_SITE}$"})
