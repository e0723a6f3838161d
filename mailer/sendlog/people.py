"""Letters by whom they are from: found by the beginnings of words, or by a reference.

Few people fit most searches: then their letters are looked up. Very many fit others (one letter of
the alphabet): then the log is read from the newest on, so far and no further at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from mailer.db import Tx, given
from mailer.db.schema import found_by, letter, submission
from mailer.sendlog import lines, owners
from mailer.sendlog.filters import Filter, Found, Place, cursor, cursor_at
from mailer.sendlog.terms import Term, fits, terms
from mailer.status import Kind


@dataclass(frozen=True, kw_only=True)
class Most:
    """How many keys that begin alike are looked at while somebody waits."""

    few: int = 2000  # one by one
    some: int = 20_000  # put in the order of time; of more, the log itself is read


MOST = Most()
PEOPLE = 3000  # people whose letters are looked up for one page, at the most
AT_ONCE = 200  # people whose letters are looked up together
READ = 1000  # letters read together
MOST_READ = 5000  # letters read for one page, at the most

_SHORTEST_REFERENCE = 5
_REFERENCE_LENGTH = 26  # characters of a whole id

# Above every text that begins so, byte by byte, and above every id.
_LAST = "\U0010ffff"
_LAST_OF_IDS = "z" * _REFERENCE_LENGTH


def by_words(tx: Tx, wanted: Filter, most: int, keys: Most = MOST) -> Found:
    """The letters of those whose name or address has all the words that were typed."""
    asked = terms(wanted.query)
    people, lead = _people(tx, asked, wanted.query, keys.few)
    if people is not None:
        return Found(places=_letters_of(tx, wanted, people, most))
    if wanted.kind == Kind.LETTER and _are_some(tx, lead, keys.some):
        return _by_newest(tx, wanted, asked, lead, most)
    return _read(tx, wanted, asked, most)


def plainly(query: str) -> ColumnElement[bool]:
    """The same search as one condition on a submission, which every row has to be read for."""
    text = submission.c.search
    words = [word for term in terms(query) for word in (term.words or (term.raw,))]
    each = [
        or_(text.startswith(word, autoescape=True), text.contains(f" {word}", autoescape=True))
        for word in words
    ]
    typed = _reference(query)
    named = [submission.c.id.startswith(typed)] if typed else []
    return or_(and_(*each), *named) if each else or_(false(), *named)


def _people(
    tx: Tx, asked: Sequence[Term], query: str, few: int
) -> tuple[list[tuple[float, str]] | None, list[str]]:
    """Who fits, newest first, with the moment they wrote; None: too many to look at each.

    Then also what a key begins with that fits, of the word that the fewest have.
    """
    by_reference = _by_reference(tx, query)
    if not asked:
        return by_reference, []
    found, most = [], few
    for term in sorted(asked, key=lambda one: -len(one.raw)):  # the longest fits the fewest
        found.append((term.beginnings, _beginning(tx, term.beginnings, most)))
        most = min(most, len(found[-1][1]))
    lead, keys = min(found, key=lambda one: len(one[1]))
    if len(keys) > few and len(asked) > 1:
        typed = [" ".join(term.words) for term in asked]
        lead = [" ".join(typed), " ".join(reversed(typed))]
        keys = _beginning(tx, lead, few)
    if len(keys) > few:
        return None, lead
    if len(asked) > 1:
        fitting = _fitting(tx, [key for _, key in keys], asked)
        keys = [one for one in keys if one[1] in fitting]
    return sorted({*keys, *by_reference}, reverse=True), lead


def _beginning(tx: Tx, texts: Sequence[str], few: int) -> list[tuple[float, str]]:
    """Submissions with a key that begins so: not many more than `few`."""
    found: set[tuple[float, str]] = set()
    for text in texts:
        keys = select(found_by.c.at, found_by.c.submission).where(_begins([text]))
        found |= {(row.at, row.submission) for row in tx.execute(keys.limit(few + 1))}
    return list(found)


def _fitting(tx: Tx, ids: Sequence[str], asked: Sequence[Term]) -> set[str]:
    rows = given.table(tx.dialect.name, "id")
    named = select(submission.c.id, submission.c.search).join_from(
        rows, submission, submission.c.id == rows.c.id
    )
    values = given.rows(tx.dialect.name, [{"id": key} for key in ids])
    found = tx.execute(named, values).all() if ids else ()
    return {row.id for row in found if fits(row.search, asked)}


def _by_reference(tx: Tx, query: str) -> list[tuple[float, str]]:
    """ABCDE-FGHJK in any writing, or more of the id."""
    typed = _reference(query)
    if not typed:
        return []
    key = submission.c.id
    found = select(submission.c.created_at, key).where(key >= typed, key <= typed + _LAST_OF_IDS)
    rows = tx.execute(found.limit(MOST.few)).all()
    return [(row.created_at, row.id) for row in rows if row.id.startswith(typed)]


def _reference(query: str) -> str:
    """What was typed as the beginning of a submission's id, or ""."""
    typed = query.replace("-", "").replace(" ", "").lower()
    fits_ = _SHORTEST_REFERENCE <= len(typed) <= _REFERENCE_LENGTH
    return typed if fits_ and typed.isascii() and typed.isalnum() else ""


