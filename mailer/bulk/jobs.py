"""Acts under way: begun, looked at, stopped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, literal_column, select, update

from mailer.db import Store, Tx, searching
from mailer.db.ids import event_id
from mailer.db.schema import bulk
from mailer.sendlog import Filter

RUNNING, DONE, STOPPED = "running", "done", "stopped"

_NOT_KEPT = ("query", "before", "after")
"""Of a filter: searched names stand in no table, and an act is on all that matches."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """An act on many letters."""

    id: str
    act: str
    wanted: Filter
    actor: str
    state: str  # running | done | stopped
    created_at: float
    finished_at: float | None
    total: int | None  # letters to look at; None: not counted yet
    looked_at: int
    changed: int
    undoes: str = ""  # the act that it takes back

    @property
    def part(self) -> float:
        """How much of it is done, from 0 to 1."""
        if self.state == DONE:
            return 1.0
        return min(1.0, self.looked_at / self.total) if self.total else 0.0


def begin(
    tx: Tx, act: str, wanted: Filter, *, actor: str, now: float, undoes: str = ""
) -> str:  # fmt: skip
    """Let the worker do `act` to every letter that matches now; returns the job's id.

    Raises ValueError for a filter with searched words. `undoes` is the job that it takes back.
    """
    if wanted.query:
        raise ValueError("an act on many letters is chosen by filters alone")
    kept = {name: value for name, value in asdict(wanted).items() if name not in _NOT_KEPT}
    row = {
        "id": event_id(now), "act": act, "wanted": json.dumps(kept, sort_keys=True),
        "actor": actor, "state": RUNNING, "created_at": now, "undoes": undoes,
    }  # fmt: skip
    tx.execute(insert(bulk), row)
    return str(row["id"])


def stop(tx: Tx, job_id: str, *, now: float) -> bool:
    """Let a job end where it is; what it has done stays. False when it had ended."""
    running_ = update(bulk).where(bulk.c.id == job_id, bulk.c.state == RUNNING)
    if tx.execute(running_.values(state=STOPPED, finished_at=now)).rowcount == 0:
        return False
    forget_district(tx, job_id)
    return True


def forget_district(tx: Tx, job_id: str) -> None:
    """Take the district out of the filter of a job that is over: a supporter may have typed it."""
    this = bulk.c.id == job_id
    wanted = tx.execute(select(bulk.c.wanted).where(this)).scalar_one()
    tx.execute(update(bulk).where(this).values(wanted=searching.nameless(wanted)))


def job(store: Store, job_id: str) -> Job | None:
    """One job, or None."""
    with store.read() as tx:
        return job_of(tx, job_id)


def job_of(tx: Tx, job_id: str) -> Job | None:
    """The same in a transaction."""
    row = tx.execute(select(bulk).where(bulk.c.id == job_id)).one_or_none()
    return of_row(row) if row else None


def jobs(store: Store, most: int) -> Sequence[Job]:
    """The newest jobs, newest first."""
    with store.read() as tx:
        return [of_row(row) for row in tx.execute(_NEWEST.limit(most))]


def running(store: Store) -> Sequence[Job]:
    """The jobs under way, newest first."""
    with store.read() as tx:
        return [of_row(row) for row in tx.execute(_NEWEST.where(_RUNNING))]


def of_row(row: Row[Any]) -> Job:
    """The job that a row stands for."""
    return Job(
        id=row.id, act=row.act, wanted=Filter(**json.loads(row.wanted)), actor=row.actor,
        state=row.state, created_at=row.created_at, finished_at=row.finished_at, total=row.total,
        looked_at=row.looked_at, changed=row.changed, undoes=row.undoes,
    )  # fmt: skip


_NEWEST = select(bulk).order_by(bulk.c.id.desc())
_RUNNING: ColumnElement[bool] = literal_column(
    "bulk.state = 'running'"
)  # as the partial index has it
