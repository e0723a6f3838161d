"""Letters by what their submissions have in common: an organisation's link, a role, a district.

Two ways lead to them: through the letters themselves, or through the submissions that have the
rarest of the properties. Both are read in parts, the newest first, so far and no further at a time:
where hardly any letter fits, a page ends where the reading ended, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, func, select

from mailer.db import Tx, searching
from mailer.db.schema import found_by, letter, submission, written_count
from mailer.sendlog import lines, owners
from mailer.sendlog.filters import Filter, Found, Place, cursor, cursor_at
from mailer.status import Kind

PARTS = (150, 650)
"""Letters or submissions read together, one after the other, while somebody waits."""

_LAST_OF_IDS = "~"  # above every id


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What was found in one part, in order, and where the reading stands; None: at the end."""

    places: list[Place]
    read_to: Place | None


def by_property(tx: Tx, wanted: Filter, most: int, parts: Sequence[int] = PARTS) -> Found:
    """The letters of those who came by an organisation's link, or who have a role or district."""
    name, value, theirs = _rarest(tx, wanted)
    letters = lines.counted(tx, wanted)
    if wanted.kind != Kind.LETTER or (letters is not None and letters < theirs):
        reading = _through_letters(tx, wanted, parts)
    else:
        reading = _through_people(tx, wanted, searching.property_key(name, value), parts)
    places: list[Place] = []
    read_to = None
    for part in reading:
        places, read_to = places + part.places, part.read_to
        if len(places) >= most:
            return Found(places=places[:most])
    return Found(places=places, read_to=read_to)


def _through_letters(tx: Tx, wanted: Filter, parts: Sequence[int]) -> Iterator[_Part]:
    at = replace(wanted, via="", role="", district="")
    for size in parts:
        some = lines.newest(tx, at, size)
        fitting = owners.with_properties(tx, wanted, some)
        if len(some) < size:
            yield _Part(places=fitting, read_to=None)
            return
        yield _Part(places=fitting, read_to=some[-1])
        on = cursor_at(some[-1])
        at = replace(at, after=on) if _is_back(wanted) else replace(at, before=on)


def _through_people(tx: Tx, wanted: Filter, key: str, parts: Sequence[int]) -> Iterator[_Part]:
    """A letter is as old as its submission: what was written at one moment is read together."""
    back, at = _is_back(wanted), found_by.c.at
    unread = [found_by.c.key == key, *_near(wanted)]
    for size in parts:
        edges = select(at).where(*unread).order_by(at if back else at.desc())
        edge = tx.execute(edges.offset(size).limit(1)).scalar()
        here = () if edge is None else (at <= edge if back else at >= edge,)
        places = sorted(_theirs(tx, wanted, [*unread, *here]), reverse=not back)
        if edge is None:
            yield _Part(places=places, read_to=None)
            return
        # Behind all letters of that moment, whichever way.
        yield _Part(places=places, read_to=(edge, _LAST_OF_IDS if back else ""))
        unread.append(at > edge if back else at < edge)


def _theirs(tx: Tx, wanted: Filter, people: Sequence[ColumnElement[bool]]) -> list[Place]:
    """The wanted letters of some submissions, in no order."""
    key = found_by.c.submission
    found = select(letter.c.created_at, letter.c.id).join_from(
        found_by, letter, letter.c.submission == key
    )
    asked = [submission.c[name] == value for name, value in wanted.properties.items()]
    if len(asked) > 1:  # one of them is the key
        found = found.join(submission, submission.c.id == key).where(*asked)
    found = found.where(*people, *lines.of_letter(wanted, disguised=True))
    return [(row.created_at, row.id) for row in tx.execute(found)]


def _near(wanted: Filter) -> list[ColumnElement[bool]]:
    """From the cursor on, and within the moments asked for, as far as submissions tell."""
    after, before, at = cursor(wanted.after), cursor(wanted.before), found_by.c.at
    near: list[ColumnElement[bool]] = []
    if after is not None:
        near.append(at >= after[0])
    elif before is not None:
        near.append(at <= before[0])
    if wanted.since is not None:
        near.append(at >= wanted.since)
    if wanted.until is not None:
        near.append(at < wanted.until)
    return near


def _rarest(tx: Tx, wanted: Filter) -> tuple[str, str, int]:
    """The property that the fewest letters have, and about how many do.

    A district that somebody typed is counted by no name: as many as of all such at the most.
    """
    found = []
    for name, value in wanted.properties.items():
        number = _written(tx, name, value)
        if not number and name == "district":
            number = _written(tx, name, searching.UNNAMED)
        found.append((number, name, value))
    number, name, value = min(found)
    return name, value, number


def _written(tx: Tx, name: str, value: str) -> int:
    this = (written_count.c.facet == name, written_count.c.value == value)
    found = tx.execute(select(func.sum(written_count.c.count)).where(*this)).scalar()
    return int(found or 0)


def _is_back(wanted: Filter) -> bool:
    return cursor(wanted.after) is not None
