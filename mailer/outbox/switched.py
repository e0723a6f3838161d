"""Pausing and resuming as staff do it: how many letters wait there, the switch, and the audit."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select, true

from mailer import audit
from mailer.db import Tx
from mailer.db.schema import letter, queue
from mailer.outbox import lanes, moves
from mailer.status import State


def pause(
    tx: Tx, lane: str, *, reason: str, actor: str, account: str, now: float
) -> int:  # fmt: skip
    """Let nothing leave by a lane, and note it in the audit; says how many letters wait there.

    `account` is who does it as the audit has it; an address never stands there.
    """
    found = waiting(tx, lane)
    lanes.pause(tx, lane, reason=reason, actor=actor, now=now)
    _note(tx, "pause", lane, account, found, now)
    return found


def resume(tx: Tx, lane: str, *, account: str, now: float) -> int | None:
    """Take a pause back and note it; how many letters leave again, or None: there was no pause."""
    if not lanes.resume(tx, lane):
        return None
    found = waiting(tx, lane)
    _note(tx, "resume", lane, account, found, now)
    return found


def waiting(tx: Tx, lane: str) -> int:
    """How many letters wait to leave by a lane, by an account all that do: one index is read."""
    theirs = select(queue.c.id).where(_queues(lane))
    held = select(func.count()).select_from(letter).where(
        moves.is_state(State.QUEUED), letter.c.queue.in_(theirs)
    )  # fmt: skip
    return int(tx.execute(held).scalar_one())


def _queues(lane: str) -> ColumnElement[bool]:
    kind, _, name = lane.partition(":")
    if lane == lanes.PEOPLE:
        return queue.c.campaign.is_(None)
    by_kind = {"campaign": queue.c.campaign, "official": queue.c.official}
    if kind in by_kind:
        return by_kind[kind] == name
    if kind in {"mailbox", "domain"}:
        return (queue.c.mailbox if kind == "mailbox" else queue.c.domain) == lane
    return true()  # everything, or an account, by which any of them may leave


def _note(tx: Tx, act: str, lane: str, account: str, count: int, now: float) -> None:
    subject = _without_address(tx, lane)
    audit.record(tx, now=now, actor=account, act=f"lane.{act}", subject=subject, count=count)


def _without_address(tx: Tx, lane: str) -> str:
    """A mailbox is named by the officials that it belongs to."""
    kind, _, name = lane.partition(":")
    if "@" not in lane:
        return lane
    if kind != "mailbox":
        return f"{kind}:{name.rpartition('@')[2]}"
    theirs = select(queue.c.official).where(queue.c.mailbox == lane).distinct()
    officials = sorted(one for one in tx.execute(theirs).scalars() if one)
    return f"{kind}:{','.join(officials) or 'unknown'}"
