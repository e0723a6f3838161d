"""One-time secrets: the links of invitations and resets, and the way from password to code."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from mailer.db import Tx
from mailer.db.schema import account, account_token

INVITATION, RESET, ENTER, SECOND = "invitation", "reset", "enter", "second"
LIVES = {INVITATION: 7 * 86400.0, RESET: 3600.0, ENTER: 86400.0, SECOND: 600.0}  # seconds


def make(tx: Tx, account_id: str, purpose: str, now: float, secret: str = "") -> str:
    """A new secret of 256 random bits; earlier ones of the account for the same purpose end.

    Whoever asks twice with the same `secret` gets it twice: it is one secret.
    """
    column = account_token.c
    stale = (column.account == account_id) & (column.purpose == purpose)
    tx.execute(delete(account_token).where(stale | (column.expires_at < now)))
    secret = secret or secrets.token_urlsafe(32)
    values = {
        "hash": hash_of(secret), "account": account_id, "purpose": purpose,
        "expires_at": now + LIVES[purpose],
    }  # fmt: skip
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(insert(account_token).values(values).on_conflict_do_nothing())
    return secret


def holder(tx: Tx, secret: str, purpose: str, now: float) -> Row[Any] | None:
    """The row of the account that a secret stands for; None when it is unknown or too old."""
    statement = (
        select(account)
        .join(account_token, account_token.c.account == account.c.id)
        .where(account_token.c.hash == hash_of(secret), account_token.c.purpose == purpose)
        .where(account_token.c.expires_at > now, account.c.disabled_at.is_(None))
    )
    return tx.execute(statement).one_or_none()


def use(tx: Tx, secret: str) -> bool:
    """Use a secret up; false when somebody has in this moment."""
    used = delete(account_token).where(account_token.c.hash == hash_of(secret))
    return bool(tx.execute(used).rowcount)


def hash_of(secret: str) -> str:
    """Of a random secret: a plain hash will do, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()
