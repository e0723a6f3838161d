"""What is on record of one submission, without a name, an address or a word of it.

Once its writer is erased, what could still tell who that was is not there any more: the hashes of
the letters and of the address. That somebody agreed, to which words, and when, is no person's data.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, select

from mailer import addresses
from mailer.db import Tx
from mailer.db.schema import letter, letter_event, letter_text, submission
from mailer.message import sameness
from mailer.outbox import mail_of
from mailer.status import ACCEPTED, Kind, State
from mailer.submissions import consents
from mailer.submissions.readdressing import NOTE as READDRESSED
from mailer.submissions.receipts import reference

FORMAT = "mailer-proof-1"
"""The form of the record; another one would have another name."""

FIELDS = frozenset({
    "format", "site", "made_at", "reference", "campaign", "language", "sent_in_at", "wording",
    "confirmation", "found_not_theirs_at", "erased_at", "address", "letters",
})  # fmt: skip
ADDRESS = frozenset({"method", "salt", "n", "r", "p", "hash"})
LETTER = frozenset({
    "official", "post", "message_id", "state", "kept_here", "possibly_twice",
    "addressed_to_successor", "approved_sha256", "message_sha256", "accepted_at",
})  # fmt: skip
"""What a record holds, what its address holds, and what each of its letters does."""

MOST = 20
"""Records that somebody gets at once: to hash an address takes its time."""

_SCRYPT = {"n": 2**14, "r": 8, "p": 1}
"""The cost of one guess at an address (RFC 7914): about 50 ms and 16 MB."""

_HANDED_OVER = ACCEPTED | {State.DOT, State.UNCERTAIN}
_REFERENCE = re.compile(r"([0-9a-z]{5})-?([0-9a-z]{5})", re.IGNORECASE | re.ASCII)
_ID = re.compile(r"<?([0-9a-z]{26})(?:@[\w.-]{1,255})?>?", re.IGNORECASE | re.ASCII)


def find(tx: Tx, typed: str) -> str | None:
    """The id of the submission that something names: the reference of its receipt, its id, or the
    id or the Message-ID of one of its letters. None for what names nothing, or two things."""
    named = _REFERENCE.fullmatch(typed.strip())
    if named:
        begins = f"{named[1]}{named[2]}".lower()
        these = select(submission.c.id).where(submission.c.id.between(begins, f"{begins}~"))
    elif id_ := _ID.fullmatch(typed.strip()):
        of_letter = select(letter.c.submission).where(letter.c.id == id_[1].lower())
        these = select(submission.c.id).where(
            (submission.c.id == id_[1].lower()) | submission.c.id.in_(of_letter)
        )
    else:
        return None
    found = tx.execute(these.limit(2)).scalars().all()
    return found[0] if len(found) == 1 else None


def record(tx: Tx, submission_id: str, *, site: str, now: float) -> dict[str, Any] | None:
    """All that is on record of a submission, as plain values of JSON; None where there is none.

    `site` is the address of the pages. Moments are in UTC, to the second (RFC 3339).
    """
    row = tx.execute(select(submission).where(submission.c.id == submission_id)).one_or_none()
    if row is None:
        return None
    return {
        "format": FORMAT, "site": site, "made_at": _moment(now), "reference": reference(row.id),
        "campaign": row.campaign, "language": row.language,
        "sent_in_at": _moment(row.created_at),
        "wording": {"version": row.wording, "shown": consents.wording(tx, row.wording)},
        "confirmation": {"by": _confirmed_by(tx, row), "at": _moment(row.confirmed_at)},
        "found_not_theirs_at": _moment(row.invalid_at), "erased_at": _moment(row.erased_at),
        "address": _hashed(row.email) if row.email else None,
        "letters": [_letter(found) for found in tx.execute(_LETTERS, {"of": submission_id})],
    }  # fmt: skip


def of_mailbox(tx: Tx, mailbox: str, *, site: str, now: float) -> list[dict[str, Any]]:
    """The records of the newest submissions of a mailbox (a keyed hash) that are not erased."""
    theirs = submission.c.mailbox == mailbox
    newest = select(submission.c.id).where(theirs, submission.c.erased_at.is_(None))
    ids = tx.execute(newest.order_by(submission.c.created_at.desc()).limit(MOST)).scalars()
    found = (record(tx, key, site=site, now=now) for key in ids.all())
    return [one for one in found if one]


def address_hash(address: str, salt: bytes, cost: dict[str, int]) -> str:
    """The hash by which an address can be recognised by whoever knows it; raises ValueError."""
    same = addresses.mailbox(address).encode()
    return hashlib.scrypt(same, salt=salt, n=cost["n"], r=cost["r"], p=cost["p"], dklen=32).hex()


def _hashed(address: str) -> dict[str, Any]:
    salt = secrets.token_bytes(16)
    kept = {"method": "scrypt", "salt": salt.hex(), **_SCRYPT}
    return kept | {"hash": address_hash(address, salt, _SCRYPT)}


def _confirmed_by(tx: Tx, row: Row[Any]) -> str:
    """link | code | unknown (before that was noted) | awaited | none: no mail asked for it."""
    if row.confirmed_at is not None:
        return row.confirmed_by or "unknown"
    asked = exists().where(
        letter.c.submission == row.id, letter_event.c.letter == letter.c.id,
        letter_event.c.state == State.AWAITING,
    )  # fmt: skip
    return "awaited" if tx.execute(select(asked)).scalar() else "none"


_LETTERS = (
    select(
        letter,
        *(column for column in letter_text.c if column.name != "letter"),
        exists()
        .where(letter_event.c.letter == letter.c.id, letter_event.c.note == READDRESSED)
        .label("readdressed"),
    )
    .join(letter_text, letter_text.c.letter == letter.c.id)
    .where(letter.c.submission == bindparam("of"), letter.c.kind == Kind.LETTER)
    .order_by(letter.c.official, letter.c.id)
)


def _letter(row: Row[Any]) -> dict[str, Any]:
    left = row.state in _HANDED_OVER
    return {
        "official": row.official, "post": row.post, "message_id": row.message_id,
        "state": row.state,
        "kept_here": left and row.transport.startswith("maildir:"),
        "possibly_twice": row.possibly_twice,
        "addressed_to_successor": row.readdressed,
        "approved_sha256": row.approved or _made_again(row),
        "message_sha256": (row.sha256 if left else "") or None,
        "accepted_at": _moment(row.sent_at),
    }  # fmt: skip


def _made_again(row: Row[Any]) -> str | None:
    """The hash of a letter from before it was noted; None where nothing can tell any more."""
    if not row.subject or row.readdressed:
        return None
    mail = mail_of(row, Kind.LETTER, row.created_at)
    return sameness.of(mail.subject, mail.text)


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
