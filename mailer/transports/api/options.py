"""What addresses and replies of e-mail APIs have in common, read once for all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from mailer.config import is_loopback
from mailer.errors import HeaderError, Next, SendError, SettingsError
from mailer.message import Mail
from mailer.message.values import cleaned
from mailer.problems import did_you_mean
from mailer.transports import limits
from mailer.transports.api.base import Reply
from mailer.transports.base import Parcel

TIMEOUT = 60.0
"""Seconds that an answer may take, where the address says nothing else."""

LONGEST_HINT = 24 * 3600.0  # seconds; whoever asks for more is asked again after a day
LONGEST_REASON = 300  # characters of what a provider says

_KEY = re.compile(r"[\x21-\x7e]+")
_NUMBER = re.compile(r"\d{1,10}(?:\.\d{1,9})?")


@dataclass(frozen=True, kw_only=True)
class Place:
    """What an address `scheme://KEY:SECRET@PLACE?option=value` says."""

    scheme: str
    key: str = field(repr=False)
    secret: str = field(default="", repr=False)
    place: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    def base(self, usual: str) -> str:
        """The API's base address, without a slash at the end: `usual`, or that of `api=`."""
        return self.options.get("api", usual)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """An option that is a whole number; raises SettingsError."""
        text = self.options.get(name, str(default))
        digits = text.isascii() and text.isdigit() and len(text) <= len(str(most))
        if not digits or not least <= int(text) <= most:
            raise wrong(f"{name} is a whole number from {least} to {most}")
        return int(text)


def wrong(text: str) -> SettingsError:
    """What is wrong with an address; `text` must hold nothing of it but names of options."""
    return SettingsError(f"MAILER_TRANSPORT: {text}")


def read(
    url: str, example: str, *, options: Collection[str] = (), secret: bool = False,
    place: bool = False,
) -> Place:  # fmt: skip
    """Read an address of the form of `example`; raises SettingsError, which repeats no part of it.

    `secret` and `place` say that KEY:SECRET and @PLACE are needed; else they may not be there.
    """
    scheme, _, rest = url.partition(":")
    before, _, query = rest.removeprefix("//").partition("?")
    account, at, where = before.removesuffix("/").rpartition("@")
    if not at:
        account, where = where, ""
    key, colon, more = account.partition(":")
    parts = [unquote(part) for part in (key, more, where)]
    # Whatever stands behind such a character may be half of a key: say nothing of it.
    unclear = not rest.startswith("//") or "@" in query or "#" in rest or "/" in account + where
    if unclear or bool(colon) != secret or bool(at) != place:
        raise wrong(f"write {example}, with / ? # : and @ in a key as %2F %3F %23 %3A and %40")
    wanted = [parts[0], *([parts[1]] if secret else []), *([parts[2]] if place else [])]
    if not all(_KEY.fullmatch(one) for one in wanted):
        raise wrong(f"the key is missing, or holds what no key has; write {example}")
    found = _options(query, scheme, ("api", *options))
    return Place(scheme=scheme, key=parts[0], secret=parts[1], place=parts[2], options=found)


def take_timeout(url: str) -> tuple[str, float]:
    """The address without `timeout=`, and what it says in seconds; raises SettingsError."""
    place, mark, query = url.partition("?")
    pairs = [option for option in query.split("&") if option]
    values = [option[8:] for option in pairs if option.startswith("timeout=")]
    if not values:
        return url, TIMEOUT
    rest = "&".join(option for option in pairs if not option.startswith("timeout="))
    text = values[0]
    whole = text.isascii() and text.isdigit() and len(text) < 4
    if len(values) > 1 or not whole or not 1 <= int(text) <= 600:
        raise wrong("timeout is a whole number of seconds from 1 to 600, once")
    return place + (mark + rest if rest else ""), float(text)


