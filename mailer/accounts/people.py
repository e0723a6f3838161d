"""Who may sign in: accounts and their one-time secrets."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from mailer import addresses, mails, outbox
from mailer.accounts import passwords
from mailer.db import Store, Tx
from mailer.db.ids import random_id
from mailer.db.schema import account, account_token, staff_session
from mailer.errors import FieldError, MailerError
from mailer.outbox import Sender
from mailer.status import Kind

ROLES = ("viewer", "moderator", "organizer", "admin", "partner")
INVITATION, RESET, ENTER = "invitation", "reset", "enter"
_LIVES = {INVITATION: 7 * 86400.0, RESET: 3600.0, ENTER: 86400.0}  # seconds

RESET_PAUSE = 300.0  # seconds between two reset mails to one account
RESET_SECONDS = 0.1  # that a request takes, well above what the work does

LOCAL_ADMIN = "admin@localhost"


@dataclass(frozen=True, kw_only=True)
class Account:
    """Somebody who may sign in."""

    id: str
    email: str
    name: str
    role: str
    created_at: float
    disabled: bool
    pending: bool  # invited, no password yet


def invite(store: Store, email: str, role: str) -> str:
    """Make an account, or renew its invitation; return the one-time secret for its link."""
    if role not in ROLES:
        raise MailerError(f"{role} is not a role: use one of {', '.join(ROLES)}")
    try:
        email = addresses.parse(email)
    except FieldError as error:
        raise MailerError(f"{email}: {error}") from None
    with store.write() as tx:
        found = by_email(tx, email)
        if found is not None and found.password:
            raise MailerError(f"{email} has an account already: they can ask for a new password")
        return _token(tx, _made(tx, email, role, store.now(tx)), INVITATION, store.now(tx))


def local_admin(store: Store) -> str:
    """A one-time secret that signs in this machine's own admin; for development only."""
    with store.write() as tx:
        now = store.now(tx)
        return _token(tx, _made(tx, LOCAL_ADMIN, "admin", now), ENTER, now)


def peek(store: Store, secret: str, purpose: str) -> Account | None:
    """Whose one-time secret this is, without using it; None when it is unknown or too old."""
    with store.read() as tx:
        row = _holder(tx, secret, purpose, store.now(tx))
        return None if row is None else account_of(row)


def redeem(store: Store, secret: str, purpose: str, password: str | None = None) -> Account | None:
    """Use a one-time secret: once. Sets the password where one is given, and ends old sessions."""
    kept = passwords.hashed(password) if password is not None else None
    with store.write() as tx:
        row = _holder(tx, secret, purpose, store.now(tx))
        if row is None:
            return None
        used = delete(account_token).where(account_token.c.hash == hash_of(secret))
        if not tx.execute(used).rowcount:
            return None  # somebody used it in this moment
        if kept:
            set_password(tx, row.id, kept)
            row = tx.execute(select(account).where(account.c.id == row.id)).one()
    return account_of(row)


def request_reset(store: Store, email: str, *, sender: Sender, language: str) -> None:
    """Mail a reset link if the address has an account, at most one in five minutes.

    Takes the same time either way, so that nobody learns who has an account.
    """
    began = time.monotonic()
    with store.write() as tx:
        now = store.now(tx)
        row = by_email(tx, normalised(email))
        if row is not None and row.disabled_at is None and row.password:
            _mail_reset(tx, row, sender, language, now)
    time.sleep(max(0.0, began + RESET_SECONDS - time.monotonic()))


def _mail_reset(tx: Tx, row: Row[Any], sender: Sender, language: str, now: float) -> None:
    lately = now + _LIVES[RESET] - RESET_PAUSE
    fresh = select(account_token.c.hash).where(
        account_token.c.account == row.id, account_token.c.purpose == RESET,
        account_token.c.expires_at > lately,
    )  # fmt: skip
    if tx.execute(fresh).first() is not None:
        return
    secret = _token(tx, row.id, RESET, now)
    subject, text = mails.reset(language, f"{sender.url}/staff/reset/{secret}")
    outbox.post(
        tx, Kind.ACCOUNT, to=row.email, subject=subject, text=text, sender=sender,
        from_name="Mailer", language=language, now=now,
    )  # fmt: skip


def list_accounts(store: Store) -> tuple[Account, ...]:
    """All accounts, by address."""
    with store.read() as tx:
        return tuple(account_of(row) for row in tx.execute(select(account).order_by("email")))


def disable(store: Store, email: str) -> bool:
    """Shut an account and end its sessions at once; false when there is none."""
    with store.write() as tx:
        row = by_email(tx, normalised(email))
        if row is None:
            return False
        values = {"disabled_at": store.now(tx), "password": ""}
        tx.execute(update(account).where(account.c.id == row.id).values(values))
        for table in (staff_session, account_token):
            tx.execute(delete(table).where(table.c.account == row.id))
    return True


def set_password(tx: Tx, account_id: str, kept: str, keep_session: str = "") -> None:
    """Set a password and end the account's sessions, but for one."""
    tx.execute(update(account).where(account.c.id == account_id).values(password=kept))
    theirs = staff_session.c.account == account_id
    others = theirs & (staff_session.c.hash != hash_of(keep_session))
    tx.execute(delete(staff_session).where(others))


def by_email(tx: Tx, email: str) -> Row[Any] | None:
    """The account's row with this normalised address, or None."""
    return tx.execute(select(account).where(account.c.email == email)).one_or_none()


def normalised(email: str) -> str:
    """An address as accounts keep it; "" for what is no address, which no account has."""
    if email.strip() == LOCAL_ADMIN:
        return LOCAL_ADMIN
    try:
        return addresses.parse(email)
    except FieldError:
        return ""


def account_of(row: Row[Any]) -> Account:
    """The account of a row."""
    return Account(
        id=row.id, email=row.email, name=row.name, role=row.role, created_at=row.created_at,
        disabled=row.disabled_at is not None, pending=not row.password,
    )  # fmt: skip


def hash_of(secret: str) -> str:
    """Of a random secret: a plain hash will do, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _made(tx: Tx, email: str, role: str, now: float) -> str:
    """The id of the account with this address and role, made where there was none."""
    row = by_email(tx, email)
    if row is not None:
        values = {"role": role, "disabled_at": None}
        tx.execute(update(account).where(account.c.id == row.id).values(values))
        return str(row.id)
    made = random_id()
    tx.execute(insert(account).values(id=made, email=email, role=role, created_at=now))
    return made


def _token(tx: Tx, account_id: str, purpose: str, now: float) -> str:
    """A new one-time secret; earlier ones for the same purpose end."""
    column = account_token.c
    stale = (column.account == account_id) & (column.purpose == purpose)
    tx.execute(delete(account_token).where(stale | (column.expires_at < now)))
    secret = secrets.token_urlsafe(32)
    values = {
        "hash": hash_of(secret), "account": account_id, "purpose": purpose,
        "expires_at": now + _LIVES[purpose],
    }  # fmt: skip
    tx.execute(insert(account_token).values(values))
    return secret


def _holder(tx: Tx, secret: str, purpose: str, now: float) -> Row[Any] | None:
    statement = (
        select(account)
        .join(account_token, account_token.c.account == account.c.id)
        .where(account_token.c.hash == hash_of(secret), account_token.c.purpose == purpose)
        .where(account_token.c.expires_at > now, account.c.disabled_at.is_(None))
    )
    return tx.execute(statement).one_or_none()
