"""Reading the audit: newest first, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from mailer.db import Store, Tx
from mailer.db.schema import audit_entry


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One act."""

    number: int
    at: float
    actor: str
    act: str
    subject: str
    count: int | None
    details: Mapping[str, str | int]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which acts; what is empty does not matter."""

    actor: str = ""
    act: str = ""  # whole ("letter.look"), or what stands before the dot ("letter")
    subject: str = ""
    before: int = 0  # only older ones than this number
    after: int = 0  # only newer ones


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some acts, newest first."""

    entries: tuple[Entry, ...]
    older: bool  # there are more on that side
    newer: bool


def page(store: Store, wanted: Wanted, most: int) -> Page:
    """At most `most` acts next to where `wanted` begins, found by their numbers alone."""
    column, up = audit_entry.c.number, bool(wanted.after)
    order = column.asc() if up else column.desc()
    with store.read() as tx:
        conditions = _conditions(wanted, _acts(tx) if wanted.act else ())
        statement = select(audit_entry).where(*conditions).order_by(order).limit(most + 1)
        rows = list(tx.execute(statement))
    more, rows = len(rows) > most, rows[:most]
    entries = tuple(_entry(row) for row in (reversed(rows) if up else rows))
    return Page(
        entries=entries, older=up or more, newer=more if up else bool(wanted.before)
    )  # fmt: skip


def acts(store: Store) -> tuple[str, ...]:
    """Every kind of act there is an entry of."""
    with store.read() as tx:
        return _acts(tx)


def _acts(tx: Tx) -> tuple[str, ...]:
    """One probe of an index for each kind, however many entries there are."""
    column, found = audit_entry.c.act, []
    act = tx.execute(select(column).order_by(column).limit(1)).scalar()
    while act is not None:
        found.append(act)
        following = select(column).where(column > act).order_by(column).limit(1)
        act = tx.execute(following).scalar()
    return tuple(found)


def _conditions(wanted: Wanted, known: Sequence[str]) -> list[ColumnElement[bool]]:
    column = audit_entry.c
    found = []
    if wanted.actor:
        found.append(column.actor == wanted.actor)
    if wanted.subject:
        found.append(column.subject == wanted.subject)
    if wanted.act:
        kinds = [act for act in known if act.startswith(f"{wanted.act}.")]
        found.append(column.act.in_([wanted.act, *kinds]))
    if wanted.after:
        found.append(column.number > wanted.after)
    elif wanted.before:
        found.append(column.number < wanted.before)
    return found


def _entry(row: Row[Any]) -> Entry:
    kept = dict(row._mapping)  # a row's own `count` is another
    details = json.loads(row.details) if row.details else {}
    return Entry(
        number=row.number, at=row.at, actor=row.actor, act=row.act, subject=row.subject,
        count=kept["count"], details=details,
    )  # fmt: skip
