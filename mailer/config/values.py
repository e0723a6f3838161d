"""One setting's text as a value, or a SettingsError that names the variable and the repair."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from mailer import addresses
from mailer.config.origins import origin
from mailer.config.reading import plain, read
from mailer.errors import FieldError, SettingsError

BACKOFF = (60.0, 300.0, 900.0, 1800.0, 1800.0, 3600.0)
"""Seconds until the next attempt, by attempts made; the last repeats."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
TOPIC = re.compile(
    r"arn:(aws[a-z-]*):sns:([a-z]{2}(?:-[a-z]+)+-\d{1,2}):\d{12}:[A-Za-z0-9_-]{1,256}", re.ASCII
)
"""The name (ARN) of a topic of Amazon SNS; its partition and its region."""

SHORTEST_HOOK = 16
_HOOK_FORMS = {
    "sendgrid": (
        # X.509's SubjectPublicKeyInfo of a point on P-256 (RFC 5480), in base64.
        re.compile(r"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[A-Za-z0-9+/]{86}=="),
        "its verification key, 124 characters that begin with MFkw",
    ),
    "resend": (
        re.compile(r"whsec_(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"),
        "the signing secret of the webhook, whsec_ and base64 behind it",
    ),
}

HOUR, HALF_HOUR = 3600.0, 1800.0
MOST_MINUTES = 1440
MOST_WAITS = 20


