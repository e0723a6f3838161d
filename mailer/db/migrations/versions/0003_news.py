"""What providers and bounce mails tell, what is passed on to supporters, and whom we mail no more."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KINDS = (
    "kind IN ('letter', 'confirmation', 'reminder', 'notice', 'copy', 'reply', 'account', 'alert',"
    " 'test')"
)


def upgrade() -> None:
    op.create_table(
        "news",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("raw", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.Double(), nullable=True),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("attention", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
    )
    op.create_index("ix_news_letter", "news", ["letter"])
    op.create_index("ix_news_received_at", "news", ["received_at"])
    op.create_index(
        "ix_news_attention", "news", ["received_at"],
        sqlite_where=sa.text("attention"), postgresql_where=sa.text("attention"),
    )  # fmt: skip
    op.create_table(
        "tally",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "day", name=op.f("pk_tally")),
    )
    op.create_table(
        "enclosure",
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter"], ["letter.id"], name=op.f("fk_enclosure_letter")),
        sa.PrimaryKeyConstraint("letter", name=op.f("pk_enclosure")),
    )
    op.create_table(
        "suppressed",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_suppressed")),
    )
    _kinds()


def _kinds() -> None:
    """Let mail be of the new kinds, too."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_letter_kind"), "letter", type_="check")
        op.create_check_constraint(op.f("ck_letter_kind"), "letter", KINDS)
        return
    with op.batch_alter_table("letter", recreate="always") as letter:  # SQLite makes it anew
        letter.drop_constraint(op.f("ck_letter_kind"), type_="check")
        letter.create_check_constraint(op.f("ck_letter_kind"), KINDS)


def downgrade() -> None:
    raise NotImplementedError("what was told is not forgotten: restore a backup instead")
