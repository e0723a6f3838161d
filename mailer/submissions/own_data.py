"""My data: everything that is kept of a mailbox, as the map of personal data says who is told what.

Nobody chooses here what is shown: a column that the map does not tell is left out, all others come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Double, Row, Table, func, select

from mailer import addresses, audit, privacy
from mailer.db import Store, Tx
from mailer.db.schema import (
    account,
    confirmation,
    consent,
    enclosure,
    letter,
    letter_event,
    letter_text,
    likeness,
    news,
    staff_session,
    submission,
    suppressed,
)
from mailer.status import Kind
from mailer.submissions.receipts import NEVER

Value = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One row of what is kept, with what belongs to it."""

    table: str
    values: Mapping[str, Value]  # by column, as the map tells them
    moments: frozenset[str]  # columns among them that are moments (seconds since 1970)
    parts: tuple[Piece, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OwnData:
    """All that is kept of a mailbox, at a moment."""

    at: float
    pieces: tuple[Piece, ...]

    @property
    def submissions(self) -> int:
        """How many submissions are among it."""
        return sum(one.table == "submission" for one in self.pieces)

    def as_json(self) -> dict[str, Any]:
        """It as data for programs: by table, moments in ISO 8601 (UTC)."""
        return {"made_at": _iso(self.at), **_by_table(self.pieces)}


def of_mailbox(store: Store, mailbox: str, *, owner: bool) -> OwnData:
    """What is kept of a mailbox (a keyed hash), the newest first.

    `owner`: somebody who has shown that it is theirs; else it is for staff who answer them, and
    what would let staff act in their place is left out.
    """
    with store.snapshot() as tx:
        return OwnData(at=store.now(tx), pieces=tuple(_pieces(tx, store, mailbox, owner=owner)))


def of_address(store: Store, email: str, *, actor: str) -> OwnData:
    """The same for staff who answer the owner of an address, noted in the audit by its hash.

    Raises FieldError for what is no address.
    """
    address = addresses.parse(email)
    with store.read() as tx:
        mailbox = addresses.mailbox_key(address, store.pepper(tx))
    found = of_mailbox(store, mailbox, owner=False)
    with store.write() as tx:
        audit.record(tx, now=store.now(tx), actor=actor, act="data.answer", subject=mailbox,
                     count=found.submissions)  # fmt: skip
    return found


def note_download(store: Store, mailbox: str, found: OwnData) -> None:
    """Note in the audit that the owner of a mailbox took their data away."""
    with store.write() as tx:
        audit.record(tx, now=store.now(tx), actor=audit.SUPPORTER, act="data.own", subject=mailbox,
                     count=found.submissions)  # fmt: skip


def _pieces(tx: Tx, store: Store, mailbox: str, *, owner: bool) -> list[Piece]:
    theirs = _rows(tx, submission, submission.c.mailbox == mailbox, submission.c.created_at.desc())
    found = [_submission(tx, row, owner=owner) for row in theirs]
    for table in (confirmation, suppressed):
        found += [
            _piece(table, row, owner=owner) for row in _rows(tx, table, table.c.mailbox == mailbox)
        ]
    return found + _staff(tx, mailbox, store.pepper(tx), owner=owner)


def _submission(tx: Tx, row: Row[Any], *, owner: bool) -> Piece:
    parts = [
        _piece(table, one, owner=owner)
        for table in (consent, likeness)
        for one in _rows(tx, table, table.c.submission == row.id)
    ]
    mails = _rows(tx, letter, letter.c.submission == row.id, letter.c.created_at, letter.c.id)
    parts += [_letter(tx, one, owner=owner) for one in mails]
    return _piece(submission, row, parts, owner=owner)


def _letter(tx: Tx, row: Row[Any], *, owner: bool) -> Piece:
    mail = row.kind != Kind.LETTER
    parts = [
        _piece(table, one, owner=owner, mail=mail)
        for table in (letter_text, letter_event, news, enclosure)
        for one in _rows(tx, table, table.c.letter == row.id)
    ]
    return _piece(letter, row, parts, owner=owner, mail=mail)


def _staff(tx: Tx, mailbox: str, pepper: bytes, *, owner: bool) -> list[Piece]:
    """The account on the staff pages that belongs to the mailbox, if there is one."""
    found = [
        row for row in _rows(tx, account, func.length(account.c.email) > 0)
        if addresses.mailbox_key(row.email, pepper) == mailbox
    ]  # fmt: skip
    return [
        _piece(
            account, row,
            [
                _piece(staff_session, one, owner=owner)
                for one in _rows(tx, staff_session, staff_session.c.account == row.id)
            ],
            owner=owner,
        )
        for row in found
    ]  # fmt: skip


def _rows(
    tx: Tx, table: Table, condition: ColumnElement[bool], *order: ColumnElement[Any]
) -> Sequence[Row[Any]]:
    return tx.execute(select(table).where(condition).order_by(*order, *table.primary_key)).all()


def _piece(
    table: Table, row: Row[Any], parts: Sequence[Piece] = (), *, owner: bool, mail: bool = False
) -> Piece:
    names = privacy.told(table.name, owner=owner, mail=mail)
    moments = frozenset(name for name in names if isinstance(table.c[name].type, Double))
    values = {name: row._mapping[name] for name in names}
    return Piece(table=table.name, values=values, moments=moments, parts=tuple(parts))


def _by_table(pieces: Sequence[Piece]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for piece in pieces:
        said = {
            name: _iso(value) if name in piece.moments and value is not None else value
            for name, value in piece.values.items()
        }
        found.setdefault(piece.table, []).append({**said, **_by_table(piece.parts)})
    return found


def _iso(moment: Any) -> str:
    if moment == NEVER:
        return "never"
    said = datetime.fromtimestamp(float(moment), UTC).isoformat(timespec="seconds")
    return said.replace("+00:00", "Z")
