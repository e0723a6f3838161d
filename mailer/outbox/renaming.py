"""Lanes of accounts whose name is another today: what is known of them goes along.

Two accounts of one provider get names that tell them apart, a single one has the provider's. So
settings that change give an account another name, and its pause must not be lost on the way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, or_, select, update

from mailer.db import Tx
from mailer.db.schema import lane, letter
from mailer.outbox import lanes, moves
from mailer.status import State
from mailer.transports import MARK


def take_over(tx: Tx, accounts: Mapping[str, str], now: float) -> None:
    """Give each account (by name, with its label) that has no lane yet the lane it had before.

    That is the one with its label, else the provider's, else any of the provider's accounts that
    are in use no more. Where there is none left, it is paused like those were.
    """
    families: dict[str, list[str]] = {}
    for name in accounts:
        families.setdefault(name.partition(MARK)[0], []).append(name)
    for family, names in families.items():
        known = _lanes(tx, family)
        new = [name for name in names if lanes.of_account(name) not in known]
        used = {lanes.of_account(name) for name in names}
        left = {key: row for key, row in known.items() if key not in used}
        if new and left:
            _share(tx, new, left, [f"{family}{MARK}{accounts[name]}" for name in new], now)


def _share(
    tx: Tx, new: Sequence[str], left: dict[str, Row[Any]], labelled: Sequence[str], now: float
) -> None:  # fmt: skip
    pauses = [row for row in left.values() if row.paused]
    for name, own in zip(new, labelled, strict=True):
        family = lanes.of_account(name.partition(MARK)[0])
        before = _first((lanes.of_account(own), family, *sorted(left)), left)
        if before:
            _rename(tx, before, name)
            del left[before]
        elif pauses:
            lanes.pause(
                tx, lanes.of_account(name), reason=pauses[0].reason, actor=pauses[0].actor, now=now
            )  # fmt: skip


def _first(keys: Sequence[str], known: Collection[str]) -> str:
    return next((key for key in keys if key in known), "")


def _lanes(tx: Tx, family: str) -> dict[str, Row[Any]]:
    """The lanes of a provider's accounts, locked."""
    own = lanes.of_account(family)
    labelled = lane.c.id.startswith(own + MARK, autoescape=True)
    found = select(lane).where(or_(lane.c.id == own, labelled)).order_by(lane.c.id)
    return {row.id: row for row in tx.execute(found.with_for_update())}


def _rename(tx: Tx, lane_id: str, name: str) -> None:
    tx.execute(update(lane).where(lane.c.id == lane_id).values(id=lanes.of_account(name)))
    # Letters that only this account may carry: it may have them already.
    bound = (moves.is_state(State.QUEUED), letter.c.transport != "")
    before = lane_id.removeprefix(lanes.of_account(""))
    tx.execute(update(letter).where(*bound, letter.c.transport == before).values(transport=name))
