"""A code to type beside the link to confirm, and what comes afterwards: asked, withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("confirmation", sa.Column("letter", sa.Text(), nullable=True))
    op.add_column("confirmation", sa.Column("code", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "confirmation", sa.Column("tries", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "submission", sa.Column("edited", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("submission", sa.Column("asked_at", sa.Double(), nullable=True))
    op.add_column("submission", sa.Column("answered", sa.Text(), server_default="", nullable=False))
    op.add_column("submission", sa.Column("answered_at", sa.Double(), nullable=True))
    op.add_column("consent", sa.Column("withdrawn_at", sa.Double(), nullable=True))
    op.create_index(
        "ix_submission_unasked", "submission", ["created_at"],
        sqlite_where=sa.text("asked_at IS NULL AND erased_at IS NULL"),
        postgresql_where=sa.text("asked_at IS NULL AND erased_at IS NULL"),
    )  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError("what people told us is not forgotten: restore a backup instead")
