"""Queues by campaign and official beside the lanes that pace them; days, hours and ceilings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

STATES = (
    "state IN ('awaiting', 'review', 'queued', 'claimed', 'dot', 'sent', 'uncertain', 'delivered',"
    " 'bounced', 'complained', 'failed', 'cancelled')"
)
KINDS = "kind IN ('letter', 'confirmation', 'notice', 'copy', 'account', 'alert', 'test')"

# What stands before and behind the last @ of mailbox:<address>; addresses have one.
DOMAIN = {
    "sqlite": "'domain:' || substr(letter.lane, instr(letter.lane, '@') + 1)",
    "postgresql": "'domain:' || split_part(letter.lane, '@', 2)",
}


def upgrade() -> None:
    _lanes()
    _queues()
    _fill()
    _letters()
    _events()
    _indexes()


def _lanes() -> None:
    op.add_column("lane", sa.Column("day_most", sa.Integer(), server_default="0", nullable=False))
    op.add_column("lane", sa.Column("day_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("lane", sa.Column("day_ends", sa.Double(), nullable=True))
    op.add_column("lane", sa.Column("first_at", sa.Double(), nullable=True))
    op.add_column("lane", sa.Column("actor", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_lane_paused", "lane", ["id"],
        sqlite_where=sa.text("paused"), postgresql_where=sa.text("paused"),
    )  # fmt: skip


def _queues() -> None:
    op.create_table(
        "queue",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("official", sa.Text(), nullable=True),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("hours", sa.Text(), server_default="", nullable=False),
        sa.Column("timezone", sa.Text(), server_default="", nullable=False),
        sa.Column("opens_at", sa.Double(), nullable=True),
        sa.Column("closes_at", sa.Double(), nullable=True),
        sa.Column("ceiling", sa.Integer(), server_default="0", nullable=False),
        sa.Column("served_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox"], ["lane.id"], name=op.f("fk_queue_mailbox")),
        sa.ForeignKeyConstraint(["domain"], ["lane.id"], name=op.f("fk_queue_domain")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue")),
    )
    op.add_column("letter", sa.Column("queue", sa.Text(), nullable=True))
    op.add_column("letter", sa.Column("told_at", sa.Double(), nullable=True))


def _fill() -> None:
    """Put the letters that are there into queues, as they would enter today."""
    domain = DOMAIN[op.get_bind().dialect.name]
    op.execute(
        "INSERT INTO lane (id, full_at)"
        f" SELECT DISTINCT {domain}, 0.0 FROM letter WHERE lane LIKE 'mailbox:%'"
    )
    op.execute(
        "INSERT INTO queue (id, mailbox, served_at)"
        " SELECT id, id, 0.0 FROM lane WHERE id = 'people'"
    )
    named = "coalesce(campaign, '') || ' ' || coalesce(official, '') || ' ' || lane"
    op.execute(
        "INSERT INTO queue (id, campaign, official, mailbox, domain, served_at)"
        f" SELECT DISTINCT {named}, campaign, official, lane, {domain}, 0.0"
        " FROM letter WHERE lane LIKE 'mailbox:%'"
    )
    op.execute("UPDATE letter SET queue = 'people' WHERE lane = 'people'")
    op.execute(f"UPDATE letter SET queue = {named} WHERE lane <> 'people'")


def _letters() -> None:
    op.drop_index("ix_letter_due", "letter")
    op.drop_index("ix_letter_state_created_at_id", "letter")
    # SQLite makes the table anew; reading it back does not tell the checks.
    checks = (
        sa.CheckConstraint(KINDS, name=op.f("ck_letter_kind")),
        sa.CheckConstraint(STATES, name=op.f("ck_letter_state")),
    )
    with op.batch_alter_table("letter", table_args=checks) as batch:
        batch.alter_column("queue", existing_type=sa.Text(), nullable=False)
        batch.create_foreign_key(op.f("fk_letter_queue"), "queue", ["queue"], ["id"])
        batch.drop_constraint("fk_letter_lane", type_="foreignkey")
        batch.drop_column("lane")


def _events() -> None:
    """Make the events anew, in the order in which they are read."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_letter_event RENAME TO pk_letter_event_old")
    op.rename_table("letter_event", "letter_event_old")
    op.create_table(
        "letter_event",
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transport", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["letter"], ["letter.id"], name=op.f("fk_letter_event_letter")),
        sa.PrimaryKeyConstraint("letter", "id", name=op.f("pk_letter_event")),
        sqlite_with_rowid=False,
    )
    columns = "letter, id, at, state, actor, attempt, transport, code, note, external_id"
    op.execute(f"INSERT INTO letter_event ({columns}) SELECT {columns} FROM letter_event_old")
    op.drop_table("letter_event_old")


def _indexes() -> None:
    op.drop_index("ix_letter_lease", "letter")
    _index("ix_letter_lease", "letter", ["lease_until"], "lease_until IS NOT NULL")
    _index("ix_letter_due", "letter", ["queue", "priority", "due_at"], "state = 'queued'")
    _index(
        "ix_letter_state_created_at_id", "letter", ["state", "created_at", "id"],
        "state NOT IN ('claimed', 'dot')",
    )  # fmt: skip
    _index("ix_letter_bound", "letter", ["transport"], "state = 'queued' AND transport <> ''")
    _index("ix_letter_untold", "letter", ["id"], "state = 'failed' AND told_at IS NULL")
    _index(
        "uq_letter_event_external_id", "letter_event", ["external_id"],
        "external_id IS NOT NULL", unique=True,
    )  # fmt: skip


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique,
        sqlite_where=condition, postgresql_where=condition,
    )  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError("a queue knows more than a lane did: restore a backup instead")
