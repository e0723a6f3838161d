"""Which districts a postal code lies in, as a service told, and how often it may be asked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "district_lookup",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("boundaries", sa.Text(), nullable=False),
        sa.Column("found_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_district_lookup")),
    )
    op.create_index("ix_district_lookup_found_at", "district_lookup", ["found_at"])
    op.create_table(
        "service",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("full_at", sa.Double(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_until", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_service")),
    )


def downgrade() -> None:
    op.drop_table("service")
    op.drop_table("district_lookup")
