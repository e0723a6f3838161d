"""What staff approved, and who they are."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

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
    words("campaigns"),  # of a partner, by slug, with spaces between; empty: all
    words("password"),  # Argon2id; empty until the invitation is used
    words("totp"),  # the second factor's secret, in base 32; empty without one
    words("totp_new"),  # one that is shown to be set up, and not proven yet
    Column("totp_used", Integer, nullable=False, server_default="0"),  # the newest step taken
    moment("created_at", nullable=False),
    moment("disabled_at"),
)

account_token = Table(
    "account_token",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("account", Text, ForeignKey("account.id"), nullable=False),
    Column("purpose", Text, nullable=False),  # invitation | reset | enter | second
    moment("expires_at", nullable=False),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("account", Text, ForeignKey("account.id"), nullable=False),
    moment("created_at", nullable=False),
    moment("seen_at", nullable=False),
    words("browser"),  # as its owner may know it again
    Index("ix_staff_session_account", "account"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("account", Text, ForeignKey("account.id"), nullable=False),
    moment("used_at"),
    Index("ix_recovery_code_account", "account"),
)
