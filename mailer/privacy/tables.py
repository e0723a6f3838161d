"""Every column of every table, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping

from mailer.privacy import columns, columns_staff
from mailer.privacy.values import Column, Ends, Erasing, Told

TABLES: Mapping[str, Mapping[str, Column]] = {**columns.TABLES, **columns_staff.TABLES}
"""By table and column, all there are."""


def column(table: str, name: str) -> Column:
    """What becomes of a column; raises KeyError for one that nobody declared."""
    return TABLES[table][name]


def blanked(
    table: str, by: Erasing = Erasing.BLANK, ends: Ends | None = None
) -> tuple[str, ...]:  # fmt: skip
    """The columns of a table that an erasure empties, or those among them that end so."""
    return tuple(
        name for name, one in TABLES[table].items()
        if one.erasing is by and ends in {None, one.ends}
    )  # fmt: skip


def told(table: str, *, owner: bool, mail: bool = False) -> tuple[str, ...]:
    """The columns of a table that somebody who asks for their data gets.

    `owner`: they have shown that the mailbox is theirs; else staff answer for them. `mail`: of what
    we wrote to the supporter, whose links speak for their reader.
    """
    shown = {Told.YES}
    if owner:
        shown |= {Told.OWNER, Told.LETTERS}
    elif not mail:
        shown.add(Told.LETTERS)
    return tuple(name for name, one in TABLES[table].items() if one.told in shown)
