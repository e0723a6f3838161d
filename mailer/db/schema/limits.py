"""How often somebody may, and what staff should look at. All of it is forgotten within a week."""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Table, Text

from mailer.db.schema.base import metadata, moment

bucket = Table(  # an allowance that refills; a row whose moment is past is as good as none
    "bucket",
    metadata,
    Column("id", Text, primary_key=True),  # what it limits, people and networks as keyed hashes
    moment("full_at", nullable=False),  # when the allowance is whole again
    Column("every", Double, nullable=False),  # seconds that one takes to come back
    Column("room", Double, nullable=False),  # seconds that a whole allowance takes
    sqlite_with_rowid=False,
)

alarm = Table(  # a campaign under attack: until then its letters are confirmed by mail
    "alarm",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("cause", Text, nullable=False),
    moment("since", nullable=False),
    moment("until", nullable=False),
    moment("told_at"),  # when staff were told of it
)

# What two submissions share whose own words are nearly the same. Without other indexes: it is
# written with letters, and searched by anything else only now and then.
likeness = Table(
    "likeness",
    metadata,
    Column("band", Text, primary_key=True),  # keyed hash of a part of their words
    Column("submission", Text, ForeignKey("submission.id"), primary_key=True),
    moment("at", nullable=False),
    sqlite_with_rowid=False,
)
