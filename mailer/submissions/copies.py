"""A copy of the letters for whoever wrote them, when they ask for it on their receipt."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, exists, func, select

from mailer import i18n, mails, outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_event, letter_text, submission
from mailer.mails import CopiedLetter
from mailer.outbox import NewLetter, Sender, Written, suppression
from mailer.status import Kind, State
from mailer.submissions import unsubscribing
from mailer.submissions.accept import one_at_a_time

APART = 3600.0
"""Seconds between two copies of one submission."""

A_DAY = 3
"""Copies to one mailbox in a day: a form must not be a way to fill the mailbox of others."""

ENOUGH = "enough copies today"
"""The reason of a copy that was one too many."""


class Offer(StrEnum):
    """Whether a copy may be asked for."""

    OPEN = "open"
    ASKED = "asked"  # one was, within the hour
    WAITS = "waits"  # nobody has confirmed yet that the address is theirs
    GONE = "gone"  # the text is erased


def send(store: Store, token: str, sender: Sender, keys: Sequence[str]) -> Offer | None:
    """Queue a mail with each letter's text to its writer; None for a receipt that is not there.

    Returns how the offer stood before: nothing is sent unless it was open. A copy that may not go
    to this mailbox is noted as withdrawn: the receipt must not tell who wants no mail, or has had
    some. `keys` sign its link to unsubscribe.
    """
    with store.write() as tx:
        row = tx.execute(select(submission).where(submission.c.receipt == token)).one_or_none()
        if row is None:
            return None
        one_at_a_time(tx, row.mailbox)
        now = store.now(tx)
        found = offer(tx, row, now)
        if found is Offer.OPEN:
            _post(tx, row, sender, keys, now)
    return found


def offer(tx: Tx, row: Row[Any], now: float) -> Offer:
    """Whether a copy of this submission may be asked for.

    Where a campaign confirms, only after that: it holds what the writer typed, and somebody else
    may have typed the address.
    """
    letters = _letters(tx, row.id)
    if not any(one.body for one in letters):
        return Offer.GONE
    if row.confirmed_at is None and _has_waited(tx, row.id):
        return Offer.WAITS
    last = asked_at(tx, row.id)
    return Offer.ASKED if last is not None and last > now - APART else Offer.OPEN


def _has_waited(tx: Tx, submission_id: str) -> bool:
    """True when letters wait to be confirmed, or did until they were cancelled."""
    waited = exists().where(
        letter_event.c.letter == letter.c.id, letter.c.submission == submission_id,
        letter_event.c.state == State.AWAITING,
    )  # fmt: skip
    return bool(tx.execute(select(waited)).scalar())


def asked_at(tx: Tx, submission_id: str) -> float | None:
    """When the last copy of a submission was asked for."""
    last = select(func.max(letter.c.created_at)).where(
        letter.c.submission == submission_id, letter.c.kind == Kind.COPY
    )
    return tx.execute(last).scalar()


def _letters(tx: Tx, submission_id: str) -> Sequence[Row[Any]]:
    statement = (
        select(letter.c.state, letter_text)
        .join(letter_text, letter_text.c.letter == letter.c.id)
        .where(letter.c.submission == submission_id, letter.c.kind == Kind.LETTER)
        .order_by(letter.c.created_at, letter.c.official)
    )
    return tx.execute(statement).all()


def _post(tx: Tx, row: Row[Any], sender: Sender, keys: Sequence[str], now: float) -> None:
    why_not = suppression.REASON if suppression.is_suppressed(tx, row.mailbox) else ""
    why_not = why_not or _had_enough(tx, row.mailbox, now)
    new = NewLetter(
        kind=Kind.COPY, state=State.CANCELLED if why_not else State.QUEUED, reason=why_not,
        written=_written(row, _letters(tx, row.id), sender, keys), actor="supporter",
        submission=row.id, campaign=row.campaign,
    )  # fmt: skip
    outbox.add(tx, [new], now)


def _had_enough(tx: Tx, mailbox: str, now: float) -> str:
    today = (
        select(func.count())
        .select_from(letter)
        .join(submission, submission.c.id == letter.c.submission)
        .where(submission.c.mailbox == mailbox, letter.c.kind == Kind.COPY)
        .where(letter.c.created_at > now - 86400.0)
    )
    return ENOUGH if tx.execute(today).scalar_one() >= A_DAY else ""


def _written(
    row: Row[Any], letters: Sequence[Row[Any]], sender: Sender, keys: Sequence[str]
) -> Written:
    language = row.language if row.language in i18n.LANGUAGES else i18n.SOURCE
    title = letters[0].from_name.removeprefix(f"{row.name} via ")
    subject, text = mails.copy(
        language,
        title,
        [_copied(one) for one in letters if one.body],
        f"{sender.url}/receipt/{row.receipt}?lang={language}",
        unsubscribing.link(sender.url, keys, row.mailbox),
    )
    return Written(
        language=language, from_name=title, from_address=sender.address, to_address=row.email,
        subject=subject, body=text,
    )  # fmt: skip


def _copied(one: Row[Any]) -> CopiedLetter:
    return CopiedLetter(
        to=f"{one.to_name} <{one.to_address}>" if one.to_name else one.to_address,
        subject=one.subject,
        text=f"{one.salutation}\n\n{one.body}" if one.salutation else one.body,
    )
