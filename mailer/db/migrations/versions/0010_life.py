"""The life of a campaign: closed by staff, notices of a pause, offices that changed hands."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "campaign_life",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("notice", sa.Text(), server_default="", nullable=False),
        sa.Column("notice_of", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("campaign", name="pk_campaign_life"),
    )
    op.add_column("letter", sa.Column("held_for", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
