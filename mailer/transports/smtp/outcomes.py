"""What a server's answer means for the letter, as data: the first row that fits counts.

The codes are those of RFC 5321 (4.2) and RFC 3463, and what large providers document of their own.
A wait is the least one: the plan of retries (MAILER_RETRY_MINUTES) may ask for longer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from mailer.errors import Next

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class Phase(StrEnum):
    """Where in the conversation a server said something."""

    HELLO = "greeting"  # and EHLO, STARTTLS
    AUTH = "sign-in"
    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"
    DOT = "final dot"
    RESET = "RSET"


START = (Phase.HELLO, Phase.AUTH)
SENDER = (Phase.SENDER,)
RECIPIENT = (Phase.RECIPIENT,)
LATER = (Phase.RECIPIENT, Phase.DATA, Phase.DOT)
NOT_RECIPIENT = (Phase.SENDER, Phase.DATA, Phase.DOT)


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What to do about an answer, and why."""

    then: Next
    after: float | None = None  # seconds to wait at least; None: as the plan says
    why: str
    account: bool = False  # staff have to act before anything leaves again


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row: answers with any of `codes`, in any of `phases`, saying any of `words`.

    A code is a reply number ("421"), an enhanced code ("5.2.2") or both ("450 4.7.1"); an x
    stands for any digit, or for any number between dots. Nothing given means anything goes.
    """

    meaning: Meaning
    codes: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    words: tuple[str, ...] = ()  # in lower case

    def fits(self, number: int, enhanced: str, text: str, phase: Phase) -> bool:
        """True when the row speaks of this answer."""
        if self.phases and phase not in self.phases:
            return False
        if self.words and not any(word in text.lower() for word in self.words):
            return False
        quoted = f"{number} {enhanced}"
        return not self.codes or any(_pattern(code).fullmatch(quoted) for code in self.codes)


def meaning(number: int, enhanced: str, text: str, phase: Phase) -> Meaning:
    """What an answer that is not the hoped-for one means. `enhanced` is "" where there is none."""
    fitting = (rule for rule in RULES if rule.fits(number, enhanced, text, phase))
    return next(fitting).meaning  # the last row fits everything


@cache
def _pattern(code: str) -> re.Pattern[str]:
    """The pattern for "<number> <enhanced>"."""
    number = next((part for part in code.split() if "." not in part), "")
    enhanced = next((part for part in code.split() if "." in part), "")
    first = number.replace("x", r"\d") or r"\d+"
    second = re.escape(enhanced).replace("x", r"\d+") or r"[\d.]*"
    return re.compile(f"{first} {second}")


def _stop(why: str, after: float | None = None) -> Meaning:
    return Meaning(then=Next.STOP, after=after, why=why)


def _act(why: str, after: float | None = None) -> Meaning:
    return Meaning(then=Next.STOP, after=after, why=why, account=True)


def _retry(why: str, after: float | None = None) -> Meaning:
    return Meaning(then=Next.RETRY, after=after, why=why)


def _lane(why: str, after: float) -> Meaning:
    return Meaning(then=Next.LANE, after=after, why=why)


def _fail(why: str) -> Meaning:
    return Meaning(then=Next.FAIL, why=why)


RULES: tuple[Rule, ...] = (
    # The account, the set-up or the server: no letter is at fault, and none loses an attempt.
    Rule(
        codes=("530", "534", "535", "538"),
        meaning=_act("sign-in is needed, was refused, or must be encrypted"),
    ),
    Rule(phases=START, meaning=_stop("the server does not let us in")),
    Rule(codes=("421",), phases=SENDER, meaning=_stop("the server closes before any letter")),
    Rule(
        codes=("452 4.3.1", "4xx 4.3.2"), phases=SENDER,
        meaning=_stop("the server's disk is full, or it takes no mail now"),
    ),
    Rule(
        codes=("5.1.90", "5.7.232", "5.7.233"),
        meaning=_act("our account has sent its most for today (Exchange Online)", HOUR),
    ),
    Rule(
        codes=("5.4.5",), words=("limit", "quota"),
        meaning=_act("our account has sent its most for today (Gmail)", HOUR),
    ),
    Rule(
        codes=("5.7.501", "5.7.502", "5.7.503", "5.7.705", "5.7.708"),
        meaning=_act("our account is blocked (Exchange Online)", HOUR),
    ),
    Rule(
        codes=("5.1.7", "5.1.8", "5.7.57", "5.7.60"),
        meaning=_act("our own address may not send, or does not exist"),
    ),
    Rule(
        codes=("5xx",), phases=LATER, words=("sender address rejected",),
        meaning=_stop("our own address may not send (Postfix says so after RCPT)"),
    ),
    Rule(
        codes=("4xx", "5xx"), phases=RECIPIENT,
        words=("relay access denied", "relaying denied", "unable to relay", "relay not permitted"),
        meaning=_stop("the server does not relay for us"),
    ),
    # The letter itself, wherever the server says so.
    Rule(codes=("5.2.3", "5.3.4"), meaning=_fail("the letter is too big")),
    # What does not mean what a 5 in front says.
    Rule(
        codes=("5.2.121", "5.2.122"),
        meaning=_lane("too many an hour to one mailbox (Exchange Online)", HOUR),
    ),
    Rule(codes=("5.2.2",), meaning=_lane("the mailbox is full", DAY)),
    Rule(codes=("552",), phases=NOT_RECIPIENT, meaning=_fail("the letter is too big")),
    Rule(codes=("552",), phases=RECIPIENT, meaning=_lane("the mailbox is full", DAY)),
    Rule(
        codes=("5xx",), phases=SENDER,
        meaning=_stop("our own address is refused: no letter would pass"),
    ),
    Rule(
        codes=("5.7.x",), phases=LATER,
        meaning=_retry("a policy, which somebody can lift: a matter for staff", HOUR),
    ),
    # Refused for good.
    Rule(codes=("5.1.x",), meaning=_fail("there is no such mailbox or domain")),
    Rule(codes=("5.2.x",), meaning=_fail("the mailbox is closed")),
    Rule(codes=("5.4.x",), meaning=_fail("there is no way to the mailbox")),
    Rule(codes=("5.6.x",), meaning=_fail("the server cannot take a letter of this form")),
    Rule(codes=("5xx",), meaning=_fail("refused, and no better reason given")),
    # Later.
    Rule(
        codes=("4xx",), words=("greylist", "graylist"),
        meaning=_retry("greylisting: the server wants to see whether we come back", 5 * MINUTE),
    ),
    Rule(
        codes=("450 4.7.1", "451 4.7.1"), phases=LATER,
        meaning=_retry("greylisting, or a passing policy", 5 * MINUTE),
    ),
    Rule(codes=("4.7.500",), meaning=_retry("too much at once from us (Outlook)", 30 * MINUTE)),
    Rule(
        codes=("4.7.28", "4.7.650", "4.7.651", "4.7.652"),
        meaning=_retry("too much from our address or domain lately (Gmail, Outlook)", HOUR),
    ),
    Rule(codes=("4.7.0",), meaning=_retry("not now, for what came from us lately", 30 * MINUTE)),
    Rule(codes=("4.7.x",), meaning=_retry("a passing limit or policy on our mail", HOUR)),
    Rule(codes=("4.2.1",), meaning=_lane("the mailbox gets too much at once (Gmail)", HOUR)),
    Rule(codes=("4.2.2",), meaning=_lane("the mailbox is full for now", HOUR)),
    Rule(codes=("432",), meaning=_lane("too many at once to one mailbox (Exchange)", 5 * MINUTE)),
    Rule(codes=("4.5.3",), meaning=_retry("too many recipients in one conversation")),
    Rule(codes=("421",), meaning=_retry("the server closes the line")),
    Rule(codes=("4xx",), meaning=_retry("not now")),
    Rule(meaning=_retry("not an answer to what was asked")),
)  # fmt: skip
