"""What submissions are found by: their names from each word on, their addresses, a few properties.

A key is a stretch of text whose beginning is searched: for Ann Marie Example "ann marie example",
"marie example ann" and "example ann marie", and her address. Whoever types "exam" or "marie exa"
reads one short stretch of an index. A property is a key as it is: "=role=student".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, tuple_

from mailer.addresses import folded
from mailer.db.schema import found_by, submission
from mailer.db.store import Tx

PROPERTIES = ("via", "role", "district")
"""Columns of a submission that the log can be narrowed by."""

UNNAMED = "?"
"""What stands for a district that is kept by no name: anything may have been typed for it."""

MOST_WORDS = 8
"""Words of a name that it can be found by; all of them stand in each key."""

LONGEST = 200
"""Characters of a key; an index takes no longer ones."""

BATCH = 1000  # submissions read at a time

_ENTER = insert(found_by)
_BETWEEN_WORDS = re.compile(r"[\s\-\u2010-\u2015]+")
_DROPPED = re.compile(r"[^\w]")


def enter(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let submissions be found; each row has the columns of one."""
    keyed = [
        {"key": key, "at": row["created_at"], "submission": row["id"]}
        for row in rows
        for key in keys(row)
    ]
    if keyed:
        tx.execute(_ENTER, keyed)


def enter_all(tx: Tx) -> None:
    """Let every submission be found: for a database of an older version."""
    after = ""
    columns = (submission.c[name] for name in ("id", "created_at", "search", *PROPERTIES))
    batch = select(*columns).order_by(submission.c.id).limit(BATCH)
    while rows := tx.execute(batch.where(submission.c.id > after)).mappings().all():
        enter(tx, [dict(row) for row in rows])
        after = rows[-1]["id"]


def forget(tx: Tx, submission_id: str) -> None:
    """Let a submission be found no more by its name, its address, its role or its district.

    Stands before its columns are blanked: they say which keys it has.
    """
    found = tx.execute(select(submission).where(submission.c.id == submission_id)).mappings()
    for row in found:
        this = [(key, row["created_at"], row["id"]) for key in keys({**row, "via": ""})]
        place = tuple_(found_by.c.key, found_by.c.at, found_by.c.submission)
        if this:
            tx.execute(delete(found_by).where(place.in_(this)))


def keys(row: Mapping[str, Any]) -> list[str]:
    """What a submission is found by; its `search` is the folded name, then the address."""
    name, _, address = row["search"].rpartition(" ")
    said = words(name)[:MOST_WORDS]
    turned = [" ".join([*said[place:], *said[:place]]) for place in range(len(said))]
    named = [property_key(name, row[name]) for name in PROPERTIES if row[name]]
    return sorted({key[:LONGEST] for key in (*turned, address, *named) if key})


def property_key(name: str, value: str) -> str:
    """The key of all submissions with that property; no word begins so."""
    return f"={name}={value}"[:LONGEST]


def nameless(wanted: str) -> str:
    """A filter that is over (JSON), without the district: that may be what a supporter typed."""
    found = json.loads(wanted)
    found["district"] = UNNAMED if found.get("district") else ""
    return json.dumps(found, sort_keys=True)


def words(text: str) -> list[str]:
    """The words of a name without case, accents, hyphens and apostrophes."""
    parts = _BETWEEN_WORDS.split(folded(text))
    return [bare for part in parts if (bare := _DROPPED.sub("", part))]
