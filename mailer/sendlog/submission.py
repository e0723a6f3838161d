"""One submission as staff see it: who sent it, what they changed, and what else they have sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy import select

from mailer.db import Store
from mailer.db.schema import submission
from mailer.sendlog.listing import Row, submission_letters

MOST_OTHERS = 100


@dataclass(frozen=True, kw_only=True)
class Sent:
    """That somebody sent in letters."""

    id: str
    reference: str
    campaign: str
    created_at: float


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is known of one submission; what was erased is empty."""

    sent: Sent
    name: str
    email: str
    postal_code: str
    district: str
    role: str
    affiliation: str
    via: str  # the organisation whose link brought them
    personal: str  # their own words
    edited: bool  # they changed the letter's own text
    confirmed_at: float | None
    erased_at: float | None
    answered: str  # what they told of the offices' answers: yes | no | ""
    mails: tuple[Row, ...]  # of every kind, oldest first
    others: tuple[Sent, ...]  # from the same address, newest first


def submission_page(store: Store, submission_id: str) -> Submission | None:
    """One submission with all its mail, or None."""
    this = select(submission).where(submission.c.id == submission_id)
    with store.read() as tx:
        row = tx.execute(this).one_or_none()
        if row is None:
            return None
        same = (submission.c.mailbox == row.mailbox, submission.c.id != row.id)
        newest = select(submission).where(*same).order_by(submission.c.created_at.desc())
        others = tuple(_sent(one) for one in tx.execute(newest.limit(MOST_OTHERS)))
    return Submission(
        sent=_sent(row), name=row.name, email=row.email, postal_code=row.postal_code,
        district=row.district, role=row.role, affiliation=row.affiliation, via=row.via,
        personal=row.personal, edited=row.edited, confirmed_at=row.confirmed_at,
        erased_at=row.erased_at, answered=row.answered,
        mails=submission_letters(store, submission_id), others=others,
    )  # fmt: skip


def _sent(row: DbRow[Any]) -> Sent:
    return Sent(
        id=row.id, reference=f"{row.id[:5]}-{row.id[5:10]}".upper(), campaign=row.campaign,
        created_at=row.created_at,
    )  # fmt: skip
