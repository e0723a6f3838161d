"""How many people wrote, through whom, who agrees to what and got an answer: none of them twice.

And how many letters can be handed over to each official, which takes as long to count.

In a campaign with few letters they are counted whenever somebody asks. In one with many the worker
counts beside the deliveries, the less often the longer it takes, and what it found is kept.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event as Stop
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
)

from mailer.db import Store, Tx, marks
from mailer.db.schema import consent, letter, people_count, submission
from mailer.sendlog import lines, pack
from mailer.sendlog.pack import Office
from mailer.status import State

SMALL = 5000
"""Letters of a campaign up to which its people are counted whenever somebody asks."""

EVERY = 10.0  # seconds between two counts, at the least
RARELY = 20.0  # times as long as a count takes, between two

WRITTEN, VIA, AGREED, EVER, TOLD = "written", "via", "agreed", "ever", "told"

_COUNTED = "people counted"  # when and how long: two numbers


@dataclass(frozen=True, kw_only=True)
class People:
    """How many people of a campaign are what: by facet, then by organisation, "" of none."""

    by_facet: Mapping[str, Mapping[str, int]]
    at: float | None = None  # when they were counted; None: now

    @property
    def written(self) -> int:
        """How many have a letter: confirmed where the campaign confirms."""
        return self.by_facet.get(WRITTEN, {}).get("", 0)

    def told(self, answer: str) -> int:
        """How many supporters tell that an office has answered ("yes"), or not yet ("no").

        Of second letters, which never left, nothing counts.
        """
        return self.by_facet.get(TOLD, {}).get(answer, 0)


def written(store: Store, campaign: str, *, small: int = SMALL) -> int:
    """How many people have a letter in a campaign: confirmed where it confirms, none twice.

    Trials do not count, nor do letters that wait for staff to look at them. In a campaign with
    more than `small` letters as last counted, seconds to minutes ago.
    """
    return _people(store, campaign, (WRITTEN,), small).written


def people(store: Store, campaign: str, *, small: int = SMALL) -> People:
    """All that is counted of a campaign's people, in the same way."""
    return _people(store, campaign, tuple(_COUNTS), small)


@dataclass(frozen=True, kw_only=True)
class Offices:
    """The officials of a campaign with the letters that can be handed over to them."""

    offices: tuple[Office, ...]
    at: float | None = None  # when they were counted; None: now


def offices(store: Store, campaign: str, *, small: int = SMALL) -> Offices:
    """What pack.offices tells; in a large campaign as last counted, minutes ago."""
    with store.read() as tx:
        at = None if _is_small(tx, campaign, small) else _last(tx)[0]
        kept = _kept(tx, campaign) if at else {}
    if pack.READY in kept:
        return Offices(offices=pack.offices_of(kept), at=at)
    return Offices(offices=pack.offices(store, campaign))


def count_people(store: Store, stop: Stop, *, small: int = SMALL) -> bool:
    """Count the people of all large campaigns, if it is time to; False when not, or stopped."""
    with store.read() as tx:
        if not _is_due(tx, store.now(tx)):
            return False
        large = [one for one in lines.campaigns(tx) if one and not _is_small(tx, one, small)]
    began = time.monotonic()
    for campaign in large:
        found: dict[str, Mapping[str, int]] = {}
        for facet in _COUNTS:
            if stop.is_set():
                return False
            with store.read() as tx:
                found[facet] = _count(tx, campaign, facet)
        with store.read() as tx:
            found |= pack.count(tx, campaign)
        with store.write() as tx:
            _keep(tx, campaign, found)
    with store.write() as tx:
        marks.put(tx, _COUNTED, f"{store.now(tx)!r} {time.monotonic() - began!r}")
    return True


def _people(store: Store, campaign: str, facets: tuple[str, ...], small: int) -> People:
    with store.read() as tx:
        at = None if _is_small(tx, campaign, small) else _last(tx)[0]
        kept = _kept(tx, campaign) if at else {}
        if kept:
            by_facet = {facet: kept[facet] for facet in facets if facet in kept}
            return People(by_facet=by_facet, at=at)
        return People(by_facet={facet: _count(tx, campaign, facet) for facet in facets})


def _count(tx: Tx, campaign: str, facet: str) -> dict[str, int]:
    rows = tx.execute(_COUNTS[facet], {"campaign": campaign})
    return {row.name: int(row.number) for row in rows}


def _kept(tx: Tx, campaign: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    kept = select(people_count).where(people_count.c.campaign == campaign)
    for row in tx.execute(kept).mappings():
        found.setdefault(row["facet"], {})[row["value"]] = row["count"]
    return found


def _keep(tx: Tx, campaign: str, found: Mapping[str, Mapping[str, int]]) -> None:
    rows = [
        {"campaign": campaign, "facet": facet, "value": value, "count": number}
        for facet, by_value in found.items()
        for value, number in by_value.items()
    ]
    tx.execute(delete(people_count).where(people_count.c.campaign == campaign))
    if rows:
        tx.execute(insert(people_count), rows)


def _is_small(tx: Tx, campaign: str, small: int) -> bool:
    some = select(letter.c.id).where(_LETTERS, letter.c.campaign == campaign).limit(small + 1)
    return int(tx.execute(select(func.count()).select_from(some.subquery())).scalar_one()) <= small


def _last(tx: Tx) -> tuple[float, float]:
    """When people were counted last, and how many seconds it took; zeros: never."""
    at, _, took = marks.get(tx, _COUNTED).partition(" ")
    return (float(at), float(took)) if at else (0.0, 0.0)


def _is_due(tx: Tx, now: float) -> bool:
    at, took = _last(tx)
    return not at or now >= at + max(EVERY, RARELY * took)


_LETTERS: ColumnElement[bool] = literal_column(
    "letter.kind = 'letter'"
)  # as the partial index has it
_CAMPAIGN: ColumnElement[Any] = bindparam("campaign")
_COUNTING = (letter.c.person.is_not(None), letter.c.state != State.REVIEW)
_THEIRS = exists().where(letter.c.submission == submission.c.id, *_COUNTING)
_PEOPLE = func.count(submission.c.person.distinct()).label("number")


def _written() -> Select[Any]:
    nobody: ColumnElement[Any] = literal_column("''", Text).label("name")
    number: ColumnElement[Any] = func.count(letter.c.person.distinct()).label("number")
    return select(nobody, number).where(letter.c.campaign == _CAMPAIGN, *_COUNTING)


def _consents() -> Select[Any]:
    """People by the organisation that they agreed to, as soon as they have confirmed."""
    confirmed = or_(submission.c.confirmed_at.is_not(None), _THEIRS)
    return (
        select(consent.c.organisation.label("name"), _PEOPLE)
        .join(submission, submission.c.id == consent.c.submission)
        .where(submission.c.campaign == _CAMPAIGN, confirmed)
        .group_by(consent.c.organisation)
    )


_COUNTS: Mapping[str, Select[Any]] = {
    WRITTEN: _written(),
    VIA: select(submission.c.via.label("name"), _PEOPLE)
    .where(submission.c.campaign == _CAMPAIGN, submission.c.via != "", _THEIRS)
    .group_by(submission.c.via),
    AGREED: _consents().where(consent.c.withdrawn_at.is_(None)),
    EVER: _consents(),
    TOLD: select(submission.c.answered.label("name"), func.count().label("number"))
    .where(submission.c.campaign == _CAMPAIGN, submission.c.answered != "")
    .where(exists().where(letter.c.submission == submission.c.id, letter.c.person.is_not(None)))
    .group_by(submission.c.answered),
}
