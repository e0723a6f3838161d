"""Confirmation by e-mail: the link shows all that waits for an address; a button sends one."""

from __future__ import annotations

from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError

from mailer import outbox
from mailer.db import Store, Tx
from mailer.db.schema import confirmation, letter, letter_text, submission
from mailer.outbox import Event, Sender
from mailer.status import Kind, State
from mailer.submissions.accept import (
    ALREADY_WRITTEN,
    MOST_NAMES,
    names_at,
    one_at_a_time,
    tell_already,
)
from mailer.submissions.receipts import Receipt, of_row

__all__ = ["confirm", "waiting"]

LIFE = 30 * 86400.0
"""Seconds for which a mailed link opens what waits for its mailbox."""

KEPT = 7 * 86400.0
"""Seconds for which a confirmed submission is still shown behind its link, for a second press."""


def waiting(store: Store, token: str) -> tuple[Receipt, ...]:
    """What the owner of the mailbox may confirm with this link, and has lately; () if unknown."""
    with store.read() as tx:
        link = _link(tx, token, store.now(tx))
        if link is None:
            return ()
        unsent = exists().where(
            letter.c.submission == submission.c.id, letter.c.state == State.AWAITING
        )
        recent = submission.c.confirmed_at > store.now(tx) - KEPT
        rows = tx.execute(
            select(submission)
            .where(submission.c.mailbox == link, unsent | recent)
            .order_by(submission.c.created_at.desc())
        ).all()
        return tuple(of_row(tx, row, store.now(tx)) for row in rows)


def confirm(store: Store, token: str, submission_id: str, *, sender: Sender) -> str | None:
    """Let a submission go and return its receipt token; a second press changes nothing.

    None when this link does not belong to the mailbox of the submission. Here, not earlier, the
    person's one letter to each official is claimed.
    """
    with store.write() as tx:
        now = store.now(tx)
        link = _link(tx, token, now)
        one_at_a_time(tx, link or "")
        found = tx.execute(
            select(submission).where(submission.c.id == submission_id, submission.c.mailbox == link)
        ).one_or_none()
        if found is None:
            return None
        first = (
            update(submission)
            .where(submission.c.id == submission_id, submission.c.confirmed_at.is_(None))
            .values(confirmed_at=now)
        )
        if tx.execute(first).rowcount:
            _release(tx, submission_id, now, sender)
    return str(found.receipt)


def _link(tx: Tx, token: str, now: float) -> str | None:
    """The mailbox that a link was mailed to, while it lives."""
    statement = select(confirmation.c.mailbox).where(
        confirmation.c.token == token, confirmation.c.at > now - LIFE
    )
    return tx.execute(statement).scalar_one_or_none()


def _release(tx: Tx, submission_id: str, now: float, sender: Sender) -> None:
    row = tx.execute(select(submission).where(submission.c.id == submission_id)).one()
    crowded = names_at(tx, row.campaign, row.mailbox, row.person) >= MOST_NAMES
    letters = tx.execute(
        select(letter.c.id, letter.c.official, letter.c.reason, letter_text.c.from_name)
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .where(letter.c.submission == submission_id, letter.c.kind == Kind.LETTER)
        .where(letter.c.state == State.AWAITING)
        .order_by(letter.c.official)  # two presses at once take their locks in one order
    ).all()
    again = False
    for found in letters:
        hold = found.reason or ("many names at one address" if crowded else "")
        again |= not _release_one(tx, found.id, row.person, hold, now)
    if again and letters:
        title = letters[0].from_name.removeprefix(f"{row.name} via ")
        tell_already(
            tx, submission_id=submission_id, mailbox=row.mailbox, campaign=row.campaign,
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
