"""Reading webhooks: what comes is a stranger's until it is proven, and odd even then."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from datetime import datetime
from typing import Any, NoReturn

from mailer.transports.api.base import Forged

TOLERANCE = 300.0
"""Seconds that a signed call may be old, or ahead of our clock."""

LONGEST_WORD = 200
LONGEST_NOTE = 1000
_LETTER = re.compile(r"[0-9A-Za-z]{1,64}")
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]+")
# A reply code of RFC 5321 (4.2), and the enhanced one of RFC 3463 that may follow it.
_REPLY = re.compile(r"(?<![\d.])([245]\d\d)(?:[ -]#?([245]\.\d{1,3}\.\d{1,3}))?(?![\d.])")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")


def values(body: bytes) -> Any:
    """The JSON in `body`; raises ValueError for anything else, however odd."""
    try:
        return json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def fields(value: Any) -> dict[str, Any]:
    """`value` as the object it should be; raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def part(value: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under `name`; empty where there is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def word(value: Any, longest: int = LONGEST_WORD) -> str:
    """A text or a number as text without what no database or page should hold; "" for the rest."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    # A long number is not worth its digits: Python refuses to write out the longest ones.
    text = value if isinstance(value, str) else f"{value:.15g}" if abs(value) < 1e15 else ""
    return _UNFIT.sub(" ", text[: 2 * longest]).strip()[:longest]


def note(*values: Any) -> str:
    """What was said, each part once, fit to be kept."""
    said = [word(value, LONGEST_NOTE) for value in values]
    return "; ".join(dict.fromkeys(part for part in said if part))[:LONGEST_NOTE]


def letter(value: Any) -> str:
    """A letter's id, where `value` has the form of one; else ""."""
    return value if isinstance(value, str) and _LETTER.fullmatch(value) else ""


def moment(value: Any, unit: float = 1.0) -> float | None:
    """Seconds since 1970 of a number that counts in `unit` seconds; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not 0 < value < 1e16:
        return None
    seconds = value * unit
    return seconds if math.isfinite(seconds) and seconds < 1e11 else None


def date(text: Any) -> float | None:
    """Seconds since 1970 of a time of ISO 8601 with its zone; None for anything else."""
    try:
        found = datetime.fromisoformat(word(text))
    except ValueError:
        return None
    return moment(found.timestamp()) if found.tzinfo else None


def code(text: str) -> str:
    """The mail server's reply codes at the head of what it said, as "550 5.1.1"; "" for none."""
    found, enhanced = _REPLY.search(text[:60]), _ENHANCED.search(text[:120])
    if found is None:
        return enhanced[1] if enhanced else ""
    return f"{found[1]} {found[2] or (enhanced[1] if enhanced else '')}".strip()


def raw(event: Any) -> str:
    """An event as it came, in plain ASCII; raises ValueError when it is nested too deeply."""
    try:
        return json.dumps(event, separators=(",", ":"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def made_id(*parts: Any) -> str:
    """An id for an event that brings none, made from what never changes of it."""
    return hashlib.sha256(raw(parts).encode()).hexdigest()[:40]


def same(one: str | bytes, other: str | bytes) -> bool:
    """Whether two secrets are the same, told in a time that does not depend on where they differ.

    Neither needs to be ASCII.
    """
    return hmac.compare_digest(_bytes(one), _bytes(other))


def check_fresh(stamp: str, now: float) -> None:
    """Raise Forged unless a signed moment, in whole seconds, is of these minutes."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Forged("its time cannot be read")
    if abs(int(stamp) - now) > TOLERANCE:
        raise Forged("it is too old, or a clock is wrong")


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
