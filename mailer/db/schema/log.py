"""What keeps the log fast: words to find people by, counts kept aside, acts on many letters."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, Integer, Table, Text, text
from sqlalchemy.dialects import postgresql

from mailer.db.schema.base import metadata, moment, words

# Byte by byte: only so is the beginning of a word one stretch of the index, in every language.
_BYTEWISE = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

found_by = Table(  # see mailer.db.searching
    "found_by",
    metadata,
    Column("key", _BYTEWISE, primary_key=True),
    Column("at", Double, primary_key=True),  # when the submission was made
    Column("submission", Text, primary_key=True),
    sqlite_with_rowid=False,  # the key is all there is
)

letter_count = Table(  # how many letters are where, as they were when somebody last counted
    "letter_count",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("campaign", Text, primary_key=True),  # "": of none
    Column("official", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

written_count = Table(  # how many letters to officials were ever written: it only grows
    "written_count",
    metadata,
    Column("facet", Text, primary_key=True),  # hour | official | via | role | district | subject
    Column("value", Text, primary_key=True),  # a word of the organizers, none of a supporter
    Column("campaign", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

people_count = Table(  # how many people, and letters to hand over, when somebody last counted
    "people_count",
    metadata,
    Column("campaign", Text, primary_key=True),
    # written | via | agreed | ever | told | ready | mailed | gone
    Column("facet", Text, primary_key=True),
    Column("value", Text, primary_key=True),  # organisation; yes | no; official; "" of who wrote
    Column("count", Integer, nullable=False),
)

bulk = Table(  # an act of staff on many letters, done in the background
    "bulk",
    metadata,
    Column("id", Text, primary_key=True),  # sorts by time
    Column("act", Text, nullable=False),
    Column("wanted", Text, nullable=False),  # JSON: the filter; see searching.nameless
    Column("actor", Text, nullable=False),  # staff:<account id>
    Column("state", Text, nullable=False),  # running | done | stopped
    moment("created_at", nullable=False),
    moment("finished_at"),
    Column("total", Integer),  # letters to look at; null: not counted yet
    Column("looked_at", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),
    words("place"),  # how far it is: the place in the log of the last letter looked at
    words("undoes"),  # the act that it takes back
)
_RUNNING = text("state = 'running'")
Index("ix_bulk_running", bulk.c.id, sqlite_where=_RUNNING, postgresql_where=_RUNNING)
