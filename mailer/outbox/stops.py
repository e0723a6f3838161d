"""Accounts for which somebody has to act: noted beside their lanes for as long as an outage lasts.

A wrong key or a suspended account does not mend itself: staff must not hear of it an hour late.
"""

from __future__ import annotations

from sqlalchemy import select

from mailer.db import Tx, marks
from mailer.db.schema import lane
from mailer.outbox import lanes

_MARK = "stopped "


def note(tx: Tx, account: str) -> None:
    """Note that the present outage of an account ends only when somebody acts."""
    lane_id = lanes.of_account(account)
    since = tx.execute(select(lane.c.since).where(lane.c.id == lane_id)).scalar()
    marks.put(tx, _MARK + lane_id, repr(since))


def noted(tx: Tx) -> dict[str, str]:
    """The outages that were noted, by lane; see `is_one`."""
    return marks.beginning(tx, _MARK)


def is_one(found: dict[str, str], lane_id: str, since: float | None) -> bool:
    """True when the outage of a lane that began at `since` is among those `noted` found."""
    return since is not None and found.get(lane_id) == repr(since)