def number(env: Mapping[str, str], variable: str, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`, or `default` where none is set."""
    text = plain(env, variable)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{variable}: {text!r} is not a whole number from {low} to {high}")
    return int(text)


def address(env: Mapping[str, str], name: str) -> str:
    """An e-mail address, or ""."""
    text = read(env, name)
    try:
        return addresses.parse(text) if text else ""
    except FieldError as error:
        raise SettingsError(f'MAILER_{name}: "{text}" {error}') from None


def one_of(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of some words; the first where none is set."""
    text = read(env, name) or choices[0]
    if text not in choices:
        raise SettingsError(f"MAILER_{name}: {text!r} is none of {', '.join(choices)}")
    return text


def boundary_sets(text: str) -> tuple[str, ...] | None:
    """The sets of districts that a postal code is looked up in, () for all; None for "off".

    Sets are named as in https://represent.opennorth.ca/boundary-sets/.
    """
    if text in {"", "off"}:
        return None
    names = () if text == "on" else tuple(text.replace(",", " ").split())
    for name in names:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name):
            raise SettingsError(
                f"MAILER_REPRESENT: {name!r} is no set of districts; write off, on, or names of"
                " sets such as federal-electoral-districts"
            )
    return names


def timezone(name: str) -> str:
    """The name of a time zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SettingsError(
            f"MAILER_TIMEZONE: {name!r} is not a time zone; write one like America/Toronto"
        ) from None
    return name


def base_url(text: str) -> str:
    """The pages' public address as browsers write it, without a slash at the end, or ""."""
    if not text:
        return ""
    # What stands before an @, or behind a question mark, may be a password.
    shown = "what it is set to" if re.search("@|%40|[?]", text) else repr(text[:80])
    try:
        site, parts = origin(text), urlsplit(text)
    except ValueError:
        parts = None
    if parts is None or parts.query or parts.fragment:
        raise SettingsError(
            f"MAILER_BASE_URL: {shown} is not an address like https://letters.example.org or"
            " https://letters.example.org:8443, without user and password"
        )
    if parts.scheme == "http" and not is_loopback(urlsplit(site).hostname or ""):
        raise SettingsError(
            f"MAILER_BASE_URL: {shown} sends what people type unencrypted; write https://"
        )
    return site + parts.path.rstrip("/")


def is_loopback(host: str) -> bool:
    """True when `host`, a name or an address, can only be this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def topic(text: str) -> str:
    """The name of a topic of Amazon SNS, or ""."""
    if text and not TOPIC.fullmatch(text):
        raise SettingsError(
            f"MAILER_SNS_TOPIC: {text!r} is not a topic's ARN; it is written like"
            " arn:aws:sns:ca-central-1:123456789012:letters"
        )
    return text


def domain(text: str) -> str:
    """A domain's name, or ""."""
    if text and not _DOMAIN.fullmatch(text):
        raise SettingsError(
            f"MAILER_REPLY_DOMAIN: {text!r} is not a domain; write it like reply.example.org"
        )
    return text


def mailbox(text: str) -> str:
    """The address of a mailbox, or ""; it holds a password, so no message repeats it."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in {"imap", "imaps"} and parts.hostname and parts.username
    except ValueError:
        known = False
    if text and not known:
        raise SettingsError(
            "MAILER_BOUNCES is not the address of a mailbox; write it like"
            " imaps://user:password@mail.example.org/INBOX, user and password %-encoded"
        )
    return text


def hook_keys(env: Mapping[str, str], provider: str) -> tuple[str, ...]:
    """What proves a provider's calls, in the form in which it is shown there; no message repeats
    it."""
    name = f"HOOK_{provider.upper()}"
    found = keys(read(env, name))
    form, described = _HOOK_FORMS.get(provider, (re.compile(".*"), ""))
    for key in found:
        if len(key) < SHORTEST_HOOK:
            raise SettingsError(
                f"MAILER_{name} is too short: whoever guesses it can say what became of letters;"
                f" use at least {SHORTEST_HOOK} characters"
            )
        if not form.fullmatch(key):
            raise SettingsError(f"MAILER_{name} is not what the provider shows: {described}")
    return found


def keys(text: str) -> tuple[str, ...]:
    """The secret keys, the one that signs first; by comma, or each on a line of a file."""
    return tuple(key.strip() for key in re.split(r"[,\n]", text) if key.strip())


def backoff(text: str) -> tuple[float, ...]:
    """Seconds until the next attempt, by attempts made, from minutes such as "1 5 15 30".

    RFC 5321, 4.5.4.1: after a first quick attempt or two, at least half an hour apart.
    """
    if not text:
        return BACKOFF
    words = text.split()
    if len(words) > MOST_WAITS or not all(_is_wait(word) for word in words):
        raise SettingsError(
            f"MAILER_RETRY_MINUTES: {text!r} is not up to {MOST_WAITS} whole minutes from 1 to"
            f" {MOST_MINUTES}, with spaces between them; write them like 1 5 15 30 30 60"
        )
    waits = tuple(int(word) * 60.0 for word in words)
    late = [wait for number, wait in enumerate(waits) if sum(waits[:number]) >= HOUR]
    if min([waits[-1], *late]) < HALF_HOUR:  # the last repeats, so it comes after the hour too
        raise SettingsError(
            f"MAILER_RETRY_MINUTES: {text!r} asks a server more often than every 30 minutes after"
            " the first hour; make the last one, and any that begins then, 30 or more"
        )
    return waits


def _is_wait(word: str) -> bool:
    digits = word.isascii() and word.isdigit() and len(word) <= len(str(MOST_MINUTES))
    return digits and 1 <= int(word) <= MOST_MINUTES


def database_url(env: Mapping[str, str]) -> str:
    """The database that is set, as SQLAlchemy wants it, or ""."""
    text = read(env, "DATABASE_URL") or env.get("DATABASE_URL", "")
    return database(text, "MAILER_DATABASE_URL") if text else ""


def database(text: str, name: str) -> str:
    """A database's URL as SQLAlchemy wants it; postgres:// and postgresql:// mean psycopg 3.

    `name` is what the SettingsError calls it.
    """
    scheme, separator, rest = text.partition("://")
    if separator and scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
        return f"postgresql+psycopg://{rest}"
    if separator and scheme == "sqlite" and rest.startswith("/") and rest.strip("/"):
        return text
    raise SettingsError(
        f"{name} starts with neither postgresql://, postgres:// nor sqlite:///;"
        " write sqlite:///var/mailer.db or postgresql://user:password@host/name"
    )
