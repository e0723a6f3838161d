"""What a receipt offers while its letters wait for their supporter: where the mail is, and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_event, letter_text, submission
from mailer.outbox import Event, Sender, moves
from mailer.status import Kind, State
from mailer.submissions import asking
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.asking import Asked
from mailer.submissions.expiring import EXPIRED
from mailer.submissions.passage import MayMail, always

APART = 3600.0
"""Seconds between two mails that one submission may ask for."""

ASKED_AGAIN = "asked for the mail again"
"""What is noted of the letters then, whether or not the mailbox may have another."""

_KEPT = (
    "name", "email", "postal_code", "address", "district", "role", "affiliation", "personal",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A submission whose letters wait for their supporter, or waited in vain."""

    id: str
    over: bool  # it was not confirmed in time
    asked_at: float  # when its mail was last asked for
    again_at: float  # from when it may be asked for again
    returned: bool  # its mail came back: the address is mistyped, most likely
    typed: Mapping[str, str]  # what its writer typed, by the name of the field
    officials: tuple[str, ...]
    via: str


def pending(store: Store, receipt: str) -> Pending | None:
    """What a receipt's submission waits for; None where it does not wait, or is not there."""
    with store.read() as tx:
        row = tx.execute(select(submission).where(submission.c.receipt == receipt)).one_or_none()
        if row is None or row.erased_at is not None:
            return None
        letters = _letters(tx, row.id)
        waits = any(one.state == State.AWAITING for one in letters)
        if not waits and not any(one.reason == EXPIRED for one in letters):
            return None
        asked = _asked_at(tx, row)
        return Pending(
            id=row.id, over=not waits, asked_at=asked, again_at=asked + APART,
            returned=_is_returned(tx, row.id),
            typed={name: row._mapping[name] for name in _KEPT},
            officials=tuple(one.official for one in letters if _counts(one)), via=row.via,
        )  # fmt: skip


def again(store: Store, receipt: str, sender: Sender, may: MayMail = always) -> bool:
    """Queue the mail that asks to confirm once more; False for a receipt that is not there.

    Once an hour. Whether the mailbox may have another mail then, nobody is told: others may have
    written with the same address.
    """
    with store.write() as tx:
        row = tx.execute(select(submission).where(submission.c.receipt == receipt)).one_or_none()
        if row is None:
            return False
        one_at_a_time(tx, row.mailbox)
        now = store.now(tx)
        waiting = [one for one in _letters(tx, row.id) if one.state == State.AWAITING]
        if waiting and _asked_at(tx, row) <= now - APART:
            noted = Event(now=now, actor="supporter", note=ASKED_AGAIN)
            moves.record(tx, [one.id for one in waiting], State.AWAITING, noted)
            asking.ask(tx, _who(row, waiting[0]), sender, store.pepper(tx), now, may)
    return True


def _letters(tx: Tx, submission_id: str) -> Sequence[Row[Any]]:
    columns: tuple[Any, ...] = (
        letter.c.id, letter.c.state, letter.c.reason, letter.c.official, letter_text.c.from_name,
    )  # fmt: skip
    statement = (
        select(*columns)
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .where(letter.c.submission == submission_id, letter.c.kind == Kind.LETTER)
        .order_by(letter.c.created_at, letter.c.official)
    )
    return tx.execute(statement).all()


def _counts(one: Row[Any]) -> bool:
    """False for a letter that was withdrawn by itself, while others wait on."""
    return bool(one.state == State.AWAITING or one.reason == EXPIRED)


def _asked_at(tx: Tx, row: Row[Any]) -> float:
    """When the mail was last asked for: with the letters, or by a press since."""
    pressed = (
        select(func.max(letter_event.c.at))
        .join(letter, letter.c.id == letter_event.c.letter)
        .where(letter.c.submission == row.id, letter_event.c.note == ASKED_AGAIN)
    )
    return float(tx.execute(pressed).scalar() or row.created_at)


def _is_returned(tx: Tx, submission_id: str) -> bool:
    """True when its own mail came back: of one that served for others nothing is told."""
    own = select(letter.c.state).where(
        letter.c.submission == submission_id, letter.c.kind == Kind.CONFIRMATION
    )
    newest = tx.execute(own.order_by(letter.c.created_at.desc()).limit(1)).scalar()
    return newest in {State.FAILED, State.BOUNCED}


def _who(row: Row[Any], one: Row[Any]) -> Asked:
    return Asked(
        submission=row.id, mailbox=row.mailbox, email=row.email, language=row.language,
        campaign=row.campaign, title=one.from_name.removeprefix(f"{row.name} via "),
    )  # fmt: skip
