"""Erasure: what was known of a mailbox goes, what must be known of its letters stays.

Its letters that have not left will not; of those that have, the log keeps to whom they went and
when. Keyed hashes stay, so that counts and "one letter for each person" hold; they name nobody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from mailer import addresses, audit, outbox
from mailer.db import Store, Tx, searching
from mailer.db.schema import (
    confirmation,
    consent,
    letter,
    letter_event,
    letter_text,
    likeness,
    news,
    submission,
)
from mailer.outbox import Event, enclosures
from mailer.status import Kind, State
from mailer.submissions import journal, receipts, withdrawing
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.journal import Erasure

ERASED = "erased"
"""The reason of letters that were stopped, and what stands where an address stood."""

_PERSON = ("name", "email", "search", "postal_code", "address", "district", "role", "affiliation",
           "personal", "letters_hash", "network")  # fmt: skip
_WORDS = ("from_name", "reply_name", "reply_address", "subject", "salutation", "body")
_READER = ("to_name", "to_address")  # theirs, where we wrote to the supporter


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What an erasure took."""

    submissions: int = 0
    stopped: int = 0  # letters that had not left and now will not
    under_way: int = 0  # letters that a server has in hand at this moment, or may have
    letters: tuple[str, ...] = ()  # whose text is gone; the ids of all of them


def forget(store: Store, email: str, *, file: Path) -> Erased:
    """Erase what is known of the owner of `email`, and note it in the journal `file`.

    Raises FieldError for what is no address, and MailerError when the journal cannot be written;
    then nothing is erased.
    """
    address = addresses.parse(email)
    with store.read() as tx:
        mailbox = addresses.mailbox_key(address, store.pepper(tx))
    return forget_mailbox(store, mailbox, file=file, actor=audit.COMMAND)


def forget_mailbox(
    store: Store, mailbox: str, *, file: Path, actor: str = audit.SUPPORTER
) -> Erased:
    """Erase what is known of a mailbox (a keyed hash), as `forget` does."""
    with store.write() as tx:
        now = store.now(tx)
        erasure = Erasure(at=now, mailbox=mailbox)
        erased = erase(tx, erasure, now=now)
        if erased.submissions:
            journal.note(file, erasure)
            audit.record(
                tx, now=now, actor=actor, act="erase.mailbox", subject=mailbox,
                count=erased.submissions,
            )  # fmt: skip
    if erased.submissions:
        store.scrub()
    return erased


def forget_one(
    store: Store, token: str, *, file: Path, accounts: Collection[str] = ()
) -> Erased | None:
    """Erase the submission of a receipt, as `forget` does; None for one that is not there.

    Again changes nothing. `accounts` are the transports in use.
    """
    with store.write() as tx:
        row = tx.execute(select(submission).where(submission.c.receipt == token)).one_or_none()
        if row is None:
            return None
        one_at_a_time(tx, row.mailbox)
        now = store.now(tx)
        shown = receipts.of_row(tx, row, now, accounts)
        open_ones = [one.id for one in shown.letters if withdrawing.is_open(one)]
        withdrawing.settle_stand_ins(tx, open_ones, ERASED, now)
        erasure = Erasure(at=now, submission=row.id)
        erased = erase(tx, erasure, now=now)
        if erased.submissions:
            journal.note(file, erasure)
            audit.record(
                tx, now=now, actor=audit.SUPPORTER, act="erase.submission", subject=row.id
            )  # fmt: skip
    if erased.submissions:
        store.scrub()
    return erased


def erase(tx: Tx, erasure: Erasure, *, now: float) -> Erased:
    """Erase what the mailbox had sent in by `erasure.at`, or one submission; once more, nothing."""
    theirs = submission.c.id == erasure.submission
    if erasure.mailbox:
        one_at_a_time(tx, erasure.mailbox)
        sent = confirmation.c.mailbox == erasure.mailbox
        tx.execute(delete(confirmation).where(sent, confirmation.c.at <= erasure.at))
        before = submission.c.created_at <= erasure.at
        theirs = (submission.c.mailbox == erasure.mailbox) & before
    still = select(submission.c.id, submission.c.email).where(submission.c.erased_at.is_(None))
    found = tx.execute(still.where(theirs)).all()
    taken = [_erase_one(tx, row.id, row.email, now) for row in found]
    return Erased(
        submissions=len(found),
        stopped=sum(one.stopped for one in taken),
        under_way=sum(one.under_way for one in taken),
        letters=tuple(key for one in taken for key in one.letters),
    )


