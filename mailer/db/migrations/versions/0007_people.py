"""Who staff are, and what they did: roles, second factors, the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _people()
    _audit()


def _people() -> None:
    for name in ("campaigns", "totp_new"):
        op.add_column("account", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column(
        "account", sa.Column("totp_used", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "staff_session", sa.Column("browser", sa.Text(), server_default="", nullable=False)
    )
    op.create_index("ix_staff_session_account", "staff_session", ["account"])
    op.create_table(
        "recovery_code",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("used_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_recovery_code_account"),
        sa.PrimaryKeyConstraint("hash", name="pk_recovery_code"),
    )
    op.create_index("ix_recovery_code_account", "recovery_code", ["account"])
    op.create_index(
        "ix_consent_organisation_at_submission", "consent", ["organisation", "at", "submission"]
    )


def _audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("details", sa.Text(), server_default="", nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_entry"),
    )
    for column in ("actor", "act", "subject"):
        op.create_index(f"ix_audit_entry_{column}_number", "audit_entry", [column, "number"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "hash": ""}])


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
