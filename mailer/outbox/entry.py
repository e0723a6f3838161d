"""How mail enters the outbox: frozen, with its lane, its Message-ID and its first event."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Row
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from mailer.config import Settings
from mailer.db import Tx, given
from mailer.db.ids import letter_id
from mailer.db.schema import letter, letter_text
from mailer.message import Mail, sameness, tokens
from mailer.message.freemail import is_freemail
from mailer.outbox import enclosures, moves, queues, suppression
from mailer.outbox.queues import Place, Terms
from mailer.status import OUR_WORDS, PRIORITY, UNASKED, Kind, State

# A line of our own in such mails; the header for mail programs repeats it. Only https may stand
# there (RFC 8058, 3.1).
_UNSUBSCRIBE = re.compile(r"^https://\S+/unsubscribe/\S+$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who we are on the wire, and where our pages are."""

    address: str
    url: str  # without a slash at the end
    reply_domain: str = ""  # of addresses at which letters are answered instead
    reply_alias: str = "off"  # off | freemail | always: whose letters have one
    keys: tuple[str, ...] = field(default=(), repr=False)  # mark those addresses; the first makes

    @classmethod
    def of(cls, settings: Settings) -> Sender:
        """The sender that the settings name."""
        return cls(
            address=settings.from_address, url=settings.public_url,
            reply_domain=settings.reply_domain, reply_alias=settings.reply_alias,
            keys=settings.with_development_key().secret_keys,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a mail says: written once, never changed."""

    language: str
    from_name: str
    from_address: str
    reply_name: str = ""
    reply_address: str = ""
    to_name: str = ""
    to_address: str
    subject: str
    salutation: str = ""
    body: str

    @property
    def text(self) -> str:
        """The letter whole: the salutation, an empty line, the body."""
        return f"{self.salutation}\n\n{self.body}" if self.salutation else self.body

    def mail(self, message_id: str, kind: Kind, date: float, enclosed: bytes = b"") -> Mail:
        """The mail that says it, with what goes along.

        Filters take an answer to free-mail amiss; the text alone gives them nothing more to count.
        """
        text = self.text
        return Mail(
            from_name=self.from_name, from_address=self.from_address,
            reply_name=self.reply_name, reply_address=self.reply_address,
            to_name=self.to_name, to_address=self.to_address, subject=self.subject, text=text,
            message_id=message_id, date=date, auto=kind is not Kind.LETTER,
            linked=kind in OUR_WORDS, html=not is_freemail(self.reply_address),
            language=self.language,
            unsubscribe=_unsubscribe(text) if kind in UNASKED else "", enclosed=enclosed,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class NewLetter:
    """A mail about to enter the outbox."""

    kind: Kind
    state: State
    written: Written
    actor: str
    submission: str | None = None
    campaign: str | None = None
    official: str | None = None
    post: str | None = None
    person: str | None = None  # claims the one letter of this person to this official
    reason: str = ""
    held_for: str = ""  # the official whose office changed hands, if that is the reason
    terms: Terms = field(default_factory=Terms)
    on_uncertain: str = "resend"
    cleared: bool = True
    # Where it is answered, at an address of its own, and what marks that; empty: as written.
    reply_domain: str = ""
    reply_keys: tuple[str, ...] = field(default=(), repr=False)
    enclosed: bytes = b""  # a message that goes along
    id: str = ""  # made when it enters, unless somebody must know it before


def add(tx: Tx, letters: Sequence[NewLetter], now: float) -> list[NewLetter]:
    """Enter `letters`; return those that could not be, because the person had written already."""
    places = [place for new in letters if (place := _place(new))]
    if places:
        queues.ensure(tx, places, now)
    if len(places) < len(letters):
        queues.ensure_people(tx, now)
    entered = [(new.id or letter_id(now), new) for new in letters]
    rows = [_row(key, new, now) for key, new in entered]
    # Which of them went in is asked of the database: only its UNIQUE line can know.
    done = set(tx.execute(_unless_written(tx.dialect.name), rows).scalars())
    texts = [_text(key, new) for key, new in entered if key in done]
    given.enter(tx, letter_text, texts)
    enclosures.keep(tx, {key: new.enclosed for key, new in entered if key in done})
    moves.record_each(
        tx,
        [
            (key, new.state, moves.Event(now=now, actor=new.actor, note=new.reason))
            for key, new in entered
            if key in done
        ],
    )
    return [new for key, new in entered if key not in done]


def post(
    tx: Tx,
    kind: Kind,
    *,
    to: str,
    subject: str,
    text: str,
    sender: Sender,
    from_name: str,
    language: str,
    now: float,
    submission: str | None = None,
    campaign: str | None = None,
    actor: str = "mailer",
) -> str | None:
    """Queue a mail of ours to a supporter or to staff, and return its id.

    None where there is none, because its reader wants no more of them.
    """
    if submission is not None and suppression.of_submission(tx, submission):
        return None
    written = Written(
        language=language, from_name=from_name, from_address=sender.address, to_address=to,
        subject=subject, body=text,
    )  # fmt: skip
    new = NewLetter(
        kind=kind, state=State.QUEUED, written=written, actor=actor, submission=submission,
        campaign=campaign, id=letter_id(now),
    )  # fmt: skip
    add(tx, [new], now)
    return new.id


def _unsubscribe(text: str) -> str:
    """The address in a mail of ours that ends such mails; "" where it is none for programs."""
    found = _UNSUBSCRIBE.search(text)
    return found[0] if found else ""


def mail_of(text: Row[Any], kind: Kind, date: float, enclosed: bytes = b"") -> Mail:
    """The mail that a row of letter_text stands for; the same row and date, the same bytes."""
    written = Written(
        language=text.language, from_name=text.from_name, from_address=text.from_address,
        reply_name=text.reply_name, reply_address=text.reply_address, to_name=text.to_name,
        to_address=text.to_address, subject=text.subject, salutation=text.salutation,
        body=text.body,
    )  # fmt: skip
    return written.mail(text.message_id, kind, date, enclosed)


@cache
def _unless_written(dialect: str) -> ReturningInsert[str]:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    unique = [letter.c.campaign, letter.c.person, letter.c.official]
    statement = insert(letter).on_conflict_do_nothing(index_elements=unique)
    return statement.returning(letter.c.id)


def _place(new: NewLetter) -> Place | None:
    """Where a letter to an official waits; None for mail to people."""
    if new.kind is not Kind.LETTER:
        return None
    return Place(
        campaign=new.campaign or "", official=new.official or "",
        address=new.written.to_address, terms=new.terms,
    )  # fmt: skip


def _row(key: str, new: NewLetter, now: float) -> dict[str, Any]:
    place = _place(new)
    return {
        "id": key, "submission": new.submission, "kind": new.kind, "state": new.state,
        "campaign": new.campaign, "official": new.official, "post": new.post,
        "person": new.person, "queue": place.id if place else queues.PEOPLE,
        "priority": PRIORITY[new.kind],
        "created_at": now, "due_at": now, "changed_at": now, "on_uncertain": new.on_uncertain,
        "cleared": new.cleared, "reason": new.reason, "held_for": new.held_for,
        "approved": sameness.of(new.written.subject, new.written.text) if place else "",
    }  # fmt: skip


def _text(key: str, new: NewLetter) -> dict[str, Any]:
    written = new.written
    domain = written.from_address.rpartition("@")[2]
    reply = written.reply_address
    if reply and new.reply_domain:
        reply = tokens.for_answers(key, new.reply_domain, new.reply_keys)
    return {
        "letter": key, "message_id": f"{key}@{domain}", "language": written.language,
        "from_name": written.from_name, "from_address": written.from_address,
        "reply_name": written.reply_name, "reply_address": reply,
        "to_name": written.to_name, "to_address": written.to_address,
        "subject": written.subject, "salutation": written.salutation, "body": written.body,
    }  # fmt: skip
