"""Districts by postal code from a service: remembered for all machines, and never in the way.

The service is asked at most 60 times in any minute by all of them together. Where it is down, slow
or asked too often there is no answer, and the page offers the list of districts instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mailer.db import Store, Tx
from mailer.db.schema import district_lookup, service
from mailer.districts.codes import bare
from mailer.districts.represent import Boundary, BusyError
from mailer.errors import OutboundError
from mailer.outbox.pace import Bucket

REPRESENT = "represent"
PACE = Bucket(count=40, seconds=60.0, burst=20)
"""No minute can have more than 60 questions: the 20 saved up, and 40 at the steady pace."""

CLOSED = (10.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds in which a service is left alone, by failures in a row."""

PROBE_TAKES = 5.0
"""Seconds that one question has to find out whether a failing service works again."""

FRESH = 180 * 86_400.0
FRESH_NOTHING = 7 * 86_400.0
KEPT = 365 * 86_400.0
"""Seconds: an answer is asked for again, one that knew nothing sooner, and forgotten."""

Ask = Callable[[str], tuple[Boundary, ...]]
"""Asks the service about one code; raises OutboundError."""

May = Callable[[Tx, float], bool]
"""True when somebody may have a question asked, at a moment; taken from their allowance then."""


@dataclass(frozen=True, kw_only=True)
class _Known:
    """An answer that is remembered."""

    boundaries: tuple[Boundary, ...]
    fresh: bool


def find(
    store: Store, code: str, ask: Ask, may: May = lambda _tx, _now: True
) -> tuple[Boundary, ...] | None:
    """The districts of a code that was judged before; None when nobody can tell now.

    Takes as long as one question at most. An old answer is better than none. `may` says whether
    whoever wants to know may have another question asked.
    """
    key = bare(code)
    known, may_ask = _look(store, key)
    if known is not None and (known.fresh or not may_ask):
        return known.boundaries
    said = _asked(store, key, ask) if may_ask and _take(store, may) else None
    return known.boundaries if said is None and known is not None else said


def purge(store: Store) -> int:
    """Forget what was said too long ago; how many codes that were."""
    with store.write() as tx:
        old = district_lookup.c.found_at < store.now(tx) - KEPT
        return int(tx.execute(delete(district_lookup).where(old)).rowcount)


def _look(store: Store, key: str) -> tuple[_Known | None, bool]:
    """What is remembered, and whether the service may be asked; costs no writing."""
    with store.read() as tx:
        now = store.now(tx)
        row = tx.execute(select(district_lookup).where(district_lookup.c.code == key)).one_or_none()
        return (_known(row, now) if row else None), _may_ask(_state(tx), now)


def _known(row: Row[Any], now: float) -> _Known:
    pairs = json.loads(row.boundaries)
    boundaries = tuple(Boundary(set=one, name=name) for one, name in pairs)
    lasts = FRESH if boundaries else FRESH_NOTHING
    return _Known(boundaries=boundaries, fresh=now < row.found_at + lasts)


def _state(tx: Tx, *, lock: bool = False) -> Row[Any] | None:
    found = select(service).where(service.c.name == REPRESENT)
    return tx.execute(found.with_for_update() if lock else found).one_or_none()


def _may_ask(row: Row[Any] | None, now: float) -> bool:
    if row is None:
        return True
    open_ = row.closed_until is None or row.closed_until <= now
    return open_ and _bucket(row).allowance(now, 1) > 0


def _bucket(row: Row[Any]) -> Bucket:
    return Bucket(count=PACE.count, seconds=PACE.seconds, burst=PACE.burst, full_at=row.full_at)


def _take(store: Store, may: May) -> bool:
    """Take one question from the allowance of all machines; False when another was quicker."""
    with store.write() as tx:
        now = store.now(tx)
        insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        made = insert(service).values(name=REPRESENT, full_at=now)
        tx.execute(made.on_conflict_do_nothing())
        row = _state(tx, lock=True)
        if row is None or not _may_ask(row, now) or not may(tx, now):
            return False
        probe = {"closed_until": now + PROBE_TAKES} if row.failures else {}
        spent = _bucket(row).spent(1, now, now)
        _set(tx, full_at=spent.full_at, **probe)
        return True


def _asked(store: Store, key: str, ask: Ask) -> tuple[Boundary, ...] | None:
    """What the service says, noted with how it did; no transaction is open meanwhile."""
    try:
        boundaries = ask(key)
    except OutboundError as error:
        _note_failure(store, error.after if isinstance(error, BusyError) else 0.0)
        return None
    _remember(store, key, boundaries)
    return boundaries


def _note_failure(store: Store, after: float) -> None:
    with store.write() as tx:
        now = store.now(tx)
        row = _state(tx, lock=True)
        failures, closed = (row.failures, row.closed_until or 0.0) if row else (0, 0.0)
        if closed > now + max(after, PROBE_TAKES):
            return  # questions asked at one time fail together: that is one failure
        wait = max(after, CLOSED[min(failures, len(CLOSED) - 1)])
        _set(tx, failures=failures + 1, closed_until=now + wait)


def _remember(store: Store, key: str, boundaries: Sequence[Boundary]) -> None:
    with store.write() as tx:
        now = store.now(tx)
        said = json.dumps([[one.set, one.name] for one in boundaries], ensure_ascii=False)
        insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
        put = insert(district_lookup).values(code=key, boundaries=said, found_at=now)
        newer = {"boundaries": said, "found_at": now}
        tx.execute(put.on_conflict_do_update(index_elements=["code"], set_=newer))
        tx.execute(delete(district_lookup).where(district_lookup.c.found_at < now - KEPT))
        _set(tx, failures=0, closed_until=None)


def _set(tx: Tx, **values: Any) -> None:
    tx.execute(update(service).where(service.c.name == REPRESENT).values(**values))
