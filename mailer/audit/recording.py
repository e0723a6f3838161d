"""Writing the audit: one row for one act, sealed with the hash of the row before it."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import insert, select, update

from mailer.db import Tx
from mailer.db.schema import audit_entry, audit_head

COMMAND, WORKER, SUPPORTER, STRANGER = "command", "worker", "supporter", "stranger"
"""Actors that are no account: the command line, the worker, whoever holds a receipt, and who is
not signed in."""

_HEAD = select(audit_head.c.number, audit_head.c.hash).where(audit_head.c.id == 1)


def record(
    tx: Tx, *, now: float, actor: str, act: str, subject: str = "", count: int | None = None,
    **details: str | int,
) -> None:  # fmt: skip
    """Note an act in the caller's transaction, at its end: until it commits, all others wait.

    `actor` is an account's id, "command", "worker" or "supporter"; `subject` the id of what it
    was done to. Ids only: raises ValueError for what looks like an address.
    """
    said = json.dumps(details, sort_keys=True, ensure_ascii=False) if details else ""
    if "@" in f"{actor}{act}{subject}{said}":
        raise ValueError(f"the audit of {act} holds an address")
    # The head's row is the lock: whoever has it is the next in the chain, on every machine.
    number, previous = tx.execute(_HEAD.with_for_update()).one()
    entry = {
        "number": number + 1, "at": now, "actor": actor, "act": act, "subject": subject,
        "count": count, "details": said, "previous": previous,
    }  # fmt: skip
    seal = sealed(entry)
    tx.execute(insert(audit_entry).values(**entry, hash=seal))
    head = update(audit_head).where(audit_head.c.id == 1)
    tx.execute(head.values(number=number + 1, hash=seal))


def sealed(entry: dict[str, object]) -> str:
    """The hash of an entry: all of its columns but the hash itself, as one line of JSON."""
    line = json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()
