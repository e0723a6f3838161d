"""Which stretches of which indexes hold the letters that are wanted, each newest first.

A page of the log is the newest of all these lines together. Every line is read from where the
page begins, so a page costs the same at any depth, and with a million letters as with ten thousand.
Conditions that another index could answer too are disguised: neither engine is to choose by
guesses at what the log holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    false,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)

from mailer import outbox
from mailer.db import Tx
from mailer.db.schema import letter, letter_count, queue, submission
from mailer.sendlog.filters import Filter, Place, cursor
from mailer.status import Kind, State

Line = tuple[ColumnElement[bool], ...]

BRIEF = frozenset({State.CLAIMED, State.DOT})
"""States that a letter is in for moments only; the index of states leaves them out."""

# As the partial indexes have it: bound values would hide them.
SETTLED: ColumnElement[bool] = literal_column("letter.state NOT IN ('claimed', 'dot')")
_LETTERS: ColumnElement[bool] = literal_column("letter.kind = 'letter'")
_OTHERS: ColumnElement[bool] = literal_column("letter.kind <> 'letter'")
_LEASED: ColumnElement[bool] = literal_column("letter.lease_until IS NOT NULL")

_LOOKED_UP = 8
"""Entries of an index that are passed over in the time in which one letter is read."""


def newest(tx: Tx, wanted: Filter, most: int) -> list[Place]:
    """The places of the first `most` letters, from the cursor on, whosesoever they are."""
    near = _between(wanted)
    parts = [_line([*line, *near], wanted, most) for line in lines(tx, wanted)]
    if not parts:
        return []
    statement = parts[0]
    if len(parts) > 1:
        all_ = union_all(*(select(part.subquery()) for part in parts)).subquery()
        statement = in_order(select(all_.c.created_at, all_.c.id), all_.c, wanted).limit(most)
    return [(row.created_at, row.id) for row in tx.execute(statement)]


def count(tx: Tx, wanted: Filter) -> int:
    """How many letters are wanted, one by one: for whoever has time."""
    narrow = [*_between(wanted), *_of_submission(wanted)]
    counts = [select(func.count()).select_from(letter).where(*line, *narrow)
              for line in lines(tx, wanted)]  # fmt: skip
    return sum(int(tx.execute(one).scalar_one()) for one in counts)


def lines(tx: Tx, wanted: Filter) -> list[Line]:
    """The lines that together hold what is wanted, but for what the submission says."""
    if _is_unknown(wanted):
        return []
    kinds = [Kind(wanted.kind)] if wanted.kind else list(Kind)
    return [line for kind in kinds for line in _of_kind(tx, wanted, kind)]


def in_order(statement: Select[Any], columns: Any, wanted: Filter) -> Select[Any]:
    """Newest first, or oldest first on the way back to what is newer."""
    if cursor(wanted.after) is not None:
        return statement.order_by(columns.created_at, columns.id)
    return statement.order_by(columns.created_at.desc(), columns.id.desc())


def of_letter(wanted: Filter, *, disguised: bool = False) -> list[ColumnElement[bool]]:
    """What is asked of the letter itself: for those found by other ways, and perhaps disguised."""
    if _is_unknown(wanted):
        return [false()]
    asked = ((letter.c.campaign, wanted.campaign), (letter.c.official, wanted.official))
    if disguised:
        hidden = (*asked, (letter.c.kind, wanted.kind), (letter.c.state, wanted.state))
        named = [_disguised(column) == value for column, value in hidden if value]
        return [*named, *_between(wanted)]
    kind = [_kind(Kind(wanted.kind))] if wanted.kind else []
    state = [outbox.is_state(State(wanted.state))] if wanted.state else []
    return [*kind, *state, *(column == value for column, value in asked if value),
            *_between(wanted)]  # fmt: skip


def _is_unknown(wanted: Filter) -> bool:
    """True for a state or kind that there is not."""
    state, kind = wanted.state, wanted.kind
    return bool((state and state not in set(State)) or (kind and kind not in set(Kind)))


def campaigns(tx: Tx, official: str = "") -> Sequence[str]:
    """The campaigns that have letters, perhaps to one official."""
    named = select(queue.c.campaign).distinct().where(queue.c.campaign.is_not(None))
    if official:
        named = named.where(queue.c.official == official)
    return tx.execute(named).scalars().all()


def counted(tx: Tx, wanted: Filter) -> int | None:
    """About how many letters there are of a kind, campaign, official, state; None: not known."""
    named = ((letter_count.c.kind, wanted.kind), (letter_count.c.campaign, wanted.campaign),
             (letter_count.c.official, wanted.official),
             (letter_count.c.state, wanted.state))  # fmt: skip
    total = select(func.sum(letter_count.c.count))
    found = tx.execute(total.where(*(column == value for column, value in named if value))).scalar()
    return None if found is None else int(found)


def _of_kind(tx: Tx, wanted: Filter, kind: Kind) -> list[Line]:
    if wanted.state in BRIEF:
        return [(_LEASED, *_leased(wanted, kind))]
    if wanted.state and not (kind is Kind.LETTER and _state_is_common(tx, wanted)):
        return _by_state(tx, wanted, kind)
    if kind is Kind.LETTER:
        return _letters(tx, wanted)
    if wanted.official:
        return []
    of_kind = (_OTHERS, _kind(kind))
    return [(*of_kind, one) for one in _each_campaign(tx, wanted, none_too=True)]


def _letters(tx: Tx, wanted: Filter) -> list[Line]:
    """Letters to officials by campaign and official, whatever index their state could use."""
    state: Line = (_disguised(letter.c.state) == wanted.state,) if wanted.state else ()
    if wanted.official:
        of_official = (_LETTERS, letter.c.official == wanted.official, *state)
        return [(*of_official, one) for one in _each_campaign(tx, wanted)]
    if wanted.campaign:
        return [(_LETTERS, letter.c.campaign == wanted.campaign, *state)]
    return [(_LETTERS, *state)]


def _by_state(tx: Tx, wanted: Filter, kind: Kind) -> list[Line]:
    """The index of states, campaign by campaign; an official stands in it only to pass others."""
    if kind is not Kind.LETTER and wanted.official:
        return []
    there = (SETTLED, outbox.is_state(State(wanted.state)), _kind(kind))
    official: Line = ()
    if wanted.official:
        official = (_disguised(letter.c.official) == wanted.official,)
    each = _each_campaign(tx, wanted, none_too=kind is not Kind.LETTER)
    return [(*there, one, *official) for one in each]


def _each_campaign(tx: Tx, wanted: Filter, *, none_too: bool = False) -> list[ColumnElement[bool]]:
    if wanted.campaign:
        return [letter.c.campaign == wanted.campaign]
    each = [letter.c.campaign == one for one in campaigns(tx, wanted.official)]
    return [*each, letter.c.campaign.is_(None)] if none_too else each


def _state_is_common(tx: Tx, wanted: Filter) -> bool:
    """True when an official's letters are read faster than all letters in that state."""
    if not wanted.official:
        return False
    in_state = counted(tx, Filter(campaign=wanted.campaign, state=wanted.state))
    theirs = counted(tx, Filter(campaign=wanted.campaign, official=wanted.official))
    return in_state is not None and theirs is not None and in_state > _LOOKED_UP * theirs


