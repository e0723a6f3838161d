"""Many rows for one statement, which is built once and moves any number of letters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    FromClause,
    Insert,
    Table,
    Text,
    Update,
    bindparam,
    column,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

PREFIX = "given_"


def table(dialect: str, *names: str) -> FromClause:
    """A table with text columns `names`, to be filled by `rows` when the statement runs."""
    if dialect == "postgresql":
        return _unnested({name: Text() for name in names})
    each = func.json_each(bindparam(PREFIX, type_=Text)).table_valued("value", name="each")
    extracted = [func.json_extract(each.c.value, f"$.{name}").label(name) for name in names]
    return select(*extracted).subquery("given")


def rows(dialect: str, values: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The parameters that fill such a table; all rows name the same columns."""
    if dialect == "postgresql":
        names = values[0] if values else ()
        return {PREFIX + name: [row[name] for row in values] for name in names}
    return {PREFIX: json.dumps(list(values))}


def _unnested(types: Mapping[str, TypeEngine[Any]]) -> FromClause:
    """PostgreSQL's table of arrays: unlike for JSON, its planner expects few rows, and looks them
    up by their key instead of reading all there are."""
    arrays = [bindparam(PREFIX + name, type_=ARRAY(kind)) for name, kind in types.items()]
    columns = [column(name, kind) for name, kind in types.items()]
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def enter(tx: Connection, into: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, which all name the same columns."""
    if not values:
        return
    if tx.dialect.name == "postgresql":
        tx.execute(_insert(into, tuple(values[0])), rows("postgresql", values))
    else:
        tx.execute(_plain(into), values)


@cache
def _insert(into: Table, names: tuple[str, ...]) -> Insert:
    """An INSERT of all rows at once: each by itself would be planned by itself."""
    given = _unnested({name: into.c[name].type for name in names})
    return insert(into).from_select(list(names), select(*given.c))


@cache
def _plain(into: Table) -> Insert:
    return insert(into)


class Each:
    """An UPDATE for many rows at once, each with values of its own.

    `build` makes it from the columns of a row. PostgreSQL gets all rows at once. SQLite
    gets one after the other: there a call costs less than reading JSON, less than half in fact.
    """

    def __init__(self, build: Callable[[Any], Update], key: Column[str], *names: str) -> None:
        self._build = build
        self._key = key
        self._names = names
        self._statement: Update | None = None
        self._sql, self._places, self._fixed = "", tuple[str, ...](), dict[str, Any]()

    def run(
        self, tx: Connection, rows_: Sequence[Mapping[str, str]], values: Mapping[str, Any]
    ) -> set[str]:
        """Run it for rows of text, among them "id", and common `values`; say which ids changed."""
        if tx.dialect.name == "postgresql":
            if self._statement is None:
                built = self._build(table("postgresql", *self._names).c)
                self._statement = built.returning(self._key)
            return set(
                tx.execute(self._statement, {**values, **rows("postgresql", rows_)}).scalars()
            )
        if not self._sql:
            self._compile(tx)
        cursor = tx.connection.cursor()  # the driver's own: SQLAlchemy's loop costs more than SQL
        changed = set()
        for row in rows_:
            given = {**self._fixed, **values, **row}
            cursor.execute(self._sql, [given[name] for name in self._places])
            if cursor.rowcount > 0:
                changed.add(row["id"])
        cursor.close()
        return changed

    def _compile(self, tx: Connection) -> None:
        columns = {name: bindparam(name, type_=Text) for name in self._names}
        compiled = self._build(SimpleNamespace(**columns)).compile(dialect=tx.dialect)
        self._sql, self._fixed = str(compiled), dict(compiled.params)
        self._places = tuple(compiled.positiontup or ())
