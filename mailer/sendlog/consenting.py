"""The people who agree that an organisation has their details: what a partner may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select, tuple_

from mailer.db import Store
from mailer.db.schema import consent, letter, submission
from mailer.status import State

_BATCH = 1000  # rows in memory at a time


@dataclass(frozen=True, kw_only=True)
class Own:
    """What a partner may look at: one organisation's people, in these campaigns alone."""

    organisation: str
    campaigns: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who agrees, with what they agreed to hand on."""

    id: str  # of their newest submission that agrees
    name: str
    email: str
    postal_code: str
    campaign: str
    language: str
    at: float


@dataclass(frozen=True, kw_only=True)
class People:
    """Some of them, the newest first."""

    people: tuple[Person, ...]
    more: bool


def people(store: Store, own: Own, most: int, before: tuple[float, str] | None = None) -> People:
    """At most `most` people, older than the consent at `before` (its moment and submission)."""
    statement = _all(own).limit(most + 1)
    if before:
        statement = statement.where(tuple_(consent.c.at, consent.c.submission) < tuple_(*before))
    with store.read() as tx:
        found = tuple(_person(row) for row in tx.execute(statement))
    return People(people=found[:most], more=len(found) > most)


def number(store: Store, own: Own) -> int:
    """How many people agree today, counted once in each campaign."""
    with store.read() as tx:
        counted = select(func.count()).select_from(_all(own).order_by(None).subquery())
        return int(tx.execute(counted).scalar_one())


def every(store: Store, own: Own) -> Iterator[Person]:
    """All of them, the newest first, of one moment; a few in memory at a time."""
    options = {"stream_results": True, "max_row_buffer": _BATCH}
    with store.snapshot() as tx:
        for row in tx.execute(_all(own), execution_options=options):
            yield _person(row)


def _all(own: Own) -> Select[Any]:
    column = submission.c
    return (
        select(
            column.id, column.name, column.email, column.postal_code, column.campaign,
            column.language, consent.c.at,
        )
        .join(submission, column.id == consent.c.submission)
        .where(consent.c.organisation == own.organisation, column.campaign.in_(own.campaigns))
        .where(consent.c.withdrawn_at.is_(None), column.erased_at.is_(None), _is_confirmed())
        .where(~_agreed_again())
        .order_by(consent.c.at.desc(), consent.c.submission.desc())
    )  # fmt: skip


def _is_confirmed() -> ColumnElement[bool]:
    """As in the numbers: nobody is handed on whose address somebody else may have typed."""
    counts = exists().where(
        letter.c.submission == submission.c.id, letter.c.person.is_not(None),
        letter.c.state != State.REVIEW,
    )  # fmt: skip
    return or_(submission.c.confirmed_at.is_not(None), counts)


def _agreed_again() -> ColumnElement[bool]:
    """The same person agrees by a later submission of the campaign, too: they are listed once."""
    other, later = submission.alias(), consent.alias()
    same = [
        getattr(other.c, name) == getattr(submission.c, name)
        for name in ("mailbox", "campaign", "person")
    ]
    return (
        exists()
        .where(*same, other.c.erased_at.is_(None), later.c.submission == other.c.id)
        .where(later.c.organisation == consent.c.organisation, later.c.withdrawn_at.is_(None))
        .where(tuple_(later.c.at, later.c.submission) > tuple_(consent.c.at, consent.c.submission))
    )


def _person(row: Row[Any]) -> Person:
    return Person(
        id=row.id, name=row.name, email=row.email, postal_code=row.postal_code,
        campaign=row.campaign, language=row.language, at=row.at,
    )  # fmt: skip
