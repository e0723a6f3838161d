"""The links that were mailed to confirm with: whose they are, and how long each is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, null, select

from mailer.db import Tx
from mailer.db.schema import confirmation, letter, submission
from mailer.status import State

LIFE = 7 * 86400.0
"""Seconds for which a link is open, from the moment its mail left. One that waits does not age."""

_ON_ITS_WAY = (State.QUEUED, State.CLAIMED, State.DOT)

_mail = letter.alias("asking")
_TABLES = confirmation.outerjoin(_mail, _mail.c.id == confirmation.c.letter)


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link that was mailed."""

    mailbox: str  # a keyed hash
    campaign: str
    open: bool


def find(tx: Tx, token: str, now: float) -> Link | None:
    """The link with this token, open or over; None for one that was never mailed."""
    statement = _of(confirmation.c.token == token).add_columns(_is_open(now).label("open"))
    row = tx.execute(statement).one_or_none()
    if row is None:
        return None
    return Link(mailbox=row.mailbox, campaign=row.campaign, open=bool(row.open))


def open_ones(tx: Tx, mailbox: str, now: float) -> Sequence[Row[Any]]:
    """The rows of all open links of a mailbox, the newest first."""
    return _newest_first(tx, mailbox, _is_open(now))


def closed_ones(tx: Tx, mailbox: str, now: float) -> Sequence[Row[Any]]:
    """The rows of all links of a mailbox that are over, the newest first."""
    return _newest_first(tx, mailbox, ~_is_open(now))


def _newest_first(tx: Tx, mailbox: str, which: ColumnElement[bool]) -> Sequence[Row[Any]]:
    statement = _of(confirmation.c.mailbox == mailbox, which)
    return tx.execute(statement.order_by(confirmation.c.at.desc())).all()


def opens(now: float) -> ColumnElement[bool]:
    """A condition on submissions: that a link to their mailbox is open at `now`."""
    return _of(confirmation.c.mailbox == submission.c.mailbox, _is_open(now)).exists()


def reached(by: float, until: float) -> ColumnElement[bool]:
    """A condition on submissions: a link left for their mailbox by then, and is open until then."""
    arrived = (_mail.c.sent_at <= by) & (_mail.c.state != State.BOUNCED)
    theirs = confirmation.c.mailbox == submission.c.mailbox
    return _of(theirs, arrived, _is_open(until)).exists()


def _of(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(confirmation).select_from(_TABLES).where(*conditions)


def _is_open(now: float) -> ColumnElement[bool]:
    # A mail that failed, or never was to be sent, begins to age all the same: somebody has to
    # write again some day, and what they wrote before must not wait for ever.
    over = func.coalesce(_mail.c.changed_at, confirmation.c.at)
    since = func.coalesce(
        _mail.c.sent_at, case((_mail.c.state.in_(_ON_ITS_WAY), null()), else_=over)
    )
    return since.is_(None) | (since > now - LIFE)
