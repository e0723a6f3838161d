"""Is the audit as it was written? What was changed, taken out, moved or cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select

from mailer.audit.heads import Head
from mailer.audit.recording import sealed
from mailer.db import Store, Tx
from mailer.db.schema import audit_entry, audit_head

MOST = 100  # faults that are told; the rest are counted
_BATCH = 1000  # rows in memory at a time


class What(StrEnum):
    """What is wrong with entries."""

    CHANGED = "changed"  # an entry does not agree with its own seal
    MISSING = "missing"  # entries were taken out
    BROKEN = "broken"  # an entry was not written after the one before it
    CUT_OFF = "cut off"  # the newest entries are gone
    REPLACED = "replaced"  # another entry stood here when the head was noted


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong, from one entry up to another."""

    what: What
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found."""

    entries: int
    head: Head  # as the chain itself says
    faults: tuple[Fault, ...]  # the first MOST
    wrong: int  # how many there are


def verify(store: Store, heads: Sequence[Head] = ()) -> Verdict:
    """Look through the whole chain; `heads` are what was noted elsewhere and must still hold."""
    options = {"stream_results": True, "max_row_buffer": _BATCH}
    with store.snapshot() as tx:
        rows = tx.execute(
            select(audit_entry).order_by(audit_entry.c.number), execution_options=options
        )
        chain = _Chain([*heads, *_own_head(tx)])
        faults: list[Fault] = []
        wrong = 0
        for fault in chain.faults(rows):
            wrong += 1
            faults += [fault] if len(faults) < MOST else []
    head = Head(number=chain.number, hash=chain.hash)
    return Verdict(entries=chain.entries, head=head, faults=tuple(faults), wrong=wrong)


def standing(tx: Tx) -> Head:
    """Where the audit stands, as its own head says."""
    found = _own_head(tx)
    return found[0] if found else Head(number=0, hash="")


class _Chain:
    """Goes along the entries, and knows where it stands."""

    def __init__(self, heads: Iterable[Head]) -> None:
        self._heads = list(heads)
        self._noted: dict[int, set[str]] = {}
        for head in self._heads:
            self._noted.setdefault(head.number, set()).add(head.hash)
        self.number, self.hash, self.entries = 0, "", 0

    def faults(self, rows: Iterable[Row[Any]]) -> Iterator[Fault]:
        """What is wrong, in order."""
        for row in rows:
            yield from self._fault(row)
            self.number, self.hash = row.number, row.hash
            self.entries += 1
        last = max((head.number for head in self._heads), default=0)
        if last > self.number:
            yield Fault(what=What.CUT_OFF, first=self.number + 1, last=last)

    def _fault(self, row: Row[Any]) -> Iterator[Fault]:
        gap = row.number != self.number + 1
        if gap:
            yield Fault(what=What.MISSING, first=self.number + 1, last=row.number - 1)
        entry = dict(row._mapping)
        if entry.pop("hash") != sealed(entry):
            yield Fault(what=What.CHANGED, first=row.number, last=row.number)
        elif not gap and row.previous != self.hash:
            yield Fault(what=What.BROKEN, first=row.number, last=row.number)
        elif self._noted.get(row.number, {row.hash}) != {row.hash}:
            yield Fault(what=What.REPLACED, first=row.number, last=row.number)


def _own_head(tx: Tx) -> list[Head]:
    row = tx.execute(select(audit_head)).one_or_none()
    return [] if row is None else [Head(number=row.number, hash=row.hash)]
