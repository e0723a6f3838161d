"""Staff accounts: invitations, passwords and sessions. Secrets are kept as hashes only."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, delete, insert, select, update
from zxcvbn import zxcvbn

from mailer import addresses, mails, outbox
from mailer.db import Store, Tx
from mailer.db.ids import random_id
from mailer.db.schema import account, account_token, staff_session
from mailer.errors import FieldError, MailerError
from mailer.outbox import Sender
from mailer.status import Kind

ROLES = ("viewer", "moderator", "organizer", "admin", "partner")
INVITATION, RESET, ENTER = "invitation", "reset", "enter"
_LIVES = {INVITATION: 7 * 86400.0, RESET: 3600.0, ENTER: 86400.0}  # seconds

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 256
GUESSABLE = 1  # zxcvbn's score up to which a password is found within minutes
IDLE, ABSOLUTE = 30 * 60.0, 12 * 3600.0  # seconds that a session lasts unused, and at all
SEEN_EVERY = 60.0  # seconds between notes that a session is in use: not a write for every page

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
        found = _by_email(tx, email)
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
        return row and _account(row)


def redeem(store: Store, secret: str, purpose: str, password: str | None = None) -> Account | None:
    """Use a one-time secret: once. Sets the password where one is given, and ends old sessions."""
    hashed = _hasher().hash(password) if password is not None else None
    with store.write() as tx:
        row = _holder(tx, secret, purpose, store.now(tx))
        if row is None:
            return None
        used = delete(account_token).where(account_token.c.hash == _hash(secret))
        if not tx.execute(used).rowcount:
            return None  # somebody used it in this moment
        if hashed:
            _set_password(tx, row.id, hashed)
            row = tx.execute(select(account).where(account.c.id == row.id)).one()
    return _account(row)


def sign_in(store: Store, email: str, password: str) -> Account | None:
    """The account, or None. An unknown address takes as long as a wrong password."""
    with store.read() as tx:
        row = _by_email(tx, _normalised(email))
    known = row is not None and row.password and row.disabled_at is None
    kept = row.password if row is not None and known else _nobody()
    if len(password) > LONGEST_PASSWORD or not _verify(kept, password) or row is None or not known:
        return None
    if _hasher().check_needs_rehash(kept):
        with store.write() as tx:
            values = {"password": _hasher().hash(password)}
            tx.execute(update(account).where(account.c.id == row.id).values(values))
    return _account(row)


def start_session(store: Store, account_id: str) -> str:
    """Begin a session and return its secret, of 256 random bits."""
    secret = secrets.token_urlsafe(32)
    with store.write() as tx:
        now = store.now(tx)
        tx.execute(delete(staff_session).where(staff_session.c.created_at < now - ABSOLUTE))
        values = {"hash": _hash(secret), "account": account_id, "created_at": now, "seen_at": now}
        tx.execute(insert(staff_session).values(values))
    return secret


def session(store: Store, secret: str) -> Account | None:
    """Whose session this is; None when it has ended, or its account is disabled."""
    found = staff_session.c
    statement = (
        select(account, found.created_at.label("began"), found.seen_at)
        .join(staff_session, found.account == account.c.id)
        .where(found.hash == _hash(secret), account.c.disabled_at.is_(None))
    )
    with store.read() as tx:
        now = store.now(tx)
        row = tx.execute(statement).one_or_none()
    if row is None or row.seen_at < now - IDLE or row.began < now - ABSOLUTE:
        return None
    if row.seen_at < now - SEEN_EVERY:
        with store.write() as tx:
            tx.execute(update(staff_session).where(found.hash == _hash(secret)).values(seen_at=now))
    return _account(row)


def end_session(store: Store, secret: str) -> None:
    """Sign out; harmless when nobody was signed in."""
    with store.write() as tx:
        tx.execute(delete(staff_session).where(staff_session.c.hash == _hash(secret)))


def change_password(
    store: Store, account_id: str, old: str, new: str, *, keep_session: str
) -> bool:  # fmt: skip
    """Set a new password and end all other sessions; false when the old one is wrong."""
    with store.read() as tx:
        kept = tx.execute(select(account.c.password).where(account.c.id == account_id)).scalar()
    if not _verify(kept or _nobody(), old):
        return False
    hashed = _hasher().hash(new)
    with store.write() as tx:
        _set_password(tx, account_id, hashed, keep_session)
    return True


def request_reset(store: Store, email: str, *, sender: Sender, language: str) -> None:
    """Mail a reset link if the address has an account; says nothing either way."""
    with store.write() as tx:
        now = store.now(tx)
        row = _by_email(tx, _normalised(email))
        if row is None or row.disabled_at is not None or not row.password:
            _hash(secrets.token_urlsafe(32))
            return
        secret = _token(tx, row.id, RESET, now)
        subject, text = mails.reset(language, f"{sender.url}/staff/reset/{secret}")
        outbox.post(
            tx, Kind.ACCOUNT, to=row.email, subject=subject, text=text, sender=sender,
            from_name="Mailer", language=language, now=now,
        )  # fmt: skip


def weak_password(password: str, email: str) -> FieldError | None:
    """Why a password will not do, or None. Length and guessing count; no rules of composition."""
    if len(password) < SHORTEST_PASSWORD:
        return FieldError("short", f"is shorter than {SHORTEST_PASSWORD} characters")
    if len(password) > LONGEST_PASSWORD:
        return FieldError("long", f"is longer than {LONGEST_PASSWORD} characters")
    about = ["mailer", *email.replace("@", ".").split(".")]
    if zxcvbn(password[:64], user_inputs=about)["score"] <= GUESSABLE:
        return FieldError("guessable", "is easy to guess: three or four unrelated words are not")
    return None


def list_accounts(store: Store) -> tuple[Account, ...]:
    """All accounts, by address."""
    with store.read() as tx:
        return tuple(_account(row) for row in tx.execute(select(account).order_by("email")))


def disable(store: Store, email: str) -> bool:
    """Shut an account and end its sessions at once; false when there is none."""
    with store.write() as tx:
        row = _by_email(tx, _normalised(email))
        if row is None:
            return False
        values = {"disabled_at": store.now(tx), "password": ""}
        tx.execute(update(account).where(account.c.id == row.id).values(values))
        for table in (staff_session, account_token):
            tx.execute(delete(table).where(table.c.account == row.id))
    return True


def _made(tx: Tx, email: str, role: str, now: float) -> str:
    """The id of the account with this address and role, made where there was none."""
    row = _by_email(tx, email)
    if row is not None:
        values = {"role": role, "disabled_at": None}
        tx.execute(update(account).where(account.c.id == row.id).values(values))
        return str(row.id)
    values = {"id": random_id(), "email": email, "role": role, "created_at": now}
    tx.execute(insert(account).values(values))
    return str(values["id"])


def _token(tx: Tx, account_id: str, purpose: str, now: float) -> str:
    """A new one-time secret; earlier ones for the same purpose end."""
    column = account_token.c
    stale = (column.account == account_id) & (column.purpose == purpose)
    tx.execute(delete(account_token).where(stale | (column.expires_at < now)))
    secret = secrets.token_urlsafe(32)
    values = {
        "hash": _hash(secret), "account": account_id, "purpose": purpose,
        "expires_at": now + _LIVES[purpose],
    }  # fmt: skip
    tx.execute(insert(account_token).values(values))
    return secret


def _holder(tx: Tx, secret: str, purpose: str, now: float) -> Row[Any] | None:
    statement = (
        select(account)
        .join(account_token, account_token.c.account == account.c.id)
        .where(account_token.c.hash == _hash(secret), account_token.c.purpose == purpose)
        .where(account_token.c.expires_at > now, account.c.disabled_at.is_(None))
    )
    return tx.execute(statement).one_or_none()


def _set_password(tx: Tx, account_id: str, hashed: str, keep_session: str = "") -> None:
    tx.execute(update(account).where(account.c.id == account_id).values(password=hashed))
    theirs = staff_session.c.account == account_id
    others = theirs & (staff_session.c.hash != _hash(keep_session))
    tx.execute(delete(staff_session).where(others))


def _by_email(tx: Tx, email: str) -> Row[Any] | None:
    return tx.execute(select(account).where(account.c.email == email)).one_or_none()


def _normalised(email: str) -> str:
    if email.strip() == LOCAL_ADMIN:
        return LOCAL_ADMIN
    try:
        return addresses.parse(email)
    except FieldError:
        return ""


def _account(row: Row[Any]) -> Account:
    return Account(
        id=row.id, email=row.email, name=row.name, role=row.role, created_at=row.created_at,
        disabled=row.disabled_at is not None, pending=not row.password,
    )  # fmt: skip


def _hash(secret: str) -> str:
    """Of a random secret: a plain hash will do, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # Argon2id, RFC 9106's second recommendation


@cache
def _nobody() -> str:
    """A hash to compare with where there is no account, so that the time tells nothing."""
    return _hasher().hash(secrets.token_urlsafe(16))


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
