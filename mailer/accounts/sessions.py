"""Signing in and out: sessions on the server, which idleness, time or a person can end."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, insert, select, update

from mailer.accounts import passwords
from mailer.accounts.people import (
    Account,
    account_of,
    by_email,
    hash_of,
    normalised,
    set_password,
)
from mailer.db import Store
from mailer.db.schema import account, staff_session

IDLE, ABSOLUTE = 30 * 60.0, 12 * 3600.0  # seconds that a session lasts unused, and at all
SEEN_EVERY = 60.0  # seconds between notes that a session is in use: not a write for every page


def sign_in(store: Store, email: str, password: str) -> Account | None:
    """The account, or None. An unknown address takes as long as a wrong password."""
    with store.read() as tx:
        row = by_email(tx, normalised(email))
    kept = row.password if row is not None and row.disabled_at is None else ""
    if not passwords.matches(kept, password) or row is None:
        return None
    if passwords.is_outdated(kept):
        with store.write() as tx:
            values = {"password": passwords.hashed(password)}
            tx.execute(update(account).where(account.c.id == row.id).values(values))
    return account_of(row)


def start_session(store: Store, account_id: str) -> str:
    """Begin a session and return its secret, of 256 random bits."""
    secret = secrets.token_urlsafe(32)
    with store.write() as tx:
        now = store.now(tx)
        tx.execute(delete(staff_session).where(staff_session.c.created_at < now - ABSOLUTE))
        values = {"hash": hash_of(secret), "account": account_id, "created_at": now, "seen_at": now}
        tx.execute(insert(staff_session).values(values))
    return secret


def session(store: Store, secret: str) -> Account | None:
    """Whose session this is; None when it has ended, or its account is disabled."""
    found = staff_session.c
    statement = (
        select(account, found.created_at.label("began"), found.seen_at)
        .join(staff_session, found.account == account.c.id)
        .where(found.hash == hash_of(secret), account.c.disabled_at.is_(None))
    )
    with store.read() as tx:
        now = store.now(tx)
        row = tx.execute(statement).one_or_none()
    if row is None or row.seen_at < now - IDLE or row.began < now - ABSOLUTE:
        return None
    if row.seen_at < now - SEEN_EVERY:
        with store.write() as tx:
            tx.execute(
                update(staff_session).where(found.hash == hash_of(secret)).values(seen_at=now)
            )
    return account_of(row)


def end_session(store: Store, secret: str) -> None:
    """Sign out; harmless when nobody was signed in."""
    with store.write() as tx:
        tx.execute(delete(staff_session).where(staff_session.c.hash == hash_of(secret)))


def change_password(
    store: Store, account_id: str, old: str, new: str, *, keep_session: str
) -> bool:
    """Set a new password and end all other sessions; false when the old one is wrong."""
    with store.read() as tx:
        kept = tx.execute(select(account.c.password).where(account.c.id == account_id)).scalar()
    if not passwords.matches(kept or "", old):
        return False
    fresh = passwords.hashed(new)
    with store.write() as tx:
        set_password(tx, account_id, fresh, keep_session)
    return True
