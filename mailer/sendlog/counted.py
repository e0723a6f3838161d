"""How many: exactly while the log is small, as last counted when it is large, and saying so."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from mailer import outbox
from mailer.db import Store, Tx
from mailer.db.schema import letter, letter_count, written_count
from mailer.sendlog import counting, lines, listing, owners
from mailer.sendlog.filters import Filter, Place, cursor_at
from mailer.sendlog.named import Named
from mailer.status import Kind, State

SMALL = 20_000
"""Letters up to which all are counted whenever somebody asks."""

MOST_REST = 3000
"""Letters not yet counted as written that are counted while somebody waits."""

MANY = 10_000
"""Letters that need a person, of which no more are counted."""

ROUNDS = 10
"""Parts of the log that are read one after the other while somebody waits for a count."""


@dataclass(frozen=True, kw_only=True)
class States:
    """How many letters are in each state."""

    by_state: dict[State, int]
    at: float | None = None  # when they were counted; None: now
    whole: bool = True  # False: only the newest were counted, there may be more of each

    @property
    def all(self) -> int:
        """In all states together."""
        return sum(self.by_state.values())


@dataclass(frozen=True, kw_only=True)
class Written:
    """How many letters to officials were written, by everything that is worth a chart."""

    facets: dict[str, dict[str, int]]  # by counting.FACETS, then by value, the most first
    hours: dict[str, int]  # "2026-11-23T14", in the zone of the settings
    until: float | None = None  # counted up to here only; None: all

    @property
    def days(self) -> dict[str, int]:
        """The same by day."""
        found: Counter[str] = Counter()
        for hour, number in self.hours.items():
            found[hour.partition("T")[0]] += number
        return dict(found)


def states(store: Store, wanted: Filter, *, small: int = SMALL) -> States:
    """Letters of a kind, perhaps of one campaign and official, by state.

    Counted now while the log has up to `small` letters.
    """
    with store.read() as tx:
        counted = None if is_small(tx, small) else counting.last(tx)
        statement = _exactly(wanted) if counted is None else _as_counted(wanted)
        found = {State(row.state): int(row.number) for row in tx.execute(statement)}
    return States(by_state=found, at=counted[0] if counted else None)


def narrow(store: Store, wanted: Filter, most: int) -> States:
    """The newest `most` letters at the most, whatever narrows them, by state."""
    found: list[Place] = []
    with store.read() as tx:
        for _ in range(ROUNDS):
            some = listing.places(tx, wanted, most - len(found))
            found += some.places
            if some.read_to is None or len(found) >= most:
                break
            wanted = replace(wanted, before=cursor_at(some.read_to))
        whole = some.read_to is None and len(found) < most
        by_state = owners.states(tx, [key for _, key in found])
    return States(by_state=by_state, whole=whole)


def written(store: Store, campaign: str, *, since: str, own: Named, zone: ZoneInfo) -> Written:
    """What was written, in one campaign or in all; hours from the hour `since` on.

    Subjects and districts that are none of our `own` have no name.
    """
    with store.read() as tx:
        found = _counted(tx, campaign, since)
        rows = counting.rest(tx, MOST_REST + 1)
    for (facet, value, of), number in counting.keyed(rows[:MOST_REST], own, zone).items():
        if (not campaign or of == campaign) and (facet != counting.HOUR or value >= since):
            found[facet, value] += number
    facets: dict[str, dict[str, int]] = {facet: {} for facet in counting.FACETS}
    hours: dict[str, int] = {}
    for (facet, value), number in sorted(found.items(), key=lambda one: (-one[1], one[0])):
        (hours if facet == counting.HOUR else facets[facet])[value] = number
    late = rows[MOST_REST - 1].created_at if len(rows) > MOST_REST else None
    return Written(facets=facets, hours=hours, until=late)


def waiting_for_people(store: Store) -> dict[State, int]:
    """Letters held, in doubt or failed, to officials or to anybody: up to MANY of each."""
    with store.read() as tx:
        return {
            state: int(tx.execute(_up_to(state)).scalar_one())
            for state in (State.REVIEW, State.UNCERTAIN, State.FAILED)
        }


def is_small(tx: Tx, small: int = SMALL) -> bool:
    """True while the log has so few letters that counting them takes no time worth naming."""
    some = select(letter.c.id).limit(small + 1).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one()) <= small


def _exactly(wanted: Filter) -> Select[Any]:
    number = func.count().label("number")
    found = select(letter.c.state, number).where(*lines.of_letter(_broad(wanted)))
    return found.group_by(letter.c.state)


def _as_counted(wanted: Filter) -> Select[Any]:
    asked = ((letter_count.c.kind, wanted.kind), (letter_count.c.campaign, wanted.campaign),
             (letter_count.c.official, wanted.official))  # fmt: skip
    found = select(letter_count.c.state, func.sum(letter_count.c.count).label("number"))
    return found.where(*(column == value for column, value in asked if value)).group_by(
        letter_count.c.state
    )


def _broad(wanted: Filter) -> Filter:
    """What the counts can be narrowed by."""
    return Filter(campaign=wanted.campaign, official=wanted.official, kind=wanted.kind)


def _counted(tx: Tx, campaign: str, since: str) -> Counter[tuple[str, str]]:
    table = written_count.c
    recent = (table.facet != counting.HOUR) | (table.value >= since)
    found = select(table.facet, table.value, func.sum(table.count).label("number")).where(recent)
    if campaign:
        found = found.where(table.campaign == campaign)
    rows = tx.execute(found.group_by(table.facet, table.value))
    return Counter({(row.facet, row.value): int(row.number) for row in rows})


def _up_to(state: State) -> Select[Any]:
    shown = letter.c.kind != Kind.ACCOUNT
    some = select(letter.c.id).where(lines.SETTLED, outbox.is_state(state), shown).limit(MANY + 1)
    return select(func.count()).select_from(some.subquery())
