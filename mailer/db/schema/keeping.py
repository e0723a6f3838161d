"""What staff are told by URL, until it is told."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from mailer.db.schema.base import metadata, moment

alert = Table(
    "alert",
    metadata,
    Column("id", Text, primary_key=True),  # sorts by time
    moment("at", nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),  # in counts, without names
    Column("tries", Integer, nullable=False, server_default="0"),
    moment("due_at", nullable=False),
    Index("ix_alert_due_at", "due_at"),
)
