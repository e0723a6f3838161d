"""Erasure: what was known of a mailbox goes, what must be known of its letters stays.

Its letters that have not left will not; of those that have, the log keeps to whom they went and
when. Keyed hashes stay, so that counts and "one letter for each person" hold; they name nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, delete, select, update

from mailer import addresses, audit, outbox, privacy
from mailer.db import Store, Tx, searching
from mailer.db.schema import (
    confirmation,
    consent,
    letter,
    letter_text,
    likeness,
    submission,
)
from mailer.outbox import Event, enclosures
from mailer.privacy import Erasing
from mailer.status import Kind, State
from mailer.submissions import journal, leftovers, receipts, redacting, withdrawing
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.journal import Erasure
from mailer.submissions.redacting import ERASED, Named

# The reason of letters that were stopped, and what stands where an address stood.
__all__ = ["ERASED", "Erased", "erase", "forget", "forget_mailbox", "forget_one", "replay"]

_PERSON = privacy.blanked("submission")
_WORDS = privacy.blanked("letter_text")
_READER = privacy.blanked("letter_text", Erasing.READER)  # theirs, where we wrote to the supporter


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
    columns: tuple[Any, ...] = (
        submission.c.id, submission.c.mailbox, submission.c.email, submission.c.name,
    )  # fmt: skip
    still = select(*columns).where(submission.c.erased_at.is_(None))
    # In one order, and its letters before each: whoever needs several waits for others in turn.
    found = tx.execute(still.where(theirs).order_by(submission.c.id)).all()
    taken = [_erase_one(tx, row, now) for row in found]
    for mailbox in sorted({row.mailbox for row in found} - {erasure.mailbox}):
        leftovers.drop_links(tx, mailbox, now)
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


def _erase_one(tx: Tx, found: Row[Any], now: float) -> Erased:
    submission_id, whom = found.id, Named(email=found.email, name=found.name)
    rows = tx.execute(
        select(letter)
        .where(letter.c.submission == submission_id)
        .order_by(letter.c.id)
        .with_for_update()  # no worker may take one meanwhile
    ).all()
    stopped, under_way = _stop(tx, rows, now)
    for row in rows:
        _erase_letter(tx, row, whom)
    redacting.redact_strays(tx, whom)
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


def _erase_letter(tx: Tx, row: Row[Any], whom: Named) -> None:
    ours = row.kind != Kind.LETTER  # to the supporter: what a server says of it names them
    blank = dict.fromkeys((*_WORDS, *_READER) if ours else _WORDS, "")
    tx.execute(update(letter_text).where(letter_text.c.letter == row.id).values(**blank))
    redacting.redact(tx, row, whom, ours=ours)
    enclosures.drop(tx, row.id)
