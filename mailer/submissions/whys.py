"""Why a letter failed, in words for its supporter: never the server's own, nor any of ours."""

from __future__ import annotations

import re
from enum import StrEnum

from mailer import i18n
from mailer.i18n import mark
from mailer.outbox.holding import GIVEN_UP

DAY = 86400.0

# What may be told of a server's own words: nothing that could be a name, an address or a number
# under which it keeps the letter, which in many servers holds the moment.
_HARMLESS = frozenset({"ok", "okay", "accepted", "message", "mail", "received", "done"})

_CODES = re.compile(r"(\d{3}\b)? ?([245]\.\d{1,3}\.\d{1,3}\b)?")


class Why(StrEnum):
    """What kept a letter from arriving."""

    ADDRESS = "address"
    FULL = "full"
    SIZE = "size"
    POLICY = "policy"
    SILENCE = "silence"
    OUTAGE = "outage"
    STAFF = "staff"
    REFUSED = "refused"


WORDS: dict[Why, str] = {
    Why.ADDRESS: mark("Their mail system says that there is no such mailbox."),
    Why.FULL: mark("Their mailbox is full."),
    Why.SIZE: mark("Their mail system finds the letter too big."),
    Why.POLICY: mark("Their mail system does not let it in."),
    Why.STAFF: mark("Nobody could find out whether it arrived, and it is not sent again."),
    Why.REFUSED: mark("Their mail system refused it."),
}


def why(reason: str, answer: str, attempts: int) -> Why:
    """The cause, from a failed letter's `reason`, its `attempts` and the server's last `answer`."""
    if reason == GIVEN_UP:
        return Why.STAFF
    if reason == "deadline" and not attempts:
        return Why.OUTAGE
    number, enhanced = _codes(answer)
    if enhanced.startswith("5.1."):
        return Why.ADDRESS
    if enhanced in {"4.2.2", "5.2.2"}:
        return Why.FULL
    if enhanced in {"5.2.3", "5.3.4"} or (number == "552" and reason != "deadline"):
        return Why.SIZE
    if number == "552":
        return Why.FULL
    if enhanced.startswith("5.7."):
        return Why.POLICY
    return Why.SILENCE if reason == "deadline" else Why.REFUSED


def code(answer: str) -> str:
    """The server's codes alone, such as "550 5.1.1": its words may hold an address."""
    return " ".join(part for part in _codes(answer) if part)


def said(answer: str) -> str:
    """What may be shown of an answer: its codes and the plain words behind them; or ""."""
    found = code(answer)
    if not found:
        return ""
    words: list[str] = []
    for word in _CODES.sub("", answer, count=1).split():
        if word.rstrip(".,:;").lower() not in _HARMLESS:
            break
        words.append(word.rstrip(".,:;"))
    return " ".join([found, *words])


def say(cause: Why, tried: float, language: str) -> str:
    """One sentence in `language`; `tried` is for how many seconds the letter was tried."""
    texts, days = i18n.text(language), max(1, round(tried / DAY))
    if cause is Why.SILENCE:
        return texts.ngettext(
            "We tried for a day, and their mail system did not take it.",
            "We tried for %(num)s days, and their mail system did not take it.",
            days,
        ) % {"num": days}
    if cause is Why.OUTAGE:
        return texts.ngettext(
            "For a day no mail server could be reached that sends our letters.",
            "For %(num)s days no mail server could be reached that sends our letters.",
            days,
        ) % {"num": days}
    return texts.gettext(WORDS[cause])


def _codes(answer: str) -> tuple[str, str]:
    """The reply code and the enhanced code that an answer begins with, each or ""."""
    found = _CODES.match(answer)
    return (found[1] or "", found[2] or "") if found else ("", "")
