"""What each organisation of a campaign has brought, and whose details it may have: in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, or_, select

from mailer.db import Store
from mailer.db.schema import consent, letter, submission
from mailer.status import State


@dataclass(frozen=True, kw_only=True)
class Share:
    """The people of one organisation in one campaign, none twice."""

    via: int = 0  # wrote after its link had brought them
    consenting: int = 0  # agree today that it has their details
    withdrawn: int = 0  # had agreed, and do no more


def shares(store: Store, campaign: str) -> dict[str, Share]:
    """What is known of each organisation, by id; of those with neither link nor consent nothing.

    People count as in `sendlog.written`: confirmed where the campaign confirms, no trials. A
    consent counts as soon as its person has confirmed, whatever became of the letters.
    """
    with store.read() as tx:
        via = {row.name: row.number for row in tx.execute(_VIA, {"campaign": campaign})}
        agreed = {row.name: row.number for row in tx.execute(_AGREED, {"campaign": campaign})}
        ever = {row.name: row.number for row in tx.execute(_EVER, {"campaign": campaign})}
    return {
        name: Share(
            via=via.get(name, 0),
            consenting=agreed.get(name, 0),
            withdrawn=ever.get(name, 0) - agreed.get(name, 0),
        )
        for name in sorted({*via, *ever})
    }


_COUNTS = (
    letter.c.submission == submission.c.id,
    letter.c.person.is_not(None),
    letter.c.state != State.REVIEW,
)
_PEOPLE = func.count(submission.c.person.distinct()).label("number")
_VIA = (
    select(submission.c.via.label("name"), _PEOPLE)
    .where(submission.c.campaign == bindparam("campaign"), submission.c.via != "")
    .where(exists().where(*_COUNTS))
    .group_by(submission.c.via)
)


def _consents() -> Select[Any]:
    """People by the organisation that they agreed to."""
    confirmed = or_(submission.c.confirmed_at.is_not(None), exists().where(*_COUNTS))
    return (
        select(consent.c.organisation.label("name"), _PEOPLE)
        .join(submission, submission.c.id == consent.c.submission)
        .where(submission.c.campaign == bindparam("campaign"), confirmed)
        .group_by(consent.c.organisation)
    )


_EVER = _consents()
_AGREED = _consents().where(consent.c.withdrawn_at.is_(None))
