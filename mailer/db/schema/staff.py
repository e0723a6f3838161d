"""What staff approved, and who they are."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from mailer.db.schema.base import metadata, moment, words

approval = Table(
    "approval",
    metadata,
    Column("id", Text, primary_key=True),  # sorts by time
    Column("campaign", Text, nullable=False),
    Column("files", Text, nullable=False),  # JSON: name -> text, all that the campaign is made from
    Column("sha256", Text, nullable=False),
    Column("actor", Text, nullable=False),
    moment("at", nullable=False),
    Index("ix_approval_campaign_at", "campaign", "at"),
)

account = Table(
    "account",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    words("name"),
    Column("role", Text, nullable=False),
    words("organisation"),  # of a partner
    words("password"),  # Argon2id; empty until the invitation is used
    words("totp"),
    moment("created_at", nullable=False),
    moment("disabled_at"),
)

account_token = Table(
    "account_token",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("account", Text, ForeignKey("account.id"), nullable=False),
    Column("purpose", Text, nullable=False),  # invitation | reset | enter
    moment("expires_at", nullable=False),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("account", Text, ForeignKey("account.id"), nullable=False),
    moment("created_at", nullable=False),
    moment("seen_at", nullable=False),
)
