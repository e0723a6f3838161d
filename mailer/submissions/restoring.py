"""What a database says that was just put back or copied: nothing leaves, all doubts are open.

Since the backup letters have left that it still calls open, and people were erased that it still
names, or that want no more mail. So everything is paused, what was open is uncertain and held for a
person, and what the journal says is repeated, all in one transaction, before anybody else can see
the database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, or_, select, update

from mailer import outbox
from mailer.db import Tx, searching
from mailer.db.schema import bulk, letter
from mailer.outbox import Event, is_state, lanes, moves
from mailer.status import State
from mailer.submissions import erasing, wishes
from mailer.submissions.journal import Noted

RESTORED = "restored"
"""The reason of letters that were open in a backup: they may have left since."""

BATCH = 1000  # letters moved by one statement


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What became of the letters."""

    uncertain: int  # were open: a person has to look
    review: int  # were held and still are
    awaiting: int  # not confirmed: once they are, they are held too
    erased: int  # submissions that were erased since
    ended: int = 0  # mailboxes whose owners have wanted no more mail since


Settle = Callable[[Tx, float], Settled]
"""Settles in a transaction, at a moment."""


def settle(
    tx: Tx, *, why: str, actor: str, noted: Noted | None = None, now: float
) -> Settled:  # fmt: skip
    """Pause everything because of `why`, repeat what the journal noted, hold what was open."""
    noted = noted or Noted()
    lanes.pause(tx, lanes.EVERYTHING, reason=why, actor=actor, now=now)
    # What staff had begun to do to many letters: nobody knows what it still means.
    begun = select(bulk.c.id, bulk.c.wanted).where(bulk.c.state == "running")
    for row in tx.execute(begun).all():
        wanted = searching.nameless(row.wanted)
        mine = update(bulk).where(bulk.c.id == row.id)
        tx.execute(mine.values(state="stopped", finished_at=now, wanted=wanted))
    erased = erasing.replay(tx, noted.erasures, now=now)
    ended = wishes.replay(tx, noted.wishes, now=now)
    event = Event(now=now, actor="mailer", note=why)
    uncertain = _doubt(tx, event)
    _mark(tx)
    return Settled(
        uncertain=uncertain, review=_remark(tx, event), awaiting=_count(tx, State.AWAITING),
        erased=erased, ended=ended,
    )  # fmt: skip


def _mark(tx: Tx) -> None:
    """See to it that nothing in doubt leaves by itself, and nothing leaves again unflagged."""
    tx.execute(update(letter).where(is_state(State.UNCERTAIN)).values(on_uncertain="hold"))
    # They may have left since, even twice; the log that knew it is gone.
    waiting = or_(*map(is_state, (State.AWAITING, State.REVIEW, State.UNCERTAIN)))
    tx.execute(update(letter).where(waiting).values(possibly_twice=True))
    awaiting = update(letter).where(is_state(State.AWAITING), letter.c.reason == "")
    tx.execute(awaiting.values(reason=RESTORED))  # which holds it when it is confirmed


def _doubt(tx: Tx, event: Event) -> int:
    """Make what was open uncertain; how many letters that were."""
    open_ = {State.QUEUED, State.CLAIMED, State.DOT}
    first = select(letter.c.id).where(or_(*map(is_state, sorted(open_)))).limit(BATCH)
    values = {"on_uncertain": "hold", "lease_until": None, "reason": RESTORED}
    done = 0
    while ids := tx.execute(first).scalars().all():
        done += len(
            outbox.move(tx, ids, State.UNCERTAIN, event, come_from=open_, values=values)
        )  # fmt: skip
    return done


def _remark(tx: Tx, event: Event) -> int:
    """Tell whoever looks at a held letter that it may have been let go since; how many there are.

    Returns how many letters are held.
    """
    done, last = 0, ""
    held = select(letter.c.id).where(is_state(State.REVIEW)).order_by(letter.c.id).limit(BATCH)
    while ids := tx.execute(held.where(letter.c.id > last)).scalars().all():
        moves.record(tx, ids, State.REVIEW, event)
        done, last = done + len(ids), ids[-1]
    return done


def _count(tx: Tx, state: State) -> int:
    return int(tx.execute(select(func.count(letter.c.id)).where(is_state(state))).scalar_one())
