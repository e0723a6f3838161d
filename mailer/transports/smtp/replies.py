"""What a server's refusal means for the letter: the reply codes of RFC 5321 and RFC 3463."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mailer.errors import Next, SendError

HOUR, DAY = 3600.0, 86400.0
LONGEST_REASON = 300

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


class Phase(StrEnum):
    """Where in the conversation a server said something."""

    HELLO = "greeting"  # and EHLO, STARTTLS
    AUTH = "sign-in"
    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"
    DOT = "final dot"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer of the server. `lines` are cleaned of control characters."""

    number: int
    lines: tuple[str, ...]

    @property
    def enhanced(self) -> str:
        """The code of RFC 3463 ("5.1.1"), or ""."""
        found = _ENHANCED.match(self.lines[0])
        return found[1] if found else ""

    @property
    def code(self) -> str:
        """Both codes as people quote them: "550 5.1.1"."""
        return f"{self.number} {self.enhanced}".strip()

    @property
    def text(self) -> str:
        """The words without the codes, on one line."""
        words = " ".join(_ENHANCED.sub("", line, count=1).strip() for line in self.lines)
        return words[:LONGEST_REASON].strip()


# Enhanced codes that do not mean what a 5 in front says: wait this long instead. 5.2.121 and
# 5.2.122 are Exchange Online's answer for an hour when one sender passes its limit to one mailbox.
WAITS = {"5.2.2": DAY, "5.2.121": HOUR, "5.2.122": HOUR}
# The letter itself is too big, wherever the server says so.
TOO_BIG = frozenset({"5.2.3", "5.3.4"})
# The account or the set-up is refused, not the letter: sign-in needed, failed, or to be encrypted.
ACCOUNT = frozenset({530, 534, 535, 538})


def refusal(reply: Reply, phase: Phase) -> SendError:
    """The error for a reply that is not the hoped-for one, with what to do next."""
    then, after = _verdict(reply, phase)
    said = reply.text or "the server gave no reason"
    return SendError(f"{phase}: {said}", then, code=reply.code, after=after)


def _verdict(reply: Reply, phase: Phase) -> tuple[Next, float | None]:
    number, enhanced = reply.number, reply.enhanced
    if phase in {Phase.HELLO, Phase.AUTH} or number in ACCOUNT:
        return Next.STOP, None
    if number < 500:
        # Closing at once is about the account, or the server, but not yet about this letter.
        closing = number == 421 and phase is Phase.SENDER
        return Next.STOP if closing else Next.RETRY, None
    if enhanced in WAITS:
        return Next.RETRY, WAITS[enhanced]
    if enhanced in TOO_BIG or (number == 552 and phase is not Phase.RECIPIENT):
        return Next.FAIL, None
    if phase is Phase.SENDER:
        return Next.STOP, None  # our own address is refused: no letter would pass
    if number == 552:
        return Next.RETRY, DAY  # no enhanced code: the mailbox is full (RFC 5321, 4.5.3.1.10)
    if enhanced.startswith("5.7."):
        return Next.RETRY, HOUR  # a policy: staff can have it lifted, the address is not dead
    return Next.FAIL, None
