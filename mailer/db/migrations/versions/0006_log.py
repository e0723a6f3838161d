"""What the log needs to stay fast at a million letters."""

import sqlalchemy as sa
from alembic import op

from mailer.db import searching

revision = "0006"
down_revision = "0005"

SETTLED = "state NOT IN ('claimed', 'dot')"


def upgrade() -> None:
    _tables()
    for gone in ("created_at_id", "campaign_created_at_id", "official_created_at_id",
                 "state_created_at_id"):  # fmt: skip
        op.drop_index(f"ix_letter_{gone}", "letter")
    _index("written", "kind = 'letter'")
    _index("campaign", "kind = 'letter'", "campaign")
    _index("official", "kind = 'letter'", "official", "campaign")
    _index("other", "kind <> 'letter'", "kind", "campaign")
    _index("state", SETTLED, "state", "kind", "campaign", last=("official",))
    searching.enter_all(op.get_bind())


def _index(name: str, where: str, *first: str, last: tuple[str, ...] = ()) -> None:
    op.create_index(
        f"ix_letter_{name}", "letter", [*first, "created_at", "id", *last],
        sqlite_where=sa.text(where), postgresql_where=sa.text(where),
    )  # fmt: skip


def _tables() -> None:
    bytewise = sa.Text(collation="C") if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.create_table(
        "found_by",
        sa.Column("key", bytewise, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("submission", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", "at", "submission", name="pk_found_by"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "letter_count",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("official", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "campaign", "official", "state", name="pk_letter_count"),
    )
    op.create_table(
        "written_count",
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("facet", "value", "campaign", name="pk_written_count"),
    )
    op.create_table(
        "bulk",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("looked_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bulk"),
    )
    running = sa.text("state = 'running'")
    op.create_index(
        "ix_bulk_running", "bulk", ["id"], sqlite_where=running, postgresql_where=running
    )


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
