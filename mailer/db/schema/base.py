"""What all tables share: their metadata, the newest version, and columns that many have."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Double, MetaData, Table, Text

from mailer.status import Kind, State

VERSION = "0014"
"""The newest migration. The programs refuse a database at another one."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, values: type[State] | type[Kind]) -> CheckConstraint:
    literals = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({literals})", name=column)


def moment(name: str, *, nullable: bool = True) -> Column[float]:
    return Column(name, Double, nullable=nullable)


def words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
