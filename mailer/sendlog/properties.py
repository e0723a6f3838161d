"""Letters by what their submissions have in common: an organisation's link, a role, a district."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, func, select, tuple_

from mailer.db import Tx, searching
from mailer.db.schema import found_by, letter, submission, written_count
from mailer.sendlog import lines
from mailer.sendlog.filters import Filter, Found, cursor
from mailer.status import Kind


def by_property(tx: Tx, wanted: Filter, most: int) -> Found:
    """The letters of those who came by an organisation's link, or who have a role or district."""
    name, value, people = _rarest(tx, wanted)
    in_state = lines.counted(tx, replace(wanted, official="")) if wanted.state else None
    if wanted.kind != Kind.LETTER or (in_state is not None and in_state < people):
        return Found(places=lines.newest(tx, wanted, most))
    others = {key: text for key, text in wanted.properties.items() if key != name}
    moment = found_by.c.at.label("created_at")  # a letter is as old as its submission
    found = (
        select(moment, letter.c.id)
        .join_from(found_by, letter, letter.c.submission == found_by.c.submission)
        .where(found_by.c.key == searching.property_key(name, value), *_near(wanted))
        .where(*lines.of_letter(replace(wanted, before="", after="", since=None, until=None)))
    )
    if others:
        found = found.join(submission, submission.c.id == letter.c.submission).where(
            *(submission.c[key] == text for key, text in others.items())
        )
    order = (
        (moment, letter.c.id)
        if cursor(wanted.after) is not None
        else (moment.desc(), letter.c.id.desc())
    )
    rows = tx.execute(found.order_by(*order).limit(most))
    return Found(places=[(row.created_at, row.id) for row in rows])


def _near(wanted: Filter) -> list[ColumnElement[bool]]:
    """From the cursor on, and within the moments asked for, as the index of keys has it."""
    after, before, at = cursor(wanted.after), cursor(wanted.before), found_by.c.at
    place = tuple_(at, letter.c.id)
    near: list[ColumnElement[bool]] = []
    if after is not None:
        near += [at >= after[0], place > tuple_(*after)]
    elif before is not None:
        near += [at <= before[0], place < tuple_(*before)]
    if wanted.since is not None:
        near.append(at >= wanted.since)
    if wanted.until is not None:
        near.append(at < wanted.until)
    return near


def _rarest(tx: Tx, wanted: Filter) -> tuple[str, str, int]:
    """The property that the fewest letters have, and about how many do."""
    found = []
    for name, value in wanted.properties.items():
        this = (written_count.c.facet == name, written_count.c.value == value)
        number = tx.execute(select(func.sum(written_count.c.count)).where(*this)).scalar()
        found.append((int(number or 0), name, value))
    number, name, value = min(found)
    return name, value, number
