"""The private page of a submission: every letter, its exact text, its true state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, or_, select

from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_event, letter_text, submission
from mailer.message import tokens
from mailer.outbox import forecast
from mailer.outbox.forecast import Forecast
from mailer.outbox.holding import WITHDRAWN
from mailer.status import Kind, State
from mailer.submissions import consents, copies, whys
from mailer.submissions.accept import ALREADY_WRITTEN, CROWDED
from mailer.submissions.consents import Consent, SendWording

SETTLING = 5.0
"""Seconds in which hardly any letter has left: until then nobody can tell the two apart."""

NEVER = 0.0
"""What `asked_at` says of a submission whose writer does not want to be asked by mail."""

ANSWERED = "answered"
"""What is noted of a letter when an office's answer to it was passed on."""


@dataclass(frozen=True, kw_only=True)
class ReceiptLetter:
    """One letter as its supporter may see it."""

    id: str
    official: str
    post: str
    to_name: str
    to_address: str
    state: State
    reason: str
    possibly_twice: bool
    due_at: float
    attempts: int
    tried_at: float | None  # the first attempt that reached a server
    changed_at: float
    sent_at: float | None
    answer: str
    returned: str  # the code with which it came back, if it did
    about: Forecast | None  # when it leaves, if it waits and that can be told
    kept_here: bool  # written to this machine only: no server has it
    language: str
    subject: str
    salutation: str
    body: str
    passed_on: bool  # answers come to an address of ours first
    former: str = ""  # the official to whom it was written, when the office has changed hands since

    @property
    def deferred(self) -> bool:
        """True when it was tried, was not taken and is tried again."""
        return self.state is State.QUEUED and self.tried_at is not None and self.attempts > 0

    def why(self, language: str) -> str:
        """Why it failed or came back, as one sentence in `language`."""
        if self.returned:
            return whys.say(whys.why("refused", self.returned, self.attempts), 0.0, language)
        tried = self.changed_at - (self.tried_at or self.changed_at)
        return whys.say(whys.why(self.reason, self.answer, self.attempts), tried, language)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A submission as its supporter may see it."""

    id: str
    token: str
    campaign: str
    approval: str | None  # what staff had approved, if it had to be
    via: str  # the organisation whose link brought them
    language: str
    name: str
    email: str
    created_at: float
    confirmed_at: float | None
    erased_at: float | None
    copy: copies.Offer  # whether its writer may ask for a copy
    copied_at: float | None  # when they last did
    letters: tuple[ReceiptLetter, ...]
    consents: tuple[Consent, ...] = ()  # what organisations may have, and what was taken back
    wording: SendWording | None = None  # what stood above the button that sent it in
    answered: str = ""  # yes | no | "": whether an office answered, as its writer says
    answered_at: float | None = None
    replied: bool = False  # an answer came here and was passed on
    unasked: bool = False  # its writer does not want to be asked

    @property
    def erased(self) -> bool:
        """True when nothing personal of it is kept any more."""
        return self.erased_at is not None

    @property
    def reference(self) -> str:
        """What to quote in a question: the first ten characters of the id."""
        return reference(self.id)


def reference(submission_id: str) -> str:
    """A submission's id as people read it out: ABCDE-FGHJK."""
    return f"{submission_id[:5]}-{submission_id[5:10]}".upper()


def receipt(store: Store, token: str, accounts: Collection[str] = ()) -> Receipt | None:
    """The receipt with this token, or None; `accounts` are the transports in use, if known."""
    with store.read() as tx:
        row = tx.execute(select(submission).where(submission.c.receipt == token)).one_or_none()
        return None if row is None else of_row(tx, row, store.now(tx), accounts)


def of_row(tx: Tx, row: Row[Any], now: float, accounts: Collection[str] = ()) -> Receipt:
    """The receipt of one row of submission as it stands at `now`."""
    rows = _rows(tx, row.id)
    shown = [_shown(tx, found, row.person, now, accounts) for found in rows]
    if row.confirmed_at is None:
        shown = [_less_telling(one) for one in shown]
    queued = [one.id for one, as_shown in zip(rows, shown, strict=True) if as_shown.waits]
    about = forecast.about(tx, queued, now, accounts)
    return Receipt(
        id=row.id, token=row.receipt, campaign=row.campaign, approval=row.approval, via=row.via,
        language=row.language, name=row.name, email=row.email, created_at=row.created_at,
        confirmed_at=row.confirmed_at, erased_at=row.erased_at,
        copy=copies.offer(tx, row, now), copied_at=copies.asked_at(tx, row.id),
        consents=consents.given(tx, row.id), wording=consents.above_button(tx, row.wording),
        answered=row.answered, answered_at=row.answered_at, unasked=row.asked_at == NEVER,
        replied=_replied(tx, rows),
        letters=tuple(
            _letter(found, as_shown, about.get(found.id))
            for found, as_shown in zip(rows, shown, strict=True)
        ),
    )  # fmt: skip


