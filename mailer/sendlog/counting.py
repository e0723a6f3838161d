"""Counts kept aside, so that nobody has to count a million letters while somebody waits.

Two kinds. What was written only grows: each letter is counted once, a little after it was written.
It outlives every erasure, so nothing that a supporter typed is counted by name: see sendlog.named.
Where letters are changes all the time: all of them are counted anew now and then, the less often
the longer it takes. Both are done in small parts beside the deliveries, and cost these nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import Event as Stop
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Tuple,
    delete,
    func,
    insert,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite

from mailer.db import Store, Tx, marks
from mailer.db.schema import letter, letter_count, letter_text, submission, written_count
from mailer.db.searching import UNNAMED
from mailer.sendlog.named import Named

LATE = 30.0
"""Seconds after which nobody commits a letter any more that was written before."""

PART = 2000  # letters counted in one transaction that writes
STRETCH = 20_000  # letters counted by one statement that reads
EVERY = 10.0  # seconds between two counts of all letters, at the least
RARELY = 20.0  # times as long as a count takes, between two
GIVEN_UP = 600.0  # seconds after which whoever began to count is not waited for

COUNTED = "letters counted"  # when and how long: two numbers
COUNTING = "letters being counted"  # since when
WRITTEN_TO = "letters written to"  # the place of the last letter that was counted as written
DISTRICTS_FROM = "districts counted from"  # before this place none is, see count_districts_again

FACETS = ("official", "via", "role", "district", "subject")
HOUR = "hour"

Key = tuple[str, str, str]
"""What a count is of: facet, value, campaign."""


def count_written(store: Store, own: Named, zone: ZoneInfo, stop: Stop) -> int:
    """Count all that was written and is not counted yet; says how many letters that were.

    Subjects and districts that are none of our `own` are kept by no name.
    """
    done = 0
    while not stop.is_set():
        with store.write() as tx:
            marks.hold(tx, WRITTEN_TO)  # no other worker counts the same
            rows = rest(tx, PART, until=store.now(tx) - LATE)
            if not rows:
                return done
            _add(tx, keyed(rows, own, zone))
            marks.put(tx, WRITTEN_TO, f"{rows[-1].created_at!r} {rows[-1].id}")
        done += len(rows)
    return done


def count_districts_again(store: Store, own: Named, stop: Stop) -> int:
    """Count districts anew where a migration has taken them out; says of how many letters.

    Newest first, before the place that it noted. Those who were erased count as not known.
    """
    with store.read() as tx:
        if not marks.get(tx, DISTRICTS_FROM):
            return 0
    done = 0
    while not stop.is_set():
        with store.write() as tx:
            place = marks.hold(tx, DISTRICTS_FROM)
            rows = tx.execute(_before(place).limit(PART)).all() if place else []
            if not rows:
                marks.drop(tx, DISTRICTS_FROM)
                return done
            _add(tx, Counter(("district", _lives(row, own), row.campaign or "") for row in rows))
            marks.put(tx, DISTRICTS_FROM, f"{rows[-1].created_at!r} {rows[-1].id}")
        done += len(rows)
    return done


def count_states(store: Store, stop: Stop) -> bool:
    """Count where all letters are, if it is time to; False when it is not, or was stopped."""
    with store.write() as tx:
        if not _is_due(tx, store.now(tx)):
            return False
        marks.put(tx, COUNTING, repr(store.now(tx)))
    began, found = time.monotonic(), _count(store, stop)
    with store.write() as tx:
        marks.drop(tx, COUNTING)
        if found is not None:
            _replace(tx, found)
            marks.put(tx, COUNTED, f"{store.now(tx)!r} {time.monotonic() - began!r}")
    return found is not None


def rest(tx: Tx, most: int, *, until: float | None = None) -> Sequence[Row[Any]]:
    """The first letters to officials that are not counted as written, oldest first."""
    counted = marks.get(tx, WRITTEN_TO)
    statement = _REST.limit(most)
    if counted:
        statement = statement.where(_written > _place(counted))
    if until is not None:
        statement = statement.where(letter.c.created_at <= until)
    return tx.execute(statement).all()


def keyed(rows: Iterable[Row[Any]], own: Named, zone: ZoneInfo) -> Counter[Key]:
    """How often each thing that is counted occurs in these letters."""
    found: Counter[Key] = Counter()
    for row in rows:
        campaign = row.campaign or ""
        hour = datetime.fromtimestamp(row.created_at, zone).strftime("%Y-%m-%dT%H")
        said = {
            HOUR: hour, "official": row.official, "via": row.via, "role": row.role,
            "district": _lives(row, own),
            "subject": row.subject if row.subject in own.subjects else "",
        }  # fmt: skip
        found.update((facet, value or "", campaign) for facet, value in said.items())
    return found


def _lives(row: Row[Any], own: Named) -> str:
    """A district as it is counted: "" is not known."""
    lives = row.district or ""
    return lives if not lives or lives in own.districts else UNNAMED


def last(tx: Tx) -> tuple[float, float] | None:
    """When all letters were counted last, and how many seconds it took; None: never."""
    noted = marks.get(tx, COUNTED)
    if not noted:
        return None
    at, _, took = noted.partition(" ")
    return float(at), float(took)


def _is_due(tx: Tx, now: float) -> bool:
    since = marks.get(tx, COUNTING)
    if since and now - GIVEN_UP < float(since) <= now:
        return False
    counted = last(tx)
    return counted is None or now >= counted[0] + max(EVERY, RARELY * counted[1])


def _count(store: Store, stop: Stop) -> Counter[tuple[str, str, str, str]] | None:
    """Letters by kind, campaign, official and state, read stretch by stretch in short looks."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    after = ""
    while not stop.is_set():
        with store.read() as tx:
            end = tx.execute(_end(after)).scalar()
            here = _STATES.where(letter.c.id > after)
            rows = tx.execute(here if end is None else here.where(letter.c.id <= end)).all()
        for row in rows:
            found[row.kind, row.campaign or "", row.official or "", row.state] += row.number
        if end is None:
            return found
        after = end
    return None


