"""Signing in and out: sessions on the server, which idleness, time or a person can end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from mailer import audit
from mailer.accounts import passwords
from mailer.accounts.people import (
    Account,
    account_of,
    by_email,
    normalised,
    set_password,
)
from mailer.accounts.tokens import hash_of
from mailer.db import Store
from mailer.db.schema import account, staff_session

IDLE, ABSOLUTE = 30 * 60.0, 12 * 3600.0  # seconds that a session lasts unused, and at all
SEEN_EVERY = 60.0  # seconds between notes that a session is in use: not a write for every page


@dataclass(frozen=True, kw_only=True)
class Session:
    """Somewhere an account is signed in."""

    id: str  # a hash: it tells nothing that lets anybody in
    began: float
    seen: float
    browser: str


def sign_in(store: Store, email: str, password: str) -> Account | None:
    """The account, or None. An unknown address takes as long as a wrong password."""
    with store.read() as tx:
        row = by_email(tx, normalised(email))
    kept = row.password if row is not None and row.disabled_at is None else ""
    if passwords.matches(kept, password) and row is not None:
        if passwords.is_outdated(kept):
            values = {"password": passwords.hashed(password)}
            with store.write() as tx:
                tx.execute(update(account).where(account.c.id == row.id).values(values))
        return account_of(row)
    with store.write() as tx:
        audit.record(
            tx, now=store.now(tx), actor=audit.STRANGER, act="sign-in.failed",
            subject=row.id if row is not None else "",
        )  # fmt: skip
    return None


def start_session(
    store: Store, account_id: str, browser: str = "", *, by: str = "password"
) -> str:  # fmt: skip
    """Begin a session and return its secret, of 256 random bits.

    `by` tells the audit what let them in at last: a password, a code or a link.
    """
    secret = secrets.token_urlsafe(32)
    values = {"hash": hash_of(secret), "account": account_id, "browser": browser}
    with store.write() as tx:
        now = store.now(tx)
        tx.execute(delete(staff_session).where(staff_session.c.created_at < now - ABSOLUTE))
        tx.execute(insert(staff_session).values(**values, created_at=now, seen_at=now))
        audit.record(tx, now=now, actor=account_id, act="sign-in", subject=account_id, by=by)
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
    column, own = staff_session.c, staff_session.c.hash == hash_of(secret)
    with store.write() as tx:
        who = tx.execute(delete(staff_session).where(own).returning(column.account)).scalar()
        if who is not None:
            audit.record(tx, now=store.now(tx), actor=who, act="sign-out", subject=who)


def list_sessions(store: Store, account_id: str) -> tuple[Session, ...]:
    """Where an account is signed in, the latest used first."""
    column = staff_session.c
    with store.read() as tx:
        now = store.now(tx)
        alive = (column.seen_at >= now - IDLE) & (column.created_at >= now - ABSOLUTE)
        rows = tx.execute(
            select(staff_session)
            .where(column.account == account_id, alive)
            .order_by(column.seen_at.desc(), column.hash)
        ).all()
    return tuple(
        Session(id=row.hash, began=row.created_at, seen=row.seen_at, browser=row.browser)
        for row in rows
    )


def session_id(secret: str) -> str:
    """The id of the session with this secret."""
    return hash_of(secret)


def end_own_session(store: Store, account_id: str, session: str) -> bool:
    """End one of the account's own sessions, elsewhere; false when it has ended."""
    column = staff_session.c
    theirs = delete(staff_session).where(column.account == account_id, column.hash == session)
    with store.write() as tx:
        if not tx.execute(theirs).rowcount:
            return False
        audit.record(
            tx, now=store.now(tx), actor=account_id, act="account.sessions-ended",
            subject=account_id, count=1,
        )  # fmt: skip
    return True


def is_password(store: Store, account_id: str, password: str) -> bool:
    """True when this is the account's password: asked again before what guards the account."""
    with store.read() as tx:
        kept = tx.execute(select(account.c.password).where(account.c.id == account_id)).scalar()
    return passwords.matches(kept or "", password)


def change_password(
    store: Store, account_id: str, old: str, new: str, *, keep_session: str
) -> bool:
    """Set a new password and end all other sessions; false when the old one is wrong."""
    if not is_password(store, account_id, old):
        return False
    fresh = passwords.hashed(new)
    with store.write() as tx:
        set_password(tx, account_id, fresh, keep_session)
        audit.record(
            tx, now=store.now(tx), actor=account_id, act="password.change", subject=account_id
        )  # fmt: skip
    return True
