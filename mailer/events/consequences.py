"""What follows from news beside the letter's own move: pauses, suppressions, a look by staff."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Row, select

from mailer.db import Tx
from mailer.db.schema import submission
from mailer.outbox import dead, suppression
from mailer.status import Kind
from mailer.transports.api.base import News, Said

COMPLAINED = "complained"

GONE = "the mailbox does not take letters any more"
NOT_TRIED = "the mail provider does not hand on letters to this mailbox"

_ENHANCED = re.compile(r"(?<![\d.])5\.\d{1,3}\.\d{1,3}(?!\.?\d)")
# RFC 3463, 3.2 and 3.3, and 5.1.10 (RFC 7505): no such address, or one that is switched off. The
# other codes of the address class speak of the sender's.
_DEAD = re.compile(r"5\.(0\.\d+|1\.(0|1|2|3|4|6|10)|2\.1)")

_REFUSED = frozenset({Said.BOUNCED, Said.DROPPED})
_TO_STAFF = frozenset({Kind.ALERT, Kind.ACCOUNT})


def follow(
    tx: Tx, about: Row[Any], news: News, now: float, *, gone: bool | None = None
) -> bool:  # fmt: skip
    """Do what the news of a letter asks for; true when staff should look at it.

    `gone` says whether the mailbox is, where somebody has judged that already. `about` is the
    letter as it was before. A trial's letters go to staff: they pause nobody.
    """
    kind, refused = Kind(about.kind), news.said in _REFUSED
    if kind is Kind.LETTER:
        if not refused:
            return news.said is Said.COMPLAINED
        official = about.person is not None
        if not (official and (is_dead(news) if gone is None else gone)):
            return True
        return not dead.pause(tx, about, reason=_reason(news), now=now)
    if news.said is Said.COMPLAINED and about.submission is not None:
        suppression.suppress(tx, _mailbox(tx, about.submission), reason=COMPLAINED, now=now)
    return refused and kind in _TO_STAFF


def is_dead(news: News) -> bool:
    """True when the mailbox will take no letter at all, as far as the news can tell.

    A refusal with another code (a full mailbox, a policy) is that letter's. What a provider does
    not even try, because it holds the address for dead itself, comes without a server's code.
    """
    found = _ENHANCED.search(f"{news.code} {news.note}")
    if found:
        return bool(_DEAD.fullmatch(found[0]))
    return news.said is Said.BOUNCED or not news.code


def _reason(news: News) -> str:
    why = NOT_TRIED if news.said is Said.DROPPED else GONE
    return f"{why} ({news.code})" if news.code else why


def _mailbox(tx: Tx, submission_id: str) -> str:
    wanted = select(submission.c.mailbox).where(submission.c.id == submission_id)
    return str(tx.execute(wanted).scalar_one())
