"""What is told before a campaign is closed: how many of its letters have not left yet."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, literal_column, select

from mailer.db import Tx
from mailer.db.schema import letter
from mailer.outbox import is_state, lanes, switched
from mailer.status import State

# As the index of states has it: it alone is read.
_LETTERS: tuple[ColumnElement[bool], ...] = (
    literal_column("letter.state NOT IN ('claimed', 'dot')"),
    literal_column("letter.kind = 'letter'"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Left:
    """Letters of a campaign that has taken them in and goes on with them when it is closed."""

    waiting: int  # leave in their turn
    held: int  # wait for staff, and leave or do not as they decide
    unconfirmed: int  # leave once their writers confirm


def left(tx: Tx, campaign: str) -> Left:
    """The letters that are still to leave."""
    return Left(
        waiting=switched.waiting(tx, lanes.of_campaign(campaign)),
        held=_number(tx, campaign, State.REVIEW),
        unconfirmed=_number(tx, campaign, State.AWAITING),
    )


def _number(tx: Tx, campaign: str, state: State) -> int:
    there = (*_LETTERS, is_state(state), letter.c.campaign == campaign)
    return int(tx.execute(select(func.count()).select_from(letter).where(*there)).scalar_one())
