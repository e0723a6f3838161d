"""How often somebody may: the buckets of the limits; alarms; what staff should look at."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    _limits()
    _signs()
    op.add_column("submission", sa.Column("network", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_submission_placed", "submission", ["created_at"],
        sqlite_where=sa.text("network <> ''"), postgresql_where=sa.text("network <> ''"),
    )  # fmt: skip
    op.add_column("submission", sa.Column("invalid_at", sa.Double(), nullable=True))


def _limits() -> None:
    op.create_table(
        "bucket",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("full_at", sa.Double(), nullable=False),
        sa.Column("every", sa.Double(), nullable=False),
        sa.Column("room", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bucket"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alarm",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("told_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("campaign", name="pk_alarm"),
    )


def _signs() -> None:
    op.create_table(
        "likeness",
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["submission"], ["submission.id"], name="fk_likeness_submission"),
        sa.PrimaryKeyConstraint("band", "submission", name="pk_likeness"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
