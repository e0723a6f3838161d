"""What other services were asked, and how often they may be."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from mailer.db.schema.base import metadata, moment

district_lookup = Table(  # what a service said of a postal code; of nobody in particular
    "district_lookup",
    metadata,
    Column("code", Text, primary_key=True),
    Column("boundaries", Text, nullable=False),  # JSON: pairs of set and name
    moment("found_at", nullable=False),
    Index("ix_district_lookup_found_at", "found_at"),
)

service = Table(  # a service that all machines together ask only so often
    "service",
    metadata,
    Column("name", Text, primary_key=True),
    moment("full_at", nullable=False),  # when its allowance is whole again
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    moment("closed_until"),
)
