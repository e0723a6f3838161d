"""What staff decided about a campaign beside its files: closed, or what its page says."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from mailer.db.schema.base import metadata, moment, words

campaign_life = Table(
    "campaign_life",
    metadata,
    Column("campaign", Text, primary_key=True),
    moment("closed_at"),  # by staff; null: as its files say
    words("notice"),  # JSON by language: what the page says while the campaign is paused
    moment("notice_of"),  # the moment of the pause that the notice belongs to
)
