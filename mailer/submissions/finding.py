"""Finding one's receipts again: whoever types an address gets the same page, its owner a mail.

The page only notes that an address was typed; a worker looks whether anything is known of it. So
neither what the page says nor how long it takes can tell who has written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, exists, select

from mailer import addresses, i18n, mails, outbox
from mailer.db import Store, Tx, marks
from mailer.db.schema import letter, letter_event, letter_text, submission
from mailer.mails import FoundReceipt
from mailer.outbox import Sender
from mailer.status import Kind, State
from mailer.submissions import data_links, erase_links
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.receipts import reference

AN_HOUR = 1
"""Such mails to one mailbox in an hour: a form must not be a mail bomb."""

A_DAY = 3
"""Such mails to one mailbox in a day."""

MOST = 30
"""Receipts in one mail, the newest first."""

BATCH = 100
"""Mailboxes looked for in one transaction: others must not wait for it."""

_MARK = "find "


def ask(store: Store, email: str, language: str) -> None:
    """Note that somebody looks for what was written with `email`; raises FieldError."""
    address = addresses.parse(email)
    with store.write() as tx:
        _note(tx, addresses.mailbox_key(address, store.pepper(tx)), language)


def ask_for(store: Store, token: str, language: str) -> bool:
    """The same for the mailbox of a receipt; False for one that is not there."""
    with store.write() as tx:
        wanted = select(submission.c.mailbox).where(submission.c.receipt == token)
        mailbox = tx.execute(wanted).scalar()
        if mailbox is not None:
            _note(tx, mailbox, language)
    return mailbox is not None


def answer(store: Store, sender: Sender, keys: Sequence[str]) -> int:
    """Queue the mails that were asked for and may be sent; return how many.

    `keys` sign their links to see and to erase everything.
    """
    with store.read() as tx:
        if not marks.beginning(tx, _MARK):
            return 0
    with store.write() as tx:
        one_at_a_time(tx, "receipts looked for")  # two workers must not write to one person each
        now, waiting = store.now(tx), sorted(marks.beginning(tx, _MARK).items())[:BATCH]
        for mailbox, _ in waiting:
            marks.drop(tx, _MARK + mailbox)
        return sum(_answer(tx, box, language, sender, keys, now) for box, language in waiting)


def _note(tx: Tx, mailbox: str, language: str) -> None:
    marks.put(tx, _MARK + mailbox, language)


def _answer(
    tx: Tx, mailbox: str, language: str, sender: Sender, keys: Sequence[str], now: float
) -> bool:
    found = _found(tx, mailbox)
    if not found or _had_enough(tx, mailbox, now):
        return False
    language = language if language in i18n.LANGUAGES else i18n.SOURCE
    listed = [
        FoundReceipt(
            title=_title(row),
            reference=reference(row.id),
            link=f"{sender.url}/receipt/{row.receipt}?lang={language}",
        )
        for row in found
    ]
    erase = f"{erase_links.link(sender.url, keys, mailbox, now)}?lang={language}"
    see = f"{data_links.link(sender.url, keys, mailbox, now)}?lang={language}"
    subject, text = mails.receipts(language, listed, see=see, erase=erase)
    newest = found[0]
    posted = outbox.post(
        tx, Kind.ACCOUNT, to=newest.email, subject=subject, text=text, sender=sender,
        from_name=_title(newest), language=language, now=now, submission=newest.id,
        campaign=newest.campaign, actor="supporter",
    )  # fmt: skip
    return posted is not None


def _found(tx: Tx, mailbox: str) -> Sequence[Row[Any]]:
    """The submissions that a mail may tell of, the newest first, each with one letter's sender."""
    of_this = (letter.c.submission == submission.c.id, letter.c.kind == Kind.LETTER)
    # Of what waits, or waited in vain, nobody has shown that the address is theirs.
    waited = exists().where(
        *of_this, letter_event.c.letter == letter.c.id, letter_event.c.state == State.AWAITING
    )
    shown = submission.c.confirmed_at.is_not(None) | ~waited
    one = (
        select(letter_text.c.from_name)
        .join(letter, letter.c.id == letter_text.c.letter)
        .where(*of_this)
        .order_by(letter.c.id)
        .limit(1)
        .scalar_subquery()
    )
    columns: tuple[Any, ...] = (
        submission.c.id, submission.c.receipt, submission.c.name, submission.c.email,
        submission.c.campaign, one.label("from_name"),
    )  # fmt: skip
    theirs = (submission.c.mailbox == mailbox, submission.c.erased_at.is_(None))
    statement = select(*columns).where(*theirs, shown)
    return tx.execute(statement.order_by(submission.c.created_at.desc()).limit(MOST)).all()


def _title(row: Row[Any]) -> str:
    """The campaign's title, which every sender's name ends with; its slug when that is erased."""
    return (row.from_name or "").removeprefix(f"{row.name} via ") or str(row.campaign)


def _had_enough(tx: Tx, mailbox: str, now: float) -> bool:
    recent = (
        select(letter.c.created_at)
        .join(submission, submission.c.id == letter.c.submission)
        .where(submission.c.mailbox == mailbox, letter.c.kind == Kind.ACCOUNT)
        .where(letter.c.created_at > now - 86400.0)
    )
    sent = tx.execute(recent).scalars().all()
    return len(sent) >= A_DAY or sum(at > now - 3600.0 for at in sent) >= AN_HOUR
