"""Asking to confirm: the mail with a link and a code, and how many of them a mailbox gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from mailer import i18n, mails, outbox
from mailer.db import Tx
from mailer.db.ids import random_id
from mailer.db.schema import confirmation
from mailer.outbox import Sender
from mailer.status import Kind
from mailer.submissions import codes
from mailer.submissions.passage import MayMail, always

AN_HOUR = 1
"""Mails to one mailbox for one campaign in an hour: a form must not be a mail bomb."""

A_DAY = 3
"""Mails to one mailbox in a day, over all campaigns."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who is asked, and about what."""

    submission: str
    mailbox: str  # a keyed hash
    email: str
    language: str
    campaign: str
    title: str  # the campaign's, in that language


def ask(
    tx: Tx, who: Asked, sender: Sender, pepper: bytes, now: float, may: MayMail = always
) -> None:  # fmt: skip
    """Queue the mail that asks, unless its mailbox has had enough of them, or `may` says no.

    Then one that it has does as well: a link shows all that waits for the mailbox. For a mailbox
    that wants no mail it is only noted, so that it counts. The caller keeps others from counting.
    """
    if _had_enough(tx, who, now) or not may(tx, who.email, now):
        return
    token, code = random_id(), codes.make()
    language = who.language if who.language in i18n.LANGUAGES else i18n.SOURCE
    link = f"{sender.url}/confirm/{token}?lang={language}"
    subject, words = mails.confirmation(language, who.title, link, codes.shown(code))
    mail = outbox.post(
        tx, Kind.CONFIRMATION, to=who.email, subject=subject, text=words, sender=sender,
        from_name=who.title, language=language, now=now, submission=who.submission,
        campaign=who.campaign,
    )  # fmt: skip
    values: dict[str, Any] = {
        "token": token, "mailbox": who.mailbox, "campaign": who.campaign, "at": now,
        "letter": mail, "code": codes.keyed(code, token, pepper),
    }  # fmt: skip
    tx.execute(insert(confirmation), values)


def _had_enough(tx: Tx, who: Asked, now: float) -> bool:
    recent = select(confirmation.c.campaign, confirmation.c.at).where(
        confirmation.c.mailbox == who.mailbox, confirmation.c.at > now - 86400.0
    )
    sent = tx.execute(recent).all()
    hourly = [row for row in sent if row.campaign == who.campaign and row.at > now - 3600.0]
    return len(hourly) >= AN_HOUR or len(sent) >= A_DAY
