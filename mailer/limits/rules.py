"""The policy: how often somebody may do what, and what follows when they do it more often.

Nobody is refused for what others do. What many people share (an address of a campus, a mail
domain, a campaign) only makes letters wait for a mail to their writer. Refused is one place that
writes with one address again and again, and what would drown the machines or a mailbox: beyond
what a whole campus does in an evening.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailer.limits.buckets import Limit

HOUR, DAY = 3600.0, 86400.0

PAIR = Limit(count=20, seconds=HOUR, burst=20)
"""One place, one e-mail address. Somebody who corrects a letter twice, or a family at one
mailbox, stays far below; more is a program. Refused: the address's owner, who writes from
another place, is not hurt."""

MAILBOX = Limit(count=20, seconds=DAY, burst=5)
"""One e-mail address from anywhere, however it is spelled. More must be confirmed by mail."""

MAILS = Limit(count=10, seconds=DAY, burst=10)
"""Mails to confirm to one address, over all its spellings (a+1@, a+2@, a.b@). Each spelling has
limits of its own beside this one."""

SPARE = Limit(count=1, seconds=DAY, burst=1)
"""When somebody has used those up with made-up spellings: one mail to confirm for each spelling
without a +tag, so that its owner, who writes it as it is, still gets theirs."""

SPARE_HERE = Limit(count=3, seconds=DAY, burst=3)
"""Of these, what one place may ask for: dots can be made up as well. Beyond it none is sent."""

SPARES = Limit(count=20, seconds=DAY, burst=20)
"""And what all places may ask for: no mailbox gets more, whoever means it harm."""

NETWORK = Limit(count=120, seconds=HOUR, burst=40)
"""One place. A home or an office stays below; a campus does not: its letters are confirmed by
mail, and leave as all others do then."""

CROWD = Limit(count=5000, seconds=HOUR, burst=5000)
"""One place, of what is confirmed by mail. Beyond a whole campus's evening staff look at it."""

DOMAIN = Limit(count=1000, seconds=HOUR, burst=200)
"""One mail domain, unless it is one of the great providers'. More must be confirmed by mail."""

CAMPAIGN = Limit(count=3000, seconds=HOUR, burst=1000)
"""One campaign. More than this at once is a newsletter's hour or an attack: both can wait for
a mail, and the attack ends there."""

ODD = Limit(count=60, seconds=HOUR, burst=30)
"""Submissions of one campaign that look like a program's. Sooner than by its number alone, an
attack is known by these."""

EVERYTHING = Limit(count=100, seconds=1.0, burst=5000)
"""All of it. A machine takes some hundreds a second; beyond this everybody is asked to press
again in a moment, and nothing of theirs is lost."""

FINDING = Limit(count=3000, seconds=HOUR, burst=3000)
"""One place, looking for receipts and asking for links: a whole campus may. Whose address is
typed gets three mails a day at most."""

CODES = Limit(count=30, seconds=HOUR, burst=15)
"""One receipt, typing codes. Ten wrong ones end the codes of a mail in any case."""

AGAIN = Limit(count=3000, seconds=HOUR, burst=3000)
"""One place, asking for mails to confirm once more: a whole campus may. Each receipt has limits
of its own beside this one."""

DISTRICTS = Limit(count=300, seconds=HOUR, burst=60)
"""One place, having postal codes looked up at a service that all share. More of them choose
their district from the list."""

SHARES = 16
"""Rows that a limit on everybody is spread over: on PostgreSQL one row would be one queue."""

SMALLEST_SHARE = 50
"""A share has at least so many at once: small limits are kept in one row, to the letter."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All limits. These are the ones that programs run with; tests may have smaller ones."""

    pair: Limit = PAIR
    mailbox: Limit = MAILBOX
    mails: Limit = MAILS
    spare: Limit = SPARE
    spare_here: Limit = SPARE_HERE
    spares: Limit = SPARES
    network: Limit = NETWORK
    crowd: Limit = CROWD
    domain: Limit = DOMAIN
    campaign: Limit = CAMPAIGN
    odd: Limit = ODD
    everything: Limit = EVERYTHING
    finding: Limit = FINDING
    codes: Limit = CODES
    again: Limit = AGAIN
    districts: Limit = DISTRICTS


def share(limit: Limit, of: str) -> tuple[str, Limit]:
    """One of a limit's shares, the same for the same hash (hexadecimal): its name and its size."""
    shares = max(1, min(SHARES, limit.burst // SMALLEST_SHARE))
    number = int(of[:8], 16) % shares
    size = Limit(
        count=limit.count, seconds=limit.seconds * shares, burst=limit.burst // shares
    )  # fmt: skip
    return str(number), size
