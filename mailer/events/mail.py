"""Mail that came back: read, brought to its letter, and passed on where a person answered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, Select, select

from mailer import bounces
from mailer.bounces import Bounce, Kind, mailbox
from mailer.bounces.mailbox import Looked, Mailbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_text, submission
from mailer.errors import MailerError
from mailer.events import answers, tallies
from mailer.events.answers import Answer
from mailer.events.recording import MAIL, record
from mailer.message import read
from mailer.outbox import Sender
from mailer.status import Kind as Of
from mailer.transports.api.base import News, Said

LARGEST = 25_000_000
"""Bytes of a message that are taken in at all."""

MOST_STRAYS = 20
"""Messages a day that name no letter of ours and are shown to staff; the rest is counted."""

STRAY = "mail that names no letter"
UNPROVEN = "It names a letter, and nothing proves that it is about it:"
_SAID = {
    Kind.HARD: Said.BOUNCED,
    Kind.COMPLAINT: Said.COMPLAINED,
}
_ABOUT_A_PERSON = frozenset({Kind.REPLY, Kind.AUTOREPLY})  # their words are not ours to keep


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of one message."""

    kind: Kind
    letter: str = ""  # "" when it names none of ours, or does not prove it
    unproven: str = ""  # the letter of ours that it names without proof
    known: bool = False  # it had been taken before
    passed_on: bool = False  # to the supporter
    attention: bool = False  # staff look at it


def take(store: Store, data: bytes, sender: Sender, *, envelope_to: str = "") -> Taken:
    """Read one message and do what it asks for, once however often it comes.

    `envelope_to` is the address it was delivered to. Of a letter it tells only where an address
    marked by a key of the sender's proves it: else anybody could who has seen that letter. Raises
    StoreError when the database is away, then nothing is done; MailerError for what is too large.
    """
    if len(data) > LARGEST:
        raise MailerError(f"a message of more than {LARGEST:,} bytes is not read")
    bounce = bounces.read(data, envelope_to=envelope_to, keys=sender.keys)
    with store.write() as tx:
        now = store.now(tx)
        about = _letter(tx, bounce.letter)
        if about is None or not bounce.proven:
            return _stray(tx, data, bounce, about, now)
        return _note(tx, data, bounce, about.to_address, sender, now)


def poll(store: Store, at: Mailbox, sender: Sender) -> Looked:
    """Take in what waits in a mailbox; raises MailboxError and StoreError."""
    return mailbox.look(at, lambda data: take(store, data, sender))


def _letter(tx: Tx, letter_id: str) -> Row[Any] | None:
    """A letter of ours, and whom it went to; None when it is none of ours."""
    wanted: Select[Any] = (
        select(letter.c.id, letter.c.kind, letter_text.c.to_address, submission.c.erased_at)
        .join(letter_text, letter.c.id == letter_text.c.letter)
        .outerjoin(submission, submission.c.id == letter.c.submission)
        .where(letter.c.id == letter_id)
    )
    return tx.execute(wanted).one_or_none() if letter_id else None


def _note(tx: Tx, data: bytes, bounce: Bounce, to: str, sender: Sender, now: float) -> Taken:
    is_reply = bounce.kind is Kind.REPLY
    flood = is_reply and answers.too_many(tx, bounce.letter, now=now)
    if flood:
        tallies.count(tx, "answer beyond a day's most", now=now)
        return Taken(kind=bounce.kind, letter=bounce.letter)
    attention = bounce.kind is Kind.UNKNOWN or (bounce.kind is Kind.SOFT and bounce.final)
    unasked = is_reply and not bounce.at_alias  # to the address for bounces: nobody's, so staff's
    noted = record(
        tx, MAIL, _news(data, bounce), now=now, attention=attention or unasked,
        gone=bounce.kind is Kind.HARD and _is_same(bounce, to),
    )  # fmt: skip
    if noted is None:
        return Taken(kind=bounce.kind, letter=bounce.letter, known=True)
    refused = "no answer"
    if is_reply and bounce.at_alias:
        answer = Answer(letter=bounce.letter, data=data)
        refused = answers.pass_on(tx, answer, sender, now=now)
    return Taken(
        kind=bounce.kind, letter=bounce.letter, passed_on=not refused, attention=noted.attention
    )


def _is_same(bounce: Bounce, to: str) -> bool:
    """False when it came back from another mailbox, to which the office's own forwards."""
    named = bounce.recipient.lower()
    return not bounce.elsewhere and named in {"", to.lower()}


def _stray(
    tx: Tx, data: bytes, bounce: Bounce, about: Row[Any] | None, now: float
) -> Taken:  # fmt: skip
    """A message that belongs to no letter: for staff, unless there are too many of them.

    It may name one (`about`) and not prove it: then it changes nothing of that letter.
    """
    taken = Taken(kind=bounce.kind, unproven=about.id if about else "")
    today = sum(tallies.tally(tx, STRAY, days=1, now=now).values())
    tallies.count(tx, STRAY, now=now)
    unasked = bounce.kind is Kind.REPLY and about is not None  # somebody wrote to our own address
    if today >= MOST_STRAYS or (bounce.kind in _ABOUT_A_PERSON and not unasked):
        return taken
    told = replace(_news(data, bounce), letter="")
    if about is not None:
        # Nothing of it may name a supporter: no erasure would find it here.
        kept = told.note if about.kind == Of.LETTER and about.erased_at is None else ""
        told = replace(told, raw="", note=f"{UNPROVEN} {about.id}. {kept}".strip())
    noted = record(tx, MAIL, told, now=now, attention=True)
    return replace(taken, known=noted is None, attention=noted is not None)


def _news(data: bytes, bounce: Bounce) -> News:
    private = bounce.kind in _ABOUT_A_PERSON or not bounce.letter
    return News(
        id=_id(data, bounce), letter=bounce.letter, said=_said(bounce), kind=bounce.kind.value,
        code=bounce.code, note="" if bounce.kind is Kind.REPLY else bounce.note,
        raw="" if private else data.decode("utf-8", "replace"),
    )  # fmt: skip


def _said(bounce: Bounce) -> Said:
    """What it says of the letter: one that nobody tries any more has come back, whatever for."""
    if bounce.kind is Kind.SOFT:
        return Said.DROPPED if bounce.final else Said.DEFERRED
    return _SAID.get(bounce.kind, Said.OTHER)


def _id(data: bytes, bounce: Bounce) -> str:
    """The same for the same message by whatever way it came in twice."""
    own = read.parsed(data[:100_000]).get("Message-ID", "")
    named = f"{own} {bounce.letter} {bounce.kind}".encode("utf-8", "replace")
    return hashlib.sha256(named if own else data).hexdigest()
