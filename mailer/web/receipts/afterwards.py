"""What a receipt says of the offices' answers, and from when on their writer is asked by mail."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.submissions import Receipt, answers
from mailer.web.receipts import wording


@dataclass(frozen=True, kw_only=True)
class Afterwards:
    """What is known of answers to letters that have left."""

    token: str
    letters: int
    answered: str  # yes | no | ""
    answered_at: float | None
    replied: bool  # an answer came through an address of ours
    asks_at: float | None  # about when their writer is asked by mail; None: not, or no longer
    unasked: bool  # they do not want to be


def of(found: Receipt, days: int, now: float) -> Afterwards | None:
    """What to show on a receipt; None where no office can have answered yet.

    The day is told by when the letters left, as the receipt shows it, and by nothing else.
    """
    left = [
        one
        for one in found.letters
        if one.state in answers.ARRIVED and not one.kept_here and not wording.is_trial(one)
    ]
    if found.erased or not left:
        return None
    asks_at = max(one.sent_at or now for one in left) + days * answers.DAY
    silent = not days or asks_at <= now or found.answered or found.replied
    return Afterwards(
        token=found.token,
        letters=len(left),
        answered=found.answered,
        answered_at=found.answered_at,
        replied=found.replied,
        asks_at=None if silent else asks_at,
        unasked=found.unasked,
    )
