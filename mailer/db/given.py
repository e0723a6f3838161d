"""Many rows in one parameter: a statement that is built once and moves any number of letters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import FromClause, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

PARAMETER = "given"


def table(dialect: str, *names: str) -> FromClause:
    """A table with text columns `names`, to be filled by `rows` when the statement runs."""
    if dialect == "postgresql":
        record = func.jsonb_to_recordset(cast(bindparam(PARAMETER, type_=Text), JSONB))
        columns = [column(name, Text) for name in names]
        return record.table_valued(*columns, name="given").render_derived(with_types=True)
    each = func.json_each(bindparam(PARAMETER, type_=Text)).table_valued("value", name="each")
    extracted = [func.json_extract(each.c.value, f"$.{name}").label(name) for name in names]
    return select(*extracted).subquery("given")


def rows(values: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The parameter that fills such a table."""
    return {PARAMETER: json.dumps(list(values))}
