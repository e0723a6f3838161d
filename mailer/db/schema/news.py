"""What comes back: what providers and bounce mails tell, and what follows from it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, false, text

from mailer.db.schema.base import metadata, moment, words

news = Table(  # what a provider or a bounce mail told, as it came
    "news",
    metadata,
    Column("id", Text, primary_key=True),  # <source>:<its own id>: each counts once
    Column("source", Text, nullable=False),  # a provider's name, or "mail"
    Column("kind", Text, nullable=False),  # its own word
    Column("said", Text, nullable=False),  # ours
    Column("letter", Text),  # null: it names none of ours
    words("code"),
    words("note"),
    words("raw"),
    moment("at"),  # by its own clock
    moment("received_at", nullable=False),
    # Nobody can tell by itself what it means: staff look at it.
    Column("attention", Boolean, nullable=False, server_default=false()),
    Index("ix_news_letter", "letter"),
    Index("ix_news_received_at", "received_at"),
)
_ATTENTION = text("attention")
Index(
    "ix_news_attention",
    news.c.received_at,
    sqlite_where=_ATTENTION,
    postgresql_where=_ATTENTION,
)

tally = Table(  # how often something happened that is worth a number only
    "tally",
    metadata,
    Column("name", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # of UTC, as 2026-11-23
    Column("count", Integer, nullable=False),
)

enclosure = Table(  # a message that goes along with one of ours, as it came
    "enclosure",
    metadata,
    Column("letter", Text, ForeignKey("letter.id"), primary_key=True),
    Column("content", Text, nullable=False),  # base64
)

suppressed = Table(  # whom we mail no more
    "suppressed",
    metadata,
    Column("mailbox", Text, primary_key=True),  # keyed hash of the address
    Column("reason", Text, nullable=False),
    moment("at", nullable=False),
)
