"""The tables. Moments are seconds since 1970 (UTC), ids random text: rows move between engines."""

from __future__ import annotations

from mailer.db.schema.base import VERSION, meta, metadata
from mailer.db.schema.ledger import lane, letter, letter_event, letter_text, queue
from mailer.db.schema.lookups import district_lookup, service
from mailer.db.schema.news import enclosure, news, suppressed, tally
from mailer.db.schema.people import confirmation, consent, submission
from mailer.db.schema.staff import account, account_token, approval, staff_session

__all__ = [
    "VERSION",
    "account",
    "account_token",
    "approval",
    "confirmation",
    "consent",
    "district_lookup",
    "enclosure",
    "lane",
    "letter",
    "letter_event",
    "letter_text",
    "meta",
    "metadata",
    "news",
    "queue",
    "service",
    "staff_session",
    "submission",
    "suppressed",
    "tally",
]