def mail_of(parcel: Parcel) -> Mail:
    """The values that a letter was made from, as they may stand in a message; raises SendError
    (FAIL) when nobody kept them."""
    if parcel.mail is None:
        raise SendError("only bytes are known of it, and this way sends fields", Next.FAIL)
    try:
        return cleaned(parcel.mail)
    except HeaderError as error:
        raise SendError(str(error), Next.FAIL) from None


def headers_of(mail: Mail) -> dict[str, str]:
    """What a mail says in headers beside sender, recipient, subject and date, but its Message-ID:
    RFC 3834 (Auto-Submitted), RFC 2369 and 8058 (List-Unsubscribe)."""
    found = {"Auto-Submitted": "auto-generated"} if mail.auto else {}
    if mail.unsubscribe:
        found["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return found


def person(name: str, address: str) -> str:
    """A name with its address, in one text as RFC 5322 (3.4) has it, but in plain Unicode."""
    if not name:
        return address
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def said(reply: Reply, *names: str) -> str:
    """The first text or number that its JSON object has under one of `names`; "" for none."""
    found = reply.json()
    values = [found.get(name) for name in names] if isinstance(found, dict) else []
    return next((str(value) for value in values if value not in (None, "")), "")


def body(value: Any) -> bytes:
    """A value as JSON, the same bytes each time."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def seconds(text: str | None) -> float | None:
    """A number of seconds that a header says; None when it says none."""
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    return min(float(text), LONGEST_HINT)


def seconds_until(reply: Reply, when: float) -> float:
    """How long it is until `when` by the clock of whoever replied, which its Date header tells.

    Without one, a minute.
    """
    said = _date(reply.headers.get("date"))
    return 60.0 if said is None else min(max(1.0, when - said), LONGEST_HINT)


def retry_after(reply: Reply) -> float | None:
    """What Retry-After asks for, in seconds (RFC 9110, 10.2.3); None when it is not there."""
    text = reply.headers.get("retry-after")
    found = seconds(text)
    when = _date(text) if found is None else None
    return found if when is None else seconds_until(reply, when)


def refusal(reply: Reply, reason: str, *, after: float | None = None) -> SendError:
    """What a status other than success means, where the provider says nothing better of it.

    `after` is its own hint; Retry-After counts where there is none.
    """
    status, wait = reply.status, after if after is not None else retry_after(reply)
    words = " ".join(reason.split())[:LONGEST_REASON] or "no reason given"
    code = str(status)
    if status in {400, 413, 414, 415, 422, 431}:
        return SendError(words, Next.FAIL, code=code)
    if status in {408, 409, 425}:
        return SendError(words, Next.RETRY, code=code, after=wait)
    if status >= 500 and status != 503:
        # It failed with the letter in its hands. All others would share its fate: the way closes.
        return SendError(words, Next.STOP, code=code, after=wait, maybe_accepted=True)
    # The key, the account, the place: somebody has to act, unless it is only too much or too soon.
    act = status not in {429, 503}
    return SendError(words, Next.STOP, code=code, after=wait, account=act)


def rubbish(reply: Reply) -> SendError:
    """An answer of success that says nothing we know: it may have been taken."""
    text = "the answer is not one of this API"
    return SendError(text, Next.STOP, code=str(reply.status), maybe_accepted=True)


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None


def _options(query: str, scheme: str, known: Collection[str]) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise wrong("an option is written name=value, several with & between them") from None
    for name, _ in pairs:
        if name not in known:
            every = (*known, "timeout", *limits.OPTIONS)
            hint = did_you_mean(name, every) or f"there are {', '.join(every)}"
            raise wrong(f"{scheme} has no option {name!r}; {hint}")
    if len(dict(pairs)) != len(pairs):
        raise wrong("an option stands there twice")
    found = dict(pairs)
    if "api" in found:
        found["api"] = _base(found["api"])
    return found


def _base(text: str) -> str:
    """A base address: https, or http to this machine itself. Letters may not travel in the open."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not safe or parts.username is not None or parts.query or parts.fragment:
        raise wrong("api is an https address, or an http one of this machine")
    return text.rstrip("/")
