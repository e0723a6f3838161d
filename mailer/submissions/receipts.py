"""The private page of a submission: every letter, its exact text, its true state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_text, submission
from mailer.status import Kind, State
from mailer.submissions.accept import ALREADY_WRITTEN

SETTLING = 5.0
"""Seconds in which hardly any letter has left: until then nobody can tell the two apart."""


@dataclass(frozen=True, kw_only=True)
class ReceiptLetter:
    """One letter as its supporter may see it."""

    id: str
    official: str
    to_name: str
    to_address: str
    state: State
    reason: str
    possibly_twice: bool
    due_at: float
    sent_at: float | None
    answer: str
    kept_here: bool  # written to this machine only: no server has it
    language: str
    subject: str
    salutation: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A submission as its supporter may see it."""

    id: str
    token: str
    campaign: str
    language: str
    name: str
    email: str
    created_at: float
    confirmed_at: float | None
    erased: bool
    letters: tuple[ReceiptLetter, ...]

    @property
    def reference(self) -> str:
        """What to quote in a question: the first ten characters of the id."""
        return reference(self.id)


def reference(submission_id: str) -> str:
    """A submission's id as people read it out: ABCDE-FGHJK."""
    return f"{submission_id[:5]}-{submission_id[5:10]}".upper()


def receipt(store: Store, token: str) -> Receipt | None:
    """The receipt with this token, or None."""
    with store.read() as tx:
        row = tx.execute(select(submission).where(submission.c.receipt == token)).one_or_none()
        return None if row is None else of_row(tx, row, store.now(tx))


def of_row(tx: Tx, row: Row[Any], now: float) -> Receipt:
    """The receipt of one row of submission as it stands at `now`."""
    return Receipt(
        id=row.id, token=row.receipt, campaign=row.campaign, language=row.language,
        name=row.name, email=row.email, created_at=row.created_at,
        confirmed_at=row.confirmed_at, erased=row.erased_at is not None,
        letters=tuple(_letter(tx, found, row.person, now) for found in _rows(tx, row.id)),
    )  # fmt: skip


def _rows(tx: Tx, submission_id: str) -> Sequence[Row[Any]]:
    statement = (
        select(letter, letter_text)
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .where(letter.c.submission == submission_id, letter.c.kind == Kind.LETTER)
        .order_by(letter.c.created_at, letter.c.official)
    )
    return tx.execute(statement).all()


def _letter(tx: Tx, row: Row[Any], person: str, now: float) -> ReceiptLetter:
    shown = _shown(tx, row, person, now)
    kept = shown.state == State.SENT and shown.transport.startswith("maildir:")
    return ReceiptLetter(
        id=row.id, official=row.official, to_name=row.to_name, to_address=row.to_address,
        state=State(shown.state), reason=shown.reason, possibly_twice=shown.possibly_twice,
        due_at=shown.due_at, sent_at=shown.sent_at, answer=shown.answer, kept_here=kept,
        language=row.language, subject=row.subject, salutation=row.salutation, body=row.body,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Shown:
    state: str
    reason: str
    possibly_twice: bool
    due_at: float
    sent_at: float | None
    answer: str
    transport: str


def _shown(tx: Tx, row: Row[Any], person: str, now: float) -> _Shown:
    """The state a receipt tells: of a second letter, that of the first, which stands for it.

    Whoever typed the form must not learn from it whether this person has written before: only a
    mail to the address tells. The page says of every letter that the first one counts.
    """
    if row.state != State.CANCELLED or not row.reason.startswith(ALREADY_WRITTEN):
        return _of(row, row.reason, row.sent_at)
    hold = row.reason.removeprefix(ALREADY_WRITTEN).lstrip(": ")
    first = tx.execute(
        select(letter).where(
            letter.c.campaign == row.campaign, letter.c.person == person,
            letter.c.official == row.official,
        )
    ).one_or_none()  # fmt: skip
    if hold or first is None or now < row.created_at + SETTLING:
        state = State.REVIEW if hold else State.QUEUED
        return _Shown(
            state=state, reason=hold, possibly_twice=False, due_at=row.due_at, sent_at=None,
            answer="", transport="",
        )  # fmt: skip
    # Never a moment before this one was written: that would tell of an earlier letter too.
    sent_at = first.sent_at and max(first.sent_at, row.created_at)
    return _of(first, first.reason, sent_at)


def _of(row: Row[Any], reason: str, sent_at: float | None) -> _Shown:
    return _Shown(
        state=row.state, reason=reason, possibly_twice=row.possibly_twice, due_at=row.due_at,
        sent_at=sent_at, answer=row.answer, transport=row.transport,
    )  # fmt: skip
