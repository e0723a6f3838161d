"""Confirmation by e-mail: the link shows all that waits for an address; a button sends one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, exists, select, update
from sqlalchemy.exc import IntegrityError

from mailer import outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_text, submission
from mailer.outbox import Event, Sender
from mailer.status import Kind, State
from mailer.submissions import disowning, expiring, links
from mailer.submissions.accept import (
    ALREADY_WRITTEN,
    CROWDED,
    MOST_NAMES,
    names_at,
    one_at_a_time,
    tell_already,
)
from mailer.submissions.receipts import Receipt, of_row

__all__ = ["Opened", "confirm", "opened"]

KEPT = 7 * 86400.0
"""Seconds for which a confirmed submission is still shown behind its link, for a second press."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What the owner of a mailbox finds behind a link that was mailed to it."""

    campaign: str  # the one that the mail was about
    disowned: bool  # its owner has said that others typed the address
    over: bool  # the link opens nothing any more
    waiting: tuple[Receipt, ...] = ()  # not confirmed yet
    done: tuple[Receipt, ...] = ()  # confirmed lately


def opened(store: Store, token: str) -> Opened | None:
    """What a link shows; None for one that was never mailed. Looking changes nothing."""
    with store.read() as tx:
        now = store.now(tx)
        link = links.find(tx, token, now)
        if link is None:
            return None
        disowned = disowning.is_disowned(tx, link.mailbox)
        if disowned or not link.open:
            return Opened(campaign=link.campaign, disowned=disowned, over=not link.open)
        found = [of_row(tx, row, now) for row in _shown(tx, link.mailbox, now)]
        return Opened(
            campaign=link.campaign, disowned=False, over=False,
            waiting=tuple(one for one in found if one.confirmed_at is None),
            done=tuple(one for one in found if one.confirmed_at is not None),
        )  # fmt: skip


def confirm(store: Store, token: str, submission_id: str, *, sender: Sender) -> str | None:
    """Let a submission go and return its receipt token; a second press changes nothing.

    None when this link does not belong to the mailbox of the submission. Here, not earlier, the
    person's one letter to each official is claimed. When all links to the mailbox are over, what
    waits is cancelled instead, and the receipt says why.
    """
    with store.write() as tx:
        now = store.now(tx)
        link = links.find(tx, token, now)
        if link is None:
            return None
        one_at_a_time(tx, link.mailbox)
        own = (submission.c.id == submission_id, submission.c.mailbox == link.mailbox)
        row = tx.execute(select(submission).where(*own)).one_or_none()
        if row is None:
            return None
        if link.open:
            let_go(tx, row, now=now, sender=sender, by="link")
        elif not links.open_ones(tx, link.mailbox, now):
            expiring.cancel(tx, awaiting(tx, submission_id), now=now)
    return str(row.receipt)


def let_go(tx: Tx, row: Row[Any], *, now: float, sender: Sender, by: str) -> None:
    """Let a submission go, by its row; one that does not wait any more stays as it is.

    `by` is what the owner of the mailbox used: link | code.
    """
    if not awaiting(tx, row.id):
        return
    this = update(submission).where(submission.c.id == row.id, submission.c.confirmed_at.is_(None))
    tx.execute(this.values(confirmed_at=now, confirmed_by=by))
    _release(tx, row, now, sender)


def _shown(tx: Tx, mailbox: str, now: float) -> Sequence[Row[Any]]:
    unsent = exists().where(
        letter.c.submission == submission.c.id, letter.c.state == State.AWAITING
    )
    recent = submission.c.confirmed_at > now - KEPT
    theirs = select(submission).where(submission.c.mailbox == mailbox, unsent | recent)
    return tx.execute(theirs.order_by(submission.c.created_at.desc())).all()


def awaiting(tx: Tx, submission_id: str) -> Sequence[str]:
    """The letters of a submission that wait; nobody else moves them until the transaction ends."""
    waiting = select(letter.c.id).where(
        letter.c.submission == submission_id, letter.c.kind == Kind.LETTER,
        letter.c.state == State.AWAITING,
    )  # fmt: skip
    return tx.execute(waiting.order_by(letter.c.id).with_for_update()).scalars().all()


def _release(tx: Tx, row: Row[Any], now: float, sender: Sender) -> None:
    crowded = names_at(tx, row.campaign, row.mailbox, row.person) >= MOST_NAMES
    letters = tx.execute(
        select(letter.c.id, letter.c.official, letter.c.reason, letter_text.c.from_name)
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .where(letter.c.submission == row.id, letter.c.kind == Kind.LETTER)
        .where(letter.c.state == State.AWAITING)
        .order_by(letter.c.official)  # two presses at once take their locks in one order
    ).all()
    again = False
    for found in letters:
        hold = found.reason or (CROWDED if crowded else "")
        again |= not _release_one(tx, found.id, row.person, hold, now)
    if again and letters:
        title = letters[0].from_name.removeprefix(f"{row.name} via ")
        tell_already(
            tx, submission_id=row.id, mailbox=row.mailbox, campaign=row.campaign,
            title=title, to=row.email, language=row.language, sender=sender, now=now,
        )  # fmt: skip


def _release_one(tx: Tx, letter_id: str, person: str, hold: str, now: float) -> bool:
    """Queue one letter, or hold it; false when the person had written to this official already."""
    event = Event(now=now, actor="supporter", note=hold or "confirmed")
    new = State.REVIEW if hold else State.QUEUED
    values = {"person": person, "due_at": now, "reason": hold}
    try:
        with tx.begin_nested():
            outbox.move(
                tx, [letter_id], new, event, come_from={State.AWAITING}, values=values
            )  # fmt: skip
    except IntegrityError:
        outbox.move(
            tx, [letter_id], State.CANCELLED, Event(now=now, actor="supporter"),
            values={"reason": f"{ALREADY_WRITTEN}: {hold}" if hold else ALREADY_WRITTEN},
        )  # fmt: skip
        return False
    return True
