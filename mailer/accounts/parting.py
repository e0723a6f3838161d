"""When somebody has left the staff: what is known of them goes, too. The audit keeps their id."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import delete, select

from mailer import audit
from mailer.accounts.people import by_email, normalised
from mailer.accounts.sessions import ABSOLUTE
from mailer.db import Store, Tx
from mailer.db.schema import account, account_token, recovery_code, staff_session

DAY = 86400.0


class Parted(StrEnum):
    """What became of an account that was to be erased."""

    GONE = "gone"
    OPEN = "open"  # it has to be shut first
    NONE = "none"  # there is none


def part(store: Store, email: str, *, actor: str = audit.COMMAND) -> Parted:
    """Erase the account of an address, if it was shut."""
    with store.write() as tx:
        row = by_email(tx, normalised(email))
        if row is None:
            return Parted.NONE
        if row.disabled_at is None:
            return Parted.OPEN
        _erase(tx, [row.id], actor, store.now(tx))
    return Parted.GONE


def sweep(store: Store, days: int | None) -> int:
    """Take sessions and links that are over, and accounts shut so many days ago; how many rows.

    None keeps accounts for good.
    """
    with store.write() as tx:
        now = store.now(tx)
        over = (
            delete(staff_session).where(staff_session.c.created_at < now - ABSOLUTE),
            delete(account_token).where(account_token.c.expires_at < now),
        )
        gone = sum(int(tx.execute(one).rowcount) for one in over)
        if days is not None:
            shut = select(account.c.id).where(account.c.disabled_at <= now - days * DAY)
            ids = tx.execute(shut.order_by(account.c.id)).scalars().all()
            _erase(tx, ids, audit.WORKER, now)
            gone += len(ids)
    return gone


def _erase(tx: Tx, ids: Sequence[str], actor: str, now: float) -> None:
    for table in (recovery_code, staff_session, account_token):
        tx.execute(delete(table).where(table.c.account.in_(ids)))
    tx.execute(delete(account).where(account.c.id.in_(ids)))
    for one in ids:
        audit.record(tx, now=now, actor=actor, act="account.erased", subject=one)
