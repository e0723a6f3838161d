"""What may be used once: the signed tokens of calls whose signature does not cover their body."""

from __future__ import annotations

import hashlib

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from mailer.db import Tx
from mailer.db.schema import meta

KEPT = 3600.0
"""Seconds that a token is known at least: far longer than its call counts as fresh."""

RARELY = "00"
"""With which hashes of tokens the old ones are looked through: one in 256."""

_MARK = "used "


def use(tx: Tx, source: str, token: str, body: bytes, *, now: float) -> bool:
    """Let a token stand for this body; false when it stood for another one before.

    The same call may come again: nobody knows whether our answer to it was heard.
    """
    digest = hashlib.sha256(body).hexdigest()
    secret = hashlib.sha256(f"{source} {token}".encode("utf-8", "surrogatepass")).hexdigest()
    name = _MARK + secret
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    mine = insert(meta).values(name=name, value=f"{now:020.3f} {digest}")
    tx.execute(mine.on_conflict_do_nothing(index_elements=[meta.c.name]))
    kept = tx.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one()
    if secret.startswith(RARELY):
        _forget(tx, now)
    return bool(kept.endswith(digest))


def _forget(tx: Tx, now: float) -> None:
    marked = meta.c.name.startswith(_MARK, autoescape=True)
    tx.execute(delete(meta).where(marked, meta.c.value < f"{now - KEPT:020.3f}"))