def _leased(wanted: Filter, kind: Kind) -> list[ColumnElement[bool]]:
    """Of the few letters that a worker holds, those that are wanted."""
    asked = ((letter.c.state, wanted.state), (letter.c.kind, kind.value),
             (letter.c.campaign, wanted.campaign),
             (letter.c.official, wanted.official))  # fmt: skip
    return [_disguised(column) == value for column, value in asked if value]


def _kind(kind: Kind) -> ColumnElement[bool]:
    return literal_column(f"letter.kind = '{kind.value}'")


def _disguised(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same text as an expression that no index has."""
    return column.op("||")("")


def _between(wanted: Filter) -> list[ColumnElement[bool]]:
    """From the cursor on, and within the moments asked for."""
    place = tuple_(letter.c.created_at, letter.c.id)
    after, before = cursor(wanted.after), cursor(wanted.before)
    found: list[ColumnElement[bool]] = []
    if after is not None:
        found.append(place > tuple_(*after))
    elif before is not None:
        found.append(place < tuple_(*before))
    if wanted.since is not None:
        found.append(letter.c.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(letter.c.created_at < wanted.until)
    return found


def _of_submission(wanted: Filter) -> list[ColumnElement[bool]]:
    """What is asked of the submission: looked up letter by letter, as no planner turns round."""
    return [
        select(submission.c[name])
        .where(submission.c.id == letter.c.submission)
        .correlate(letter)
        .scalar_subquery()
        == value
        for name, value in wanted.properties.items()
    ]


def _line(conditions: Iterable[ColumnElement[bool]], wanted: Filter, most: int) -> Select[Any]:
    found = select(letter.c.created_at, letter.c.id).where(*conditions)
    return in_order(found, letter.c, wanted).limit(most)
