"""What follows from news beside the letter's own move: pauses, suppressions, a look by staff."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Row, select

from mailer.bounces import Kind as Bounced
from mailer.bounces.words import meaning
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
_OFF = "5.2.1"
_VAGUE = "5.0."  # "other": what it is only the words can say
# By what a provider calls its list of addresses that it does not try: kinds of SES, Resend, Brevo
# and Postmark, reasons of Mailgun, SendGrid and Brevo.
_LISTED = re.compile(
    r"suppress|deactivated|invalid_email|blacklist\w* user|previously bounced"
    r"|(?:bounced|unsubscribed|reporting) address",
    re.IGNORECASE,
)

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
        # What comes back of a letter that never left is forged, or meant for another.
        left = about.sent_at is not None or about.tried_at is not None
        if not (official and left and (is_dead(news) if gone is None else gone)):
            return True
        return not dead.pause(tx, about, reason=_reason(news), now=now)
    if news.said is Said.COMPLAINED and about.submission is not None:
        suppression.suppress(tx, _mailbox(tx, about.submission), reason=COMPLAINED, now=now)
    return refused and kind in _TO_STAFF and about.submission is None


def is_dead(news: News) -> bool:
    """True when the mailbox will take no letter at all, as far as the news can prove.

    Other refusals (a full mailbox, a policy, a virus, a quota of ours) are that letter's. Providers
    call many of them permanent, so the server's words count, too; and what a provider did not even
    try says something of the mailbox only where it has the address on a list.
    """
    found = _ENHANCED.search(f"{news.code} {news.note}")
    code = found[0] if found else ""
    if news.code.startswith("4") or (code and not _DEAD.fullmatch(code)):
        return False
    if code == _OFF or (news.said is Said.DROPPED and _is_listed(news)):
        return True
    meant = meaning(news.note, proven=True)
    if meant is not None:
        return meant[0] is Bounced.HARD and (news.said is Said.BOUNCED or bool(code))
    if code:
        return not code.startswith(_VAGUE)
    return news.said is Said.BOUNCED and not news.code


def _is_listed(news: News) -> bool:
    return bool(_LISTED.search(f"{news.kind} {news.note}"))


def _reason(news: News) -> str:
    why = NOT_TRIED if news.said is Said.DROPPED else GONE
    return f"{why} ({news.code})" if news.code else why


def _mailbox(tx: Tx, submission_id: str) -> str:
    wanted = select(submission.c.mailbox).where(submission.c.id == submission_id)
    return str(tx.execute(wanted).scalar_one())