def _rows(tx: Tx, submission_id: str) -> Sequence[Row[Any]]:
    statement = (
        select(letter, letter_text)
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .where(letter.c.submission == submission_id, letter.c.kind == Kind.LETTER)
        .order_by(letter.c.created_at, letter.c.official)
    )
    return tx.execute(statement).all()


def _letter(row: Row[Any], shown: _Shown, about: Forecast | None) -> ReceiptLetter:
    kept = shown.state == State.SENT and shown.transport.startswith("maildir:")
    return ReceiptLetter(
        id=row.id, official=row.official, post=row.post or "", to_name=row.to_name,
        to_address=row.to_address, state=State(shown.state), reason=shown.reason,
        possibly_twice=shown.possibly_twice, due_at=shown.due_at, attempts=shown.attempts,
        tried_at=shown.tried_at, changed_at=shown.changed_at, sent_at=shown.sent_at,
        answer=shown.answer, returned=shown.returned, about=about, kept_here=kept,
        language=row.language, subject=row.subject, salutation=row.salutation, body=row.body,
        passed_on=tokens.is_for_answers(row.reply_address),
        former=row.held_for if row.held_for != row.official else "",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Shown:
    state: str
    due_at: float
    changed_at: float
    reason: str = ""
    possibly_twice: bool = False
    attempts: int = 0
    tried_at: float | None = None
    sent_at: float | None = None
    answer: str = ""
    returned: str = ""
    transport: str = ""

    @property
    def waits(self) -> bool:
        """True when it stands in the queue."""
        return self.state == State.QUEUED


def _shown(
    tx: Tx, row: Row[Any], person: str, now: float, accounts: Collection[str]
) -> _Shown:  # fmt: skip
    """The state a receipt tells: of a second letter, that of the first, which stands for it.

    Whoever typed the form must not learn from it whether this person has written before: only a
    mail to the address tells. The page says of every letter that the first one counts.
    """
    if row.state != State.CANCELLED or not row.reason.startswith(ALREADY_WRITTEN):
        return _of(tx, row, row.reason)
    hold = row.reason.removeprefix(ALREADY_WRITTEN).lstrip(": ")
    # Nor from when: it stays in the queue as long as a first letter of the same moment would.
    left_at = None if hold else forecast.chance(tx, row.id, now, accounts)
    if left_at is None or now < row.created_at + SETTLING:
        state = State.REVIEW if hold else State.QUEUED
        return _Shown(state=state, reason=hold, due_at=row.due_at, changed_at=row.changed_at)
    first = tx.execute(
        select(letter).where(
            letter.c.campaign == row.campaign, letter.c.person == person,
            or_(letter.c.official == row.official, letter.c.held_for == row.official),
        ).limit(1)
    ).one_or_none()  # fmt: skip
    if first is None:  # staff withdrew it, and with it whatever it stood for
        return _Shown(
            state=State.CANCELLED, reason=WITHDRAWN, due_at=row.due_at, changed_at=row.changed_at
        )  # fmt: skip
    shown = _of(tx, first, first.reason)
    # Never a moment before this one could have left: that would tell of an earlier letter too.
    moments = {
        name: max(moment, left_at)
        for name in ("sent_at", "tried_at", "changed_at")
        if (moment := getattr(shown, name)) is not None
    }
    return replace(shown, **moments)


def _less_telling(shown: _Shown) -> _Shown:
    """Whether others wrote with an address is told only once its owner has confirmed."""
    return replace(shown, reason="") if shown.reason == CROWDED else shown


def _of(tx: Tx, row: Row[Any], reason: str) -> _Shown:
    return _Shown(
        state=row.state, reason=reason, possibly_twice=row.possibly_twice, due_at=row.due_at,
        changed_at=row.changed_at, attempts=row.attempts, tried_at=row.tried_at,
        sent_at=row.sent_at, answer=row.answer, transport=row.transport,
        returned=_returned(tx, row.id) if row.state == State.BOUNCED else "",
    )  # fmt: skip


def _replied(tx: Tx, rows: Sequence[Row[Any]]) -> bool:
    """True when an office's answer to one of these letters came here."""
    these = letter_event.c.letter.in_([row.id for row in rows])
    told = select(letter_event.c.id).where(these, letter_event.c.note == ANSWERED)
    return tx.execute(told.limit(1)).first() is not None


def _returned(tx: Tx, letter_id: str) -> str:
    """The code that was told last when a letter came back."""
    told = select(letter_event.c.code).where(
        letter_event.c.letter == letter_id, letter_event.c.state == State.BOUNCED
    )
    return tx.execute(told.order_by(letter_event.c.id.desc()).limit(1)).scalar() or ""
