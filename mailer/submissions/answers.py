"""Did they answer? Asked once by mail, days after the letters left, and told on the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, exists, select, update

from mailer import i18n, mails, outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_event, letter_text, submission, suppressed
from mailer.outbox import Sender
from mailer.status import Kind, State
from mailer.submissions import unsubscribing
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.preview import TRIAL_MARK
from mailer.submissions.receipts import ANSWERED, NEVER

DAY = 86400.0

UNTIL = 60 * DAY
"""Seconds after which nobody is asked any more, from the moment they could have been."""

APART = DAY
"""Seconds between two such mails to one mailbox, whatever was written with it."""

BATCH = 200
"""People asked in one transaction: others must not wait for it."""

ARRIVED = frozenset({State.SENT, State.DELIVERED})
"""States of letters that an office may answer."""

_ON_ITS_WAY = (State.AWAITING, State.QUEUED, State.CLAIMED, State.DOT)


class Answered(StrEnum):
    """What a supporter tells."""

    YES = "yes"
    NO = "no"  # not yet


def tell(store: Store, token: str, answered: Answered) -> bool:
    """Keep what the writer of a receipt tells, over what they told before; False for no receipt.

    Of a submission that is erased nothing is kept.
    """
    with store.write() as tx:
        if not _is_there(tx, token):
            return False
        this = (submission.c.receipt == token, submission.c.erased_at.is_(None))
        values = {"answered": answered.value, "answered_at": store.now(tx)}
        tx.execute(update(submission).where(*this).values(**values))
    return True


def leave_alone(store: Store, token: str, *, wanted: bool) -> bool:
    """Never ask the writer of a receipt by mail, or no longer not; False for no receipt.

    Whoever was asked is not asked again in any case.
    """
    with store.write() as tx:
        if not _is_there(tx, token):
            return False
        old, new = (None, NEVER) if wanted else (NEVER, None)
        this = (submission.c.receipt == token, submission.c.asked_at.is_not_distinct_from(old))
        tx.execute(update(submission).where(*this).values(asked_at=new))
    return True


def ask(store: Store, sender: Sender, keys: Sequence[str], *, after: float) -> int:
    """Queue the mails that are due; return how many. `keys` sign the links to unsubscribe.

    One for each submission, `after` seconds from the moment its last letter left; never for one
    that is erased, of a trial, kept on this machine, withdrawn or failed, nor when an answer came
    here, the writer has told already, or wants no mail.
    """
    with store.read() as tx:
        if not _due(tx, store.now(tx), after):
            return 0
    with store.write() as tx:
        one_at_a_time(tx, "did they answer")  # two workers must not ask one person each
        now = store.now(tx)
        asked: set[str] = set()
        for row in _due(tx, now, after):
            if row.mailbox not in asked:
                asked.add(row.mailbox)
                _ask(tx, row, sender, keys, now)
    return len(asked)


def _is_there(tx: Tx, token: str) -> bool:
    return bool(tx.execute(select(exists().where(submission.c.receipt == token))).scalar())


def _due(tx: Tx, now: float, after: float) -> Sequence[Row[Any]]:
    """Submissions to ask about, the oldest first; of one mailbox there may be several."""
    told = submission.alias("told")
    lately = exists().where(
        told.c.mailbox == submission.c.mailbox, told.c.asked_at > now - APART
    )  # fmt: skip
    waiting = (
        select(submission)
        .where(submission.c.asked_at.is_(None), submission.c.erased_at.is_(None))
        .where(submission.c.created_at <= now - after)
        .where(submission.c.created_at > now - after - UNTIL)
        .where(submission.c.answered == "", _left(), ~_left(later_than=now - after))
        .where(~_letters(letter.c.state.in_(_ON_ITS_WAY)), ~_answered(), ~lately)
        .where(~exists().where(suppressed.c.mailbox == submission.c.mailbox))
    )
    return tx.execute(waiting.order_by(submission.c.created_at).limit(BATCH)).all()


def _letters(*conditions: Any) -> Any:
    """Whether a submission has a letter such as that."""
    of_this = (letter.c.submission == submission.c.id, letter.c.kind == Kind.LETTER)
    return exists().where(*of_this, *conditions)


def _left(later_than: float | None = None) -> Any:
    """Whether a letter of a submission has left to an office, and not only to whoever tries out."""
    trial = exists().where(
        letter_text.c.letter == letter.c.id, letter_text.c.subject.startswith(TRIAL_MARK)
    )
    moment = [] if later_than is None else [letter.c.sent_at > later_than]
    kept_here = letter.c.transport.startswith("maildir:")
    return _letters(letter.c.state.in_(ARRIVED), ~kept_here, ~trial, *moment)


def _answered() -> Any:
    """Whether an office's answer to a letter of a submission was passed on."""
    return exists().where(
        letter.c.submission == submission.c.id, letter_event.c.letter == letter.c.id,
        letter_event.c.note == ANSWERED,
    )  # fmt: skip


def _ask(tx: Tx, row: Row[Any], sender: Sender, keys: Sequence[str], now: float) -> None:
    language = row.language if row.language in i18n.LANGUAGES else i18n.SOURCE
    letters = _to(tx, row.id)
    title = letters[0].from_name.removeprefix(f"{row.name} via ") or row.campaign
    subject, text = mails.answered(
        language,
        title,
        [one.to_name or one.to_address for one in letters],
        f"{sender.url}/receipt/{row.receipt}/answered?lang={language}",
        unsubscribing.link(sender.url, keys, row.mailbox),
    )
    tx.execute(update(submission).where(submission.c.id == row.id).values(asked_at=now))
    outbox.post(
        tx, Kind.NOTICE, to=row.email, subject=subject, text=text, sender=sender,
        from_name=title, language=language, now=now, submission=row.id, campaign=row.campaign,
    )  # fmt: skip


def _to(tx: Tx, submission_id: str) -> Sequence[Row[Any]]:
    """Whom the letters of a submission that left were to, and from whom."""
    columns: tuple[Any, ...] = (
        letter_text.c.to_name, letter_text.c.to_address, letter_text.c.from_name,
    )  # fmt: skip
    statement = (
        select(*columns)
        .join(letter, letter.c.id == letter_text.c.letter)
        .where(letter.c.submission == submission_id, letter.c.kind == Kind.LETTER)
        .where(letter.c.state.in_(ARRIVED))
    )
    return tx.execute(statement.order_by(letter.c.created_at, letter.c.official)).all()
