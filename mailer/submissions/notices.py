"""Telling supporters that letters failed for good: one mail for each submission."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, and_, exists, select, update

from mailer import i18n, mails, outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_text, submission
from mailer.mails import FailedLetter
from mailer.officials.values import Officials
from mailer.outbox import is_state
from mailer.status import Kind, State
from mailer.submissions import alerts, whys
from mailer.submissions.accept import one_at_a_time
from mailer.submissions.alerts import Desk
from mailer.submissions.preview import TRIAL_MARK

GATHERED = 3600.0
"""Seconds between two mails to one supporter: what fails meanwhile is told together."""

BATCH = 200
"""Letters told of in one transaction: others must not wait for it."""


def tell_failed(store: Store, desk: Desk, officials: Officials) -> int:
    """Tell supporters and staff of letters that failed for good; return how many were told of.

    Each letter is told once: the mail and its mark are one transaction. Mails of our own that
    failed make no others, and nobody is written to whose data is erased.
    """
    with store.read() as tx:
        if not _untold(tx, store.now(tx)):
            return 0
    with store.write() as tx:
        one_at_a_time(tx, "failed letters")  # two workers must not write to one person each
        now = store.now(tx)
        told = [row for row in _mark(tx, _untold(tx, now), now) if row.kind == Kind.LETTER]
        for rows in _by_submission(told):
            _tell(tx, rows, desk, officials, now)
        alerts.gather(tx, told)
    return len(told)


def phone(officials: Officials, official: str | None, post: str | None) -> str:
    """The telephone of an office, or of who holds it, as officials.yaml has it; or ""."""
    office, person = officials.posts.get(post or ""), officials.people.get(official or "")
    return (office and office.phone) or (person and person.phone) or ""


def postal(officials: Officials, official: str, post: str) -> str:
    """The postal address of an office, or of who holds it, as officials.yaml has it; or ""."""
    office, person = officials.posts.get(post), officials.people.get(official)
    return (office and office.address) or (person and person.address) or ""


def _untold(tx: Tx, now: float) -> list[str]:
    """Failed letters nobody was told of, whole submissions of them.

    Left out are those whose supporter had a mail within the hour.
    """
    notice = letter.alias("notice")
    lately = exists().where(
        notice.c.submission == letter.c.submission, notice.c.kind == Kind.NOTICE,
        notice.c.created_at > now - GATHERED,
    )  # fmt: skip
    untold = (
        select(letter.c.id, letter.c.submission)
        .where(is_state(State.FAILED), letter.c.told_at.is_(None))
        .where(~and_(letter.c.kind == Kind.LETTER, lately))
    )
    some = tx.execute(untold.order_by(letter.c.id).limit(BATCH)).all()
    alone = [row.id for row in some if row.submission is None]
    together = untold.where(letter.c.submission.in_({row.submission for row in some}))
    return alone + [row.id for row in tx.execute(together)]


def _mark(tx: Tx, ids: Sequence[str], now: float) -> Sequence[Row[Any]]:
    """Mark letters as told of; return those that nobody has tried again meanwhile."""
    mark = (
        update(letter)
        .where(letter.c.id.in_(ids), is_state(State.FAILED), letter.c.told_at.is_(None))
        .values(told_at=now)
        .returning(letter.c.id)
    )
    marked = tx.execute(mark).scalars().all()
    text, who = letter_text.c, submission.c
    columns = (
        text.to_name, text.to_address, text.from_name, text.subject, who.receipt, who.email,
        who.name, who.language, who.erased_at,
    )  # fmt: skip
    return tx.execute(
        select(letter, *columns)
        .outerjoin(letter_text, text.letter == letter.c.id)
        .outerjoin(submission, who.id == letter.c.submission)
        .where(letter.c.id.in_(marked))
        .order_by(letter.c.created_at, letter.c.official)
    ).all()


def _by_submission(letters: Iterable[Row[Any]]) -> list[list[Row[Any]]]:
    """The letters of each supporter who can be written to."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in letters:
        if row.submission and row.email and row.erased_at is None:
            found[row.submission].append(row)
    return list(found.values())


def _tell(
    tx: Tx, rows: Sequence[Row[Any]], desk: Desk, officials: Officials, now: float
) -> None:  # fmt: skip
    who = rows[0]
    language = who.language if who.language in i18n.LANGUAGES else i18n.SOURCE
    title = who.from_name.removeprefix(f"{who.name} via ")
    failed = [_failed(row, language, officials) for row in rows]
    link = f"{desk.sender.url}/receipt/{who.receipt}?lang={language}"
    subject, words = mails.failed(language, title, failed, link)
    outbox.post(
        tx, Kind.NOTICE, to=who.email, subject=subject, text=words, sender=desk.sender,
        from_name=title, language=language, now=now, submission=who.submission,
        campaign=who.campaign,
    )  # fmt: skip


def _failed(row: Row[Any], language: str, officials: Officials) -> FailedLetter:
    tried = row.changed_at - (row.tried_at or row.changed_at)
    trial = row.subject.startswith(TRIAL_MARK)
    return FailedLetter(
        to=row.to_address if trial else row.to_name or row.to_address,
        why=whys.say(whys.why(row.reason, row.answer, row.attempts), tried, language),
        phone="" if trial else phone(officials, row.official, row.post),
        trial=trial,
    )
