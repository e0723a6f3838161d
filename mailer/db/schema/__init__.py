"""The tables. Moments are seconds since 1970 (UTC), ids random text: rows move between engines."""

from __future__ import annotations

from mailer.db.schema.audit import audit_entry, audit_head
from mailer.db.schema.base import VERSION, meta, metadata
from mailer.db.schema.keeping import alert
from mailer.db.schema.ledger import lane, letter, letter_event, letter_text, queue
from mailer.db.schema.life import campaign_life
from mailer.db.schema.limits import alarm, bucket, likeness
from mailer.db.schema.log import bulk, found_by, letter_count, people_count, written_count
from mailer.db.schema.lookups import district_lookup, service
from mailer.db.schema.news import enclosure, news, suppressed, tally
from mailer.db.schema.people import confirmation, consent, submission
from mailer.db.schema.staff import (
    account,
    account_token,
    approval,
    recovery_code,
    staff_session,
)

__all__ = [
    "VERSION",
    "account",
    "account_token",
    "alarm",
    "alert",
    "approval",
    "audit_entry",
    "audit_head",
    "bucket",
    "bulk",
    "campaign_life",
    "confirmation",
    "consent",
    "district_lookup",
    "enclosure",
    "found_by",
    "lane",
    "letter",
    "letter_count",
    "letter_event",
    "letter_text",
    "likeness",
    "meta",
    "metadata",
    "news",
    "people_count",
    "queue",
    "recovery_code",
    "service",
    "staff_session",
    "submission",
    "suppressed",
    "tally",
    "written_count",
]
