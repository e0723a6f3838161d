"""The one way a letter changes its state: a legal move, guarded in SQL, with its event."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, literal_column, null, update

from mailer.db import Tx, given
from mailer.db.ids import event_id
from mailer.db.schema import letter, letter_event
from mailer.errors import IllegalMove
from mailer.status import State, sources


@dataclass(frozen=True, kw_only=True)
class Event:
    """What is noted about a letter beside the state it came to."""

    now: float
    actor: str  # supporter | worker | mailer | provider | staff:<account id>
    note: str = ""
    code: str = ""
    transport: str = ""
    attempt: int = 0
    external_id: str = ""  # the provider's own; it counts once
    job: str = ""  # the act on many letters that did it: to each letter once


def move(
    tx: Tx,
    ids: Sequence[str],
    new: State,
    event: Event,
    *,
    come_from: Collection[State] | None = None,
    where: Sequence[ColumnElement[bool]] = (),
    values: Mapping[str, Any] | None = None,
) -> list[str]:
    """Move those of `ids` that may become `new`, and write an event for each; return the moved.

    `come_from` narrows the states to come from, `where` adds conditions, `values` are further
    columns to set. A letter that is no longer where it should be stays as it is: that is how two
    workers, or a worker and a person, settle who was first.
    """
    legal = sources(new)
    if come_from is not None and not set(come_from) <= legal:
        raise IllegalMove(f"a letter that is {sorted(set(come_from) - legal)} cannot become {new}")
    if not ids:
        return []
    states = legal if come_from is None else come_from
    statement = (
        update(letter)
        .where(letter.c.id.in_(ids), letter.c.state.in_(sorted(states)), *where)
        .values(state=new, changed_at=event.now, **(values or {}))
        .returning(letter.c.id)
    )
    moved = list(tx.execute(statement).scalars())
    record(tx, moved, new, event)
    return moved


def record(tx: Tx, ids: Sequence[str], state: State, event: Event) -> None:
    """Write an event for each letter; `state` is what the letter became, or stayed."""
    if not ids:
        return
    record_each(tx, [(letter_id, state, event) for letter_id in ids])


def record_each(tx: Tx, happened: Sequence[tuple[str, State, Event]]) -> None:
    """Write events of many letters at once."""
    rows = [
        {
            "id": event_id(event.now), "letter": letter_id, "at": event.now, "state": state.value,
            "actor": event.actor, "note": event.note, "code": event.code,
            "transport": event.transport, "attempt": event.attempt,
            "external_id": event.external_id or done_by(event.job, letter_id) or None,
        }
        for letter_id, state, event in happened
    ]  # fmt: skip
    given.enter(tx, letter_event, rows)


def done_by(job: str, letter_id: str) -> str:
    """What an act on many letters leaves at each of them, in order by their ids; "" of none."""
    return f"{job}{letter_id}" if job else ""


def undated() -> ColumnElement[float | None]:
    """A date to come: the next attempt gets its own, unless an earlier one may have arrived."""
    return case((letter.c.possibly_twice, letter.c.dated_at), else_=null())


def is_state(state: State) -> ColumnElement[bool]:
    """A condition with the state written out: a bound one would hide the partial indexes."""
    return literal_column(f"letter.state = '{state.value}'")
