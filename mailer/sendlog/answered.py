"""What supporters tell of the offices' answers, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, exists, func, select

from mailer.db import Store
from mailer.db.schema import letter, submission


@dataclass(frozen=True, kw_only=True)
class Answers:
    """How many supporters of a campaign tell that an office answered, or not yet."""

    yes: int = 0
    no: int = 0


def answers(store: Store, campaign: str) -> Answers:
    """What was told so far; of second letters, which never left, nothing counts."""
    with store.read() as tx:
        found = {row.answered: row.number for row in tx.execute(_TOLD, {"campaign": campaign})}
    return Answers(yes=found.get("yes", 0), no=found.get("no", 0))


_TOLD = (
    select(submission.c.answered, func.count().label("number"))
    .where(submission.c.campaign == bindparam("campaign"), submission.c.answered != "")
    .where(exists().where(letter.c.submission == submission.c.id, letter.c.person.is_not(None)))
    .group_by(submission.c.answered)
)