def _end(after: str) -> Select[Any]:
    """The last letter of the stretch behind `after`; no row when that is the last stretch."""
    ids = select(letter.c.id).where(letter.c.id > after).order_by(letter.c.id)
    return ids.offset(STRETCH).limit(1)


def _replace(tx: Tx, found: Counter[tuple[str, str, str, str]]) -> None:
    table = letter_count.c
    before = {
        (row.kind, row.campaign, row.official, row.state): row.count
        for row in tx.execute(select(letter_count))
    }
    if before == found:
        return
    tx.execute(delete(letter_count))
    names = (table.kind.name, table.campaign.name, table.official.name, table.state.name)
    rows = [{**dict(zip(names, key, strict=True)), "count": found[key]} for key in sorted(found)]
    if rows:
        tx.execute(insert(letter_count), rows)


def _add(tx: Tx, found: Counter[Key]) -> None:
    make = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    rows = [
        {"facet": facet, "value": value, "campaign": campaign, "count": found[key]}
        for key in sorted(found)
        for facet, value, campaign in (key,)
    ]
    one = make(written_count)
    more = {"count": written_count.c.count + one.excluded.count}
    tx.execute(
        one.on_conflict_do_update(index_elements=[*written_count.primary_key], set_=more), rows
    )


def _before(place: str) -> Select[Any]:
    """The letters written before a place in the log, the newest first."""
    return _LIVING.where(_written < _place(place))


def _place(noted: str) -> Tuple:
    at, _, key = noted.partition(" ")
    return tuple_(float(at), key)


_written = tuple_(letter.c.created_at, letter.c.id)
_LETTERS: ColumnElement[bool] = literal_column(
    "letter.kind = 'letter'"
)  # as the partial index has it
_LIVING: Select[Any] = (
    select(letter.c.created_at, letter.c.id, letter.c.campaign, submission.c.district)
    .outerjoin(submission, submission.c.id == letter.c.submission)
    .where(_LETTERS)
    .order_by(letter.c.created_at.desc(), letter.c.id.desc())
)
_REST: Select[Any] = (
    select(
        letter.c.created_at, letter.c.id, letter.c.campaign, letter.c.official,
        submission.c.via, submission.c.role, submission.c.district, letter_text.c.subject,
    )
    .outerjoin(submission, submission.c.id == letter.c.submission)
    .outerjoin(letter_text, letter_text.c.letter == letter.c.id)
    .where(_LETTERS)
    .order_by(letter.c.created_at, letter.c.id)
)  # fmt: skip
_STATES: Select[Any] = select(
    letter.c.kind, letter.c.campaign, letter.c.official, letter.c.state,
    func.count().label("number"),
).group_by(letter.c.kind, letter.c.campaign, letter.c.official, letter.c.state)  # fmt: skip
