"""Answers of offices to letters that give an address of ours: passed on to their writers."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import getaddresses
from typing import Any

from sqlalchemy import Row, Select, func, select

from mailer import addresses, mails, outbox
from mailer.db import Tx
from mailer.db.schema import letter, letter_text, news, submission
from mailer.errors import FieldError
from mailer.events import tallies
from mailer.message import enclosing, read
from mailer.outbox import Event, NewLetter, Sender, Written, moves, suppression
from mailer.status import Kind, State

LARGEST = 5_000_000
"""Bytes of an answer that go along; of a larger one its text."""

MOST_A_DAY = 5
"""Answers to one letter that are passed on within 24 hours: two programs may talk to each other."""

MOST_HOPS = 40  # servers an answer came through; more is a loop (RFC 5321, 6.3)
ANSWERED = "answered"
_DAY = 86400.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it came, and the letter it is to."""

    letter: str
    data: bytes


def pass_on(tx: Tx, answer: Answer, sender: Sender, *, now: float) -> str:
    """Queue the mail that carries an answer to the letter's writer; "" or why it goes nowhere."""
    about = tx.execute(_ABOUT.where(letter.c.id == answer.letter)).one_or_none()
    shown = read.parts(answer.data[:LARGEST])
    why = _refused(tx, about, shown, sender)
    if about is None or why:
        tallies.count(tx, f"answer {why}", now=now)
        return why
    _queue(tx, about, answer, _answer_to(shown, sender), sender, now)
    event = Event(now=now, actor="office", note=ANSWERED)
    moves.record(tx, [answer.letter], State(about.state), event)
    return ""


_ABOUT: Select[Any] = (
    select(
        letter.c.state, letter.c.kind, letter.c.submission, letter.c.campaign,
        letter_text.c.to_name, letter_text.c.to_address, submission.c.language,
        submission.c.email, submission.c.erased_at,
    )
    .join(letter_text, letter_text.c.letter == letter.c.id)
    .join(submission, submission.c.id == letter.c.submission)
)  # fmt: skip


def _refused(
    tx: Tx, about: Row[Any] | None, shown: read.Shown, sender: Sender
) -> str:  # fmt: skip
    if about is None or about.kind != Kind.LETTER:
        return "to no letter"
    if about.erased_at is not None or not about.email:
        return "to an erased letter"
    if suppression.of_submission(tx, about.submission):
        return "to somebody who wants no mail"
    if _is_ours(_first(shown, "From"), sender) or _hops(shown) > MOST_HOPS:
        return "in a loop"
    return ""


def too_many(tx: Tx, letter_id: str, *, now: float) -> bool:
    """True when so many answers to one letter came today that programs must be talking."""
    today = select(func.count()).where(
        news.c.letter == letter_id, news.c.kind == Kind.REPLY.value, news.c.received_at > now - _DAY
    )
    return int(tx.execute(today).scalar_one()) >= MOST_A_DAY


def _queue(
    tx: Tx, about: Row[Any], answer: Answer, reply: str, sender: Sender, now: float
) -> None:  # fmt: skip
    shortened = len(answer.data) > LARGEST
    name = about.to_name or about.to_address
    subject, text = mails.reply(about.language, name, reply, shortened=shortened)
    written = Written(
        language=about.language, from_name=name, from_address=sender.address,
        reply_address=reply, to_address=about.email, subject=subject, body=text,
    )  # fmt: skip
    enclosed = enclosing.brief(answer.data[:LARGEST]) if shortened else enclosing.plain(answer.data)
    new = NewLetter(
        kind=Kind.REPLY, state=State.QUEUED, written=written, actor="office",
        submission=about.submission, campaign=about.campaign, enclosed=enclosed,
    )  # fmt: skip
    outbox.add(tx, [new], now)


def _answer_to(shown: read.Shown, sender: Sender) -> str:
    """The office's own address, as far as it can be written to."""
    for name in ("Reply-To", "From"):
        try:
            found = addresses.parse(_first(shown, name))
        except FieldError:
            continue
        if not _is_ours(found, sender):
            return found
    return ""


def _first(shown: read.Shown, name: str) -> str:
    return next((address for _, address in getaddresses([shown.header(name)[:2000]])), "")


def _is_ours(address: str, sender: Sender) -> bool:
    """True for the addresses that we write from, and those that are read here."""
    domain = address.rpartition("@")[2].lower()
    return address.lower() == sender.address.lower() or domain == sender.reply_domain


def _hops(shown: read.Shown) -> int:
    return sum(name.lower() == "received" for name, _ in shown.headers)
