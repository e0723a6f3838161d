"""Letters and the submissions they belong to, a few of either looked up by their ids.

What the letter says itself is disguised here: whatever the planner thinks of a log's states and
campaigns, a handful of rows is looked up by its key and by nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from mailer.db import Tx, given
from mailer.db.schema import letter, submission
from mailer.sendlog import lines
from mailer.sendlog.filters import Filter, Place
from mailer.status import State


def letters_of(tx: Tx, wanted: Filter, ids: Sequence[str]) -> list[Place]:
    """Where the wanted letters of these submissions stand, in no order."""
    if not ids:
        return []
    rows = given.table(tx.dialect.name, "id")
    found = select(letter.c.created_at, letter.c.id).join_from(
        rows, letter, letter.c.submission == rows.c.id
    )
    asked = [submission.c[name] == value for name, value in wanted.properties.items()]
    if asked:
        found = found.join(submission, submission.c.id == letter.c.submission).where(*asked)
    values = given.rows(tx.dialect.name, [{"id": key} for key in ids])
    found = found.where(*lines.of_letter(wanted, disguised=True))
    return [(row.created_at, row.id) for row in tx.execute(found, values)]


def with_properties(tx: Tx, wanted: Filter, places: Sequence[Place]) -> list[Place]:
    """Those of some places whose letters' submissions have the wanted properties, if any are."""
    asked = [submission.c[name] == value for name, value in wanted.properties.items()]
    if not asked or not places:
        return list(places)
    rows = given.table(tx.dialect.name, "id")
    found = (
        select(letter.c.id)
        .join_from(rows, letter, letter.c.id == rows.c.id)
        .join(submission, submission.c.id == letter.c.submission)
        .where(*asked)
    )
    values = given.rows(tx.dialect.name, [{"id": key} for _, key in places])
    fitting = set(tx.execute(found, values).scalars())
    return [one for one in places if one[1] in fitting]


def states(tx: Tx, ids: Sequence[str]) -> dict[State, int]:
    """How many of these letters are in each state."""
    if not ids:
        return {}
    rows = given.table(tx.dialect.name, "id")
    found = (
        select(letter.c.state, func.count().label("number"))
        .join_from(rows, letter, letter.c.id == rows.c.id)
        .group_by(letter.c.state)
    )
    values = given.rows(tx.dialect.name, [{"id": key} for key in ids])
    return {State(row.state): row.number for row in tx.execute(found, values)}