def _letters_of(
    tx: Tx, wanted: Filter, people: Sequence[tuple[float, str]], most: int
) -> list[Place]:
    """Their letters; as these are as old as their submissions, the first people may be enough."""
    back = _is_back(wanted)
    ordered = sorted(people, reverse=not back)
    if wanted.kind == Kind.LETTER:
        ordered = [one for one in ordered if _may_follow(one[0], wanted)]
    places: list[Place] = []
    for start in range(0, len(ordered), AT_ONCE):
        some = [key for _, key in ordered[start : start + AT_ONCE]]
        places += owners.letters_of(tx, wanted, some)
        places.sort(reverse=not back)
        rest = ordered[start + AT_ONCE :]
        enough = len(places) >= most and wanted.kind == Kind.LETTER
        if enough and rest and rest[0][0] != places[most - 1][0]:
            break
    return places[:most]


def _may_follow(at: float, wanted: Filter) -> bool:
    after, before = cursor(wanted.after), cursor(wanted.before)
    if after is not None:
        return at >= after[0]
    return before is None or at <= before[0]


def _are_some(tx: Tx, texts: Sequence[str], most: int) -> bool:
    """True when the keys that begin so can still be put in order while somebody waits."""
    some = select(found_by.c.key).where(_begins(texts)).limit(most + 1).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one()) <= most


def _by_newest(
    tx: Tx, wanted: Filter, asked: Sequence[Term], lead: Sequence[str], most: int
) -> Found:
    """Put the keys in the order of time and look at the people in parts, from the cursor on."""
    back, at = _is_back(wanted), found_by.c.at
    order = (at, found_by.c.submission) if back else (at.desc(), found_by.c.submission.desc())
    keys = select(at, found_by.c.submission).distinct().where(_begins(lead), *_around(wanted))
    people = [(row.at, row.submission) for row in tx.execute(keys.order_by(*order).limit(PEOPLE))]
    places: list[Place] = []
    for start in range(0, len(people), AT_ONCE):
        part = people[start : start + AT_ONCE]
        fitting = _fitting(tx, [key for _, key in part], asked) if len(asked) > 1 else None
        ids = [key for _, key in part if fitting is None or key in fitting]
        places += owners.letters_of(tx, wanted, ids)
        if len(places) >= most + AT_ONCE:
            break
    else:
        if len(people) == PEOPLE:
            places.sort(reverse=not back)
            return Found(places=places[:most], read_to=(people[-1][0], ""))
    return Found(places=sorted(places, reverse=not back)[:most])


def _begins(texts: Sequence[str]) -> ColumnElement[bool]:
    key = found_by.c.key
    return or_(*(and_(key >= text, key < text + _LAST) for text in texts))


def _around(wanted: Filter) -> list[ColumnElement[bool]]:
    """From the cursor on, as far as a submission's moment tells."""
    after, before = cursor(wanted.after), cursor(wanted.before)
    if after is not None:
        return [found_by.c.at >= after[0]]
    return [] if before is None else [found_by.c.at <= before[0]]


def _read(tx: Tx, wanted: Filter, asked: Sequence[Term], most: int) -> Found:
    """Read the log itself, from the cursor on, until there are enough or it is too much."""
    places: list[Place] = []
    back, at = _is_back(wanted), wanted
    for _ in range(MOST_READ // READ):
        some = lines.newest(tx, at, READ)
        fitting = _of_fitting(tx, owners.with_properties(tx, wanted, some), asked)
        places += [one for one in some if one[1] in fitting]
        if len(places) >= most or len(some) < READ:
            return Found(places=places[:most])
        on = cursor_at(some[-1])
        at = replace(at, after=on) if back else replace(at, before=on)
    return Found(places=places, read_to=some[-1])


def _of_fitting(tx: Tx, places: Sequence[Place], asked: Sequence[Term]) -> set[str]:
    rows = given.table(tx.dialect.name, "id")
    named = (
        select(letter.c.id, submission.c.search)
        .join_from(rows, letter, letter.c.id == rows.c.id)
        .join(submission, submission.c.id == letter.c.submission)
    )
    values = given.rows(tx.dialect.name, [{"id": key} for _, key in places])
    found: Any = tx.execute(named, values).all() if places else ()
    return {row.id for row in found if fits(row.search, asked)}


def _is_back(wanted: Filter) -> bool:
    return cursor(wanted.after) is not None
