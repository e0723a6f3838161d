"""The log as a table for others: one row for each letter, with the columns that a role may have.

The words of letters are in no table: political opinions travel with the pack for the officials,
and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Integer, literal_column, select, type_coerce

from mailer.db import Store, Tx, given
from mailer.db.schema import letter, submission
from mailer.i18n import mark
from mailer.sendlog import lines, listing
from mailer.sendlog.filters import Filter, Place, cursor_at
from mailer.status import Kind

VIEWER, MODERATOR, ORGANIZER, ADMIN = "viewer", "moderator", "organizer", "admin"
_ALL = frozenset({VIEWER, MODERATOR, ORGANIZER, ADMIN})
_WITH_PEOPLE = _ALL - {VIEWER}  # who answers people must know who they are
_ADMIN = frozenset({ADMIN})

_LETTERS: ColumnElement[bool] = literal_column("letter.kind = 'letter'")  # as the indexes have it
_Part = tuple[Sequence[Sequence[Any]], Place | None]  # rows, and where the next ones begin

AT_ONCE = 4000
"""Letters read in one transaction: between two of them nobody is held up."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the table."""

    key: str
    label: str  # in plain words, in English
    source: ColumnElement[Any]
    roles: frozenset[str] = _ALL
    shown: Callable[[Any], object] | None = None  # what the table has instead of the value


def _reference(submission_id: str | None) -> str:
    return f"{submission_id[:5]}-{submission_id[5:10]}".upper() if submission_id else ""


def _mailbox(queue: str) -> str:
    """The office's mailbox, which is the last word of a queue's name."""
    return queue.rpartition(" ")[2].removeprefix("mailbox:")


COLUMNS = (
    Column(key="reference", label=mark("Reference"), source=submission.c.id, shown=_reference),
    Column(key="campaign", label=mark("Campaign"), source=letter.c.campaign),
    Column(key="official", label=mark("Official (id)"), source=letter.c.official),
    Column(key="mailbox", label=mark("Mailbox"), source=letter.c.queue, shown=_mailbox),
    Column(key="state", label=mark("State"), source=letter.c.state),
    Column(key="reason", label=mark("Reason"), source=letter.c.reason),
    Column(key="created_at", label=mark("Written (UTC)"), source=letter.c.created_at),
    Column(key="sent_at", label=mark("Left (UTC)"), source=letter.c.sent_at),
    Column(key="attempts", label=mark("Attempts"), source=letter.c.attempts),
    Column(key="possibly_twice", label=mark("Possibly twice"),
           source=type_coerce(letter.c.possibly_twice, Integer), shown=bool),
    Column(key="via", label=mark("Via"), source=submission.c.via),
    Column(key="role", label=mark("Role"), source=submission.c.role),
    Column(key="affiliation", label=mark("Affiliation"), source=submission.c.affiliation),
    Column(key="district", label=mark("District"), source=submission.c.district),
    Column(key="language", label=mark("Language"), source=submission.c.language),
    Column(key="name", label=mark("Name"), source=submission.c.name, roles=_WITH_PEOPLE),
    Column(key="email", label=mark("Email"), source=submission.c.email, roles=_WITH_PEOPLE),
    Column(key="postal_code", label=mark("Postal code"), source=submission.c.postal_code,
           roles=_WITH_PEOPLE),
    Column(key="address", label=mark("Street address"), source=submission.c.address, roles=_ADMIN),
    Column(key="kind", label=mark("Kind of mail"), source=letter.c.kind, roles=_ADMIN),
    Column(key="id", label=mark("Letter (id)"), source=letter.c.id, roles=_ADMIN),
    Column(key="transport", label=mark("Mail server"), source=letter.c.transport, roles=_ADMIN),
    Column(key="answer", label=mark("Its answer"), source=letter.c.answer, roles=_ADMIN),
)  # fmt: skip


def columns(role: str) -> tuple[Column, ...]:
    """What a role may take away; nothing for one that works for no campaign."""
    return tuple(column for column in COLUMNS if role in column.roles)


def rows(
    store: Store, wanted: Filter, head: Sequence[Column], at_once: int = AT_ONCE
) -> Iterator[tuple[Any, ...]]:
    """The same row by row."""
    for part in parts(store, wanted, head, at_once):
        yield from zip(*part, strict=True)


def parts(
    store: Store, wanted: Filter, head: Sequence[Column], at_once: int = AT_ONCE
) -> Iterator[list[Sequence[Any]]]:
    """All letters that match, newest first, some at a time, column by column as `head` has them.

    Each part is read in a transaction of its own, so whoever takes them slowly holds up
    nobody. A letter that is written meanwhile is not among them; every other one is, once.
    """
    read = _straight if _is_plain(wanted) else _by_place
    wanted = replace(wanted, before="", after="")
    while True:
        with store.read() as tx:
            found, last = read(tx, wanted, head, at_once)
        if found:
            columns: Sequence[Sequence[Any]] = [*zip(*found, strict=True)][: len(head)]
            yield [_shown(one, cells) for one, cells in zip(head, columns, strict=True)]
        if last is None:
            return
        wanted = replace(wanted, before=cursor_at(last))


def _shown(one: Column, cells: Sequence[Any]) -> Sequence[Any]:
    """What the table has for these values; what repeats among them is made once."""
    if not one.shown:
        return cells
    made = {cell: one.shown(cell) for cell in set(cells)}
    return [*map(made.__getitem__, cells)]


def _is_plain(wanted: Filter) -> bool:
    """True when one index has what is wanted in its order."""
    narrow = wanted.query.strip() or wanted.properties or wanted.state or wanted.official
    return wanted.kind == Kind.LETTER and not narrow


def _straight(tx: Tx, wanted: Filter, head: Sequence[Column], most: int) -> _Part:
    """The next letters by the index of all letters, or of a campaign's."""
    place = (letter.c.created_at.label("at"), letter.c.id.label("key"))
    found = (
        select(*_cells(head), *place)
        .outerjoin(submission, submission.c.id == letter.c.submission)
        .where(_LETTERS, *lines.of_letter(replace(wanted, kind="")))
        .order_by(letter.c.created_at.desc(), letter.c.id.desc())
        .limit(most)
    )
    rows = _fetched(tx.execute(found))
    return rows, (rows[-1][-2], rows[-1][-1]) if len(rows) == most else None


def _fetched(result: CursorResult[Any]) -> Sequence[Sequence[Any]]:
    """All rows as the driver has them: making them SQLAlchemy's took a third of the reading."""
    with closing(result):
        rows: Sequence[Sequence[Any]] = result.cursor.fetchall() if result.cursor else []
        return rows


def _by_place(tx: Tx, wanted: Filter, head: Sequence[Column], most: int) -> _Part:
    """The next letters as the log finds them."""
    found = listing.places(tx, wanted, most)
    last = found.read_to or (found.places[-1] if len(found.places) == most else None)
    if not found.places:
        return [], last
    ones = given.table(tx.dialect.name, "id")
    statement = (
        select(*_cells(head), letter.c.created_at.label("at"), letter.c.id.label("key"))
        .join_from(ones, letter, letter.c.id == ones.c.id)
        .outerjoin(submission, submission.c.id == letter.c.submission)
    )
    values = given.rows(tx.dialect.name, [{"id": key} for _, key in found.places])
    loaded = {row[-1]: row for row in tx.execute(statement, values).all()}
    return [loaded[key] for _, key in found.places if key in loaded], last


def _cells(head: Sequence[Column]) -> list[ColumnElement[Any]]:
    return [one.source.label(f"cell_{number}") for number, one in enumerate(head)]
