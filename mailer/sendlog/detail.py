"""One letter: all that happened to it, and its exact message."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row as DbRow
from sqlalchemy import select

from mailer.db import Store
from mailer.db.schema import letter, letter_event, letter_text, submission
from mailer.errors import HeaderError
from mailer.message import Mail, compose
from mailer.outbox import enclosures, mail_of
from mailer.sendlog import news
from mailer.sendlog.listing import COLUMNS, Row, row_of
from mailer.status import Kind, State

_DETAILS = (
    letter.c.dated_at, letter.c.sha256, letter.c.post, letter.c.queue, letter.c.due_at,
    letter.c.provider_id, letter.c.cleared, letter.c.told_at, submission.c.edited,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened to a letter."""

    id: str
    at: float
    state: State
    actor: str
    attempt: int
    transport: str
    code: str
    note: str


@dataclass(frozen=True, kw_only=True)
class LetterPage:
    """All there is to know of one letter."""

    row: Row
    events: tuple[Event, ...]
    mail: Mail | None  # None: its text is erased, or holds a secret link
    dated_at: float | None  # the date of the attempt that left, or may have
    sha256: str  # of the bytes handed to the transport; "" before
    post: str
    language: str
    queue: str
    due_at: float
    provider_id: str
    cleared: bool  # may leave through a transport that really sends
    told_at: float | None  # when its supporter was told that it failed
    edited: bool  # its supporter changed the campaign's own text
    news: tuple[news.Back, ...]  # what providers and bounce mails told of it

    @property
    def transport(self) -> str:
        """The account that took it, or may have."""
        return self.row.transport


def letter_page(store: Store, letter_id: str) -> LetterPage | None:
    """One letter with its events and its message, or None."""
    columns = [*COLUMNS, *_DETAILS, *letter_text.c]
    statement = (
        select(*columns)
        .outerjoin(submission, submission.c.id == letter.c.submission)
        .outerjoin(letter_text, letter_text.c.letter == letter.c.id)
        .where(letter.c.id == letter_id)
    )
    events = (
        select(letter_event).where(letter_event.c.letter == letter_id).order_by(letter_event.c.id)
    )
    with store.read() as tx:
        found = tx.execute(statement).one_or_none()
        if found is None:
            return None
        happened = tuple(_event(row) for row in tx.execute(events))
        told = news.of_letter(tx, letter_id)
        along = enclosures.of(tx, [letter_id]).get(letter_id, b"")
    kind = Kind(found.kind)
    secret = kind is Kind.ACCOUNT or not found.subject  # erased: no mail has an empty subject
    date = found.dated_at or found.created_at
    return LetterPage(
        row=row_of(found), events=happened,
        mail=None if secret else _as_it_left(mail_of(found, kind, date, along), found.sha256),
        dated_at=found.dated_at, sha256=found.sha256, post=found.post or "",
        language=found.language or "", queue=found.queue, due_at=found.due_at,
        provider_id=found.provider_id, cleared=found.cleared,
        told_at=found.told_at, edited=bool(found.edited), news=told,
    )  # fmt: skip


def _as_it_left(mail: Mail, sha256: str) -> Mail:
    """The mail with its HTML part or without, as it left: lists of free-mail providers grow."""
    other = replace(mail, html=not mail.html)
    agrees = sha256 and _digest(mail) != sha256 and _digest(other) == sha256
    return other if agrees else mail


def _digest(mail: Mail) -> str:
    try:
        return hashlib.sha256(compose(mail)).hexdigest()
    except HeaderError:
        return ""


def _event(row: DbRow[Any]) -> Event:
    return Event(
        id=row.id, at=row.at, state=State(row.state), actor=row.actor, attempt=row.attempt,
        transport=row.transport, code=row.code, note=row.note,
    )  # fmt: skip
