"""What becomes known of a letter later: a provider's word, a bounce mail, somebody at the office.

Evidence counts once, by its own id, and may come in any order. It never takes back a letter that
was not with a server; what it settles is not sent again.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select

from mailer.db import Tx
from mailer.db.schema import letter, letter_event
from mailer.outbox import moves
from mailer.outbox.holding import GIVEN_UP
from mailer.status import MOVES, State


class Evidence(StrEnum):
    """What somebody says of a letter that has left."""

    ACCEPTED = "accepted"  # a server or provider has it
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


MEANS: dict[Evidence, State] = {
    Evidence.ACCEPTED: State.SENT,
    Evidence.DELIVERED: State.DELIVERED,
    Evidence.BOUNCED: State.BOUNCED,
    Evidence.COMPLAINED: State.COMPLAINED,
}

WITH_A_SERVER = frozenset(
    {State.DOT, State.UNCERTAIN, State.SENT, State.DELIVERED, State.BOUNCED}
)  # fmt: skip
"""States in which a letter has surely been handed over, answered or not."""

WAITING = frozenset({State.QUEUED, State.CLAIMED, State.FAILED})
"""States in which an earlier attempt may have arrived although nobody heard so."""


def record(
    tx: Tx,
    letter_id: str,
    kind: Evidence,
    *,
    external_id: str,
    actor: str,
    code: str = "",
    note: str = "",
    now: float,
    at: float | None = None,
) -> State | None:
    """Note evidence and let it settle the letter; return the letter's state after it.

    None when there is no such letter, or when this evidence was noted before: `external_id` names
    it among all (begin it with the provider's name). `at` is when it happened by the provider's
    clock, where told: of delivered and bounced the later one counts, whatever came first.
    """
    row = tx.execute(
        select(letter.c.state, letter.c.possibly_twice, letter.c.tried_at, letter.c.reason)
        .where(letter.c.id == letter_id)
        .with_for_update()
    ).one_or_none()
    if row is None or _is_known(tx, external_id):
        return None
    happened = now if at is None else min(at, now)
    event = moves.Event(now=happened, actor=actor, code=code, note=note, external_id=external_id)
    old, new = State(row.state), MEANS[kind]
    doubted = row.possibly_twice or row.reason == GIVEN_UP
    settles = _settles(old, new, tried=row.tried_at is not None, doubted=doubted)
    if settles and not _is_overtaken(tx, letter_id, old, happened):
        _settle(tx, letter_id, old, new, event)
        return new
    told = f"{kind}: {note}" if note else str(kind)  # the letter's state does not say it
    moves.record(tx, [letter_id], old, replace(event, note=told))
    return old


def _is_known(tx: Tx, external_id: str) -> bool:
    if not external_id:
        raise ValueError("evidence without an id of its own could count twice")
    return bool(
        tx.execute(select(exists().where(letter_event.c.external_id == external_id))).scalar()
    )


def _settles(old: State, new: State, *, tried: bool, doubted: bool) -> bool:
    """Whether a letter in `old` becomes `new` by evidence, not: whether the evidence is true.

    A letter that waits for another attempt is settled when an earlier one may have arrived. Where
    the server had said plainly that it did not take it, a bounce says nothing of the next attempt.
    """
    if old in WITH_A_SERVER:
        return new in MOVES[old]
    return old in WAITING and (doubted or (tried and new is not State.BOUNCED))


def _is_overtaken(tx: Tx, letter_id: str, old: State, happened: float) -> bool:
    """True when later news than this decided between delivered and bounced."""
    if old not in {State.DELIVERED, State.BOUNCED}:
        return False
    told: ColumnElement[bool] = letter_event.c.external_id.is_not(None)
    news = letter_event.c.state.in_([State.DELIVERED, State.BOUNCED])
    newest = select(func.max(letter_event.c.at)).where(
        letter_event.c.letter == letter_id, told, news
    )
    return (tx.execute(newest).scalar() or 0.0) > happened


def _settle(tx: Tx, letter_id: str, old: State, new: State, event: moves.Event) -> None:
    """Move the letter; one that waits is first called sent, for so it was."""
    values: dict[str, Any] = {"lease_until": None, "reason": ""}
    values["sent_at"] = func.coalesce(letter.c.sent_at, event.now)
    if new not in MOVES[old]:
        sent = moves.Event(now=event.now, actor=event.actor, note=EARLIER)
        moves.move(tx, [letter_id], State.SENT, sent, come_from={old}, values=values)
        old = State.SENT
    moves.move(tx, [letter_id], new, event, come_from={old}, values=values)


EARLIER = "an earlier attempt had arrived"