def replay(tx: Tx, erasures: Iterable[Erasure], *, now: float) -> int:
    """Repeat the erasures of a journal after a restore; returns how many submissions they took.

    Whoever came back later is left alone: each takes only what was there when it was made.
    """
    return sum(erase(tx, erasure, now=now).submissions for erasure in erasures)


def _erase_one(tx: Tx, submission_id: str, email: str, now: float) -> Erased:
    rows = tx.execute(
        select(letter)
        .where(letter.c.submission == submission_id)
        .order_by(letter.c.id)
        .with_for_update()  # no worker may take one meanwhile
    ).all()
    stopped, under_way = _stop(tx, rows, now)
    for row in rows:
        _erase_letter(tx, row, email)
    for kept in (consent, likeness):
        tx.execute(delete(kept).where(kept.c.submission == submission_id))
    searching.forget(tx, submission_id)
    blank = dict.fromkeys(_PERSON, "")
    tx.execute(
        update(submission).where(submission.c.id == submission_id).values(erased_at=now, **blank)
    )
    return Erased(
        submissions=1, stopped=stopped, under_way=under_way, letters=tuple(row.id for row in rows)
    )


def _stop(tx: Tx, rows: Sequence[Row[Any]], now: float) -> tuple[int, int]:
    """Let none of them leave; how many were stopped, and how many a server has, or may have."""
    ids, event = [row.id for row in rows], Event(now=now, actor="mailer", note=ERASED)
    free: dict[str, Any] = {"lease_until": None, "worker": None, "reason": ERASED}
    # Its worker finds the claim gone when it comes to the fence, and gives up what it staged.
    outbox.move(tx, ids, State.QUEUED, event, come_from={State.CLAIMED}, values=free)
    waiting = {State.AWAITING, State.REVIEW, State.QUEUED}
    stopped = outbox.move(
        tx, ids, State.CANCELLED, event, come_from=waiting, values=free | {"person": None}
    )
    # A server may have these. An earlier doubt is over: nobody will ask about it any more.
    doubted = outbox.move(
        tx, ids, State.CANCELLED, event, come_from={State.UNCERTAIN}, values=free
    )  # fmt: skip
    # An answer that still comes settles it; without one it is never sent again.
    held = {"lease_until": None, "reason": ERASED, "on_uncertain": "hold", "cleared": False}
    dots = outbox.move(tx, ids, State.UNCERTAIN, event, come_from={State.DOT}, values=held)
    return len(stopped), len(doubted) + len(dots)


def _erase_letter(tx: Tx, row: Row[Any], email: str) -> None:
    ours = row.kind != Kind.LETTER  # to the supporter: what a server says of it names them
    blank = dict.fromkeys((*_WORDS, *_READER) if ours else _WORDS, "")
    tx.execute(update(letter_text).where(letter_text.c.letter == row.id).values(**blank))
    _erase_news(tx, row.id, email, whole=ours)
    enclosures.drop(tx, row.id)
    answer = "" if ours else _without(email, row.answer)
    tx.execute(update(letter).where(letter.c.id == row.id).values(answer=answer, sha256=""))
    quoting = select(letter_event.c.id, letter_event.c.note).where(
        letter_event.c.letter == row.id,
        func.lower(letter_event.c.note).contains(email.lower(), autoescape=True),
    )
    for event in tx.execute(quoting).all():
        note = _without(email, event.note)
        this = (letter_event.c.letter == row.id, letter_event.c.id == event.id)
        tx.execute(update(letter_event).where(*this).values(note=note))
    if ours:
        # By a server, in its own words.
        said = (letter_event.c.transport != "") | letter_event.c.external_id.is_not(None)
        tx.execute(
            update(letter_event).where(letter_event.c.letter == row.id, said).values(note="")
        )


def _erase_news(tx: Tx, letter_id: str, email: str, *, whole: bool) -> None:
    """What came back may quote the letter, and names whoever it was sent to."""
    theirs = select(news.c.id, news.c.note).where(news.c.letter == letter_id)
    for row in tx.execute(theirs).all():
        values = {"raw": "", "note": "" if whole else _without(email, row.note)}
        tx.execute(update(news).where(news.c.id == row.id).values(**values))


def _without(email: str, text: str) -> str:
    return re.sub(re.escape(email), f"({ERASED})", text, flags=re.IGNORECASE) if email else text
