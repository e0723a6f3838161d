"""What proves that a letter was wanted: the words agreed to, how it was confirmed, its hash."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for table, column in (
        ("submission", "wording"), ("submission", "confirmed_by"), ("letter", "approved"),
    ):  # fmt: skip
        op.add_column(table, sa.Column(column, sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
