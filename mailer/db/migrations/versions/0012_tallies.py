"""Counts of people that are kept instead of made anew; acts on many letters that are taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "people_count",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "facet", "value", name="pk_people_count"),
    )
    op.add_column("bulk", sa.Column("undoes", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
