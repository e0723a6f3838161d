"""Who may sign in: accounts, how they are made, and the links that let their owners in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from mailer import addresses, audit, mails, outbox
from mailer.accounts import passwords, tokens
from mailer.accounts.tokens import ENTER, INVITATION, LIVES, RESET
from mailer.db import Store, Tx
from mailer.db.ids import random_id
from mailer.db.schema import account, account_token, staff_session
from mailer.errors import FieldError, MailerError
from mailer.outbox import Sender
from mailer.status import Kind

PARTNER = "partner"
ROLES = ("viewer", "moderator", "organizer", "admin", PARTNER)

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
    second_factor: bool = False  # signing in takes a code, too
    organisation: str = ""  # of a partner: its id in the campaigns' files
    campaigns: tuple[str, ...] = ()  # of a partner: what it sees; empty: all that name it


def invite(
    store: Store, email: str, role: str, *, organisation: str = "", campaigns: Sequence[str] = (),
    actor: str = audit.COMMAND, secret: str = "",
) -> str:  # fmt: skip
    """Make an account, or renew its invitation; return the one-time secret for its link.

    A form that is sent twice brings the same `secret` of its own twice: it is one invitation.
    """
    check_role(role, organisation, campaigns)
    try:
        email = addresses.parse(email)
    except FieldError as error:
        raise MailerError(f"{email}: {error}") from None
    with store.write() as tx:
        found, now = by_email(tx, email), store.now(tx)
        if found is not None and found.password:
            raise MailerError(f"{email} has an account already: they can ask for a new password")
        made = _made(tx, email, role, now, organisation=organisation, campaigns=campaigns)
        known = bool(secret) and tokens.holder(tx, secret, INVITATION, now) is not None
        secret = tokens.make(tx, made, INVITATION, now, secret)
        if not known:
            audit.record(
                tx, now=now, actor=actor, act="account.invite", subject=made, role=role
            )  # fmt: skip
    return secret


def check_role(role: str, organisation: str, campaigns: Sequence[str]) -> None:
    """Raise MailerError unless this is a role; only a partner has an own part of what there is."""
    if role not in ROLES:
        raise MailerError(f"{role} is not a role: use one of {', '.join(ROLES)}")
    if role != PARTNER and (organisation or campaigns):
        raise MailerError(f"only a partner has an organisation and campaigns, a {role} sees all")


def mail_invitation(
    store: Store, email: str, secret: str, *, sender: Sender, language: str
) -> None:  # fmt: skip
    """Mail an invitation's link to whom it is for."""
    subject, text = mails.invitation(language, f"{sender.url}/staff/invitation/{secret}")
    with store.write() as tx:
        _post(tx, email, subject, text, sender, language, store.now(tx))


def local_admin(store: Store) -> str:
    """A one-time secret that signs in this machine's own admin; for development only."""
    with store.write() as tx:
        now = store.now(tx)
        return tokens.make(tx, _made(tx, LOCAL_ADMIN, "admin", now), ENTER, now)


def peek(store: Store, secret: str, purpose: str) -> Account | None:
    """Whose one-time secret this is, without using it; None when it is unknown or too old."""
    with store.read() as tx:
        row = tokens.holder(tx, secret, purpose, store.now(tx))
        return None if row is None else account_of(row)


def redeem(store: Store, secret: str, purpose: str, password: str | None = None) -> Account | None:
    """Use a one-time secret: once. Sets the password where one is given, and ends old sessions."""
    kept = passwords.hashed(password) if password is not None else None
    with store.write() as tx:
        now = store.now(tx)
        row = tokens.holder(tx, secret, purpose, now)
        if row is None or not tokens.use(tx, secret):
            return None
        if kept:
            set_password(tx, row.id, kept)
            row = tx.execute(select(account).where(account.c.id == row.id)).one()
            audit.record(
                tx, now=now, actor=row.id, act="password.set", subject=row.id, by=purpose
            )  # fmt: skip
    return account_of(row)


def request_reset(store: Store, email: str, *, sender: Sender, language: str) -> None:
    """Mail a reset link if the address has an account, at most one in five minutes.

    Takes the same time either way, so that nobody learns who has an account.
    """
    began = time.monotonic()
    with store.write() as tx:
        now = store.now(tx)
        row = by_email(tx, normalised(email))
        if (
            row is not None and row.disabled_at is None and row.password
            and mail_reset(tx, row, sender, language, now)
        ):  # fmt: skip
            audit.record(
                tx, now=now, actor=audit.STRANGER, act="account.reset-asked", subject=row.id
            )  # fmt: skip
    time.sleep(max(0.0, began + RESET_SECONDS - time.monotonic()))


def mail_reset(tx: Tx, row: Row[Any], sender: Sender, language: str, now: float) -> bool:
    """Mail a link to choose a new password; false when one went out lately."""
    lately = now + LIVES[RESET] - RESET_PAUSE
    fresh = select(account_token.c.hash).where(
        account_token.c.account == row.id, account_token.c.purpose == RESET,
        account_token.c.expires_at > lately,
    )  # fmt: skip
    if tx.execute(fresh).first() is not None:
        return False
    secret = tokens.make(tx, row.id, RESET, now)
    subject, text = mails.reset(language, f"{sender.url}/staff/reset/{secret}")
    _post(tx, row.email, subject, text, sender, language, now)
    return True


def list_accounts(store: Store) -> tuple[Account, ...]:
    """All accounts, by address."""
    with store.read() as tx:
        return tuple(account_of(row) for row in tx.execute(select(account).order_by("email")))


def set_password(tx: Tx, account_id: str, kept: str, keep_session: str = "") -> None:
    """Set a password and end the account's sessions, but for one."""
    tx.execute(update(account).where(account.c.id == account_id).values(password=kept))
    theirs = staff_session.c.account == account_id
    others = theirs & (staff_session.c.hash != tokens.hash_of(keep_session))
    tx.execute(delete(staff_session).where(others))


def by_email(tx: Tx, email: str) -> Row[Any] | None:
    """The account's row with this normalised address, or None."""
    return tx.execute(select(account).where(account.c.email == email)).one_or_none()


def by_id(tx: Tx, account_id: str) -> Row[Any] | None:
    """The account's row with this id, or None."""
    return tx.execute(select(account).where(account.c.id == account_id)).one_or_none()


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
        second_factor=bool(row.totp), organisation=row.organisation,
        campaigns=tuple(row.campaigns.split()),
    )  # fmt: skip


def _made(
    tx: Tx, email: str, role: str, now: float, *, organisation: str = "",
    campaigns: Sequence[str] = (),
) -> str:  # fmt: skip
    """The id of the account with this address and role, made where there was none."""
    part = {"role": role, "organisation": organisation, "campaigns": " ".join(campaigns)}
    row = by_email(tx, email)
    if row is not None:
        tx.execute(update(account).where(account.c.id == row.id).values(**part, disabled_at=None))
        return str(row.id)
    made = random_id()
    tx.execute(insert(account).values(id=made, email=email, created_at=now, **part))
    return made


def _post(
    tx: Tx, to: str, subject: str, text: str, sender: Sender, language: str, now: float
) -> None:  # fmt: skip
    outbox.post(
        tx, Kind.ACCOUNT, to=to, subject=subject, text=text, sender=sender,
        from_name="Mailer", language=language, now=now,
    )  # fmt: skip
