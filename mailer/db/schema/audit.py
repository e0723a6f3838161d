"""What was done and looked at: rows that are only ever added, each sealed with the one before."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from mailer.db.schema.base import metadata, moment, words

audit_entry = Table(
    "audit_entry",
    metadata,
    # Without a sequence: whoever holds the head's row counts on from it.
    Column("number", Integer, primary_key=True, autoincrement=False),
    moment("at", nullable=False),
    Column("actor", Text, nullable=False),  # account id | command | worker | supporter ...
    Column("act", Text, nullable=False),
    words("subject"),  # the id of what it was done to
    Column("count", Integer),  # of how many things it was done to
    words("details"),  # JSON, its names in order
    Column("previous", Text, nullable=False),  # the hash of the row before; "" in the first
    Column("hash", Text, nullable=False),  # of all the above
    Index("ix_audit_entry_actor_number", "actor", "number"),
    Index("ix_audit_entry_act_number", "act", "number"),
    Index("ix_audit_entry_subject_number", "subject", "number"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1: there is one row
    Column("number", Integer, nullable=False),  # of the newest entry
    Column("hash", Text, nullable=False),
)
