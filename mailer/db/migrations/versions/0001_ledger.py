"""The ledger: submissions, letters, their texts and events, lanes, approvals, staff accounts."""

import sqlalchemy as sa
from alembic import op

from mailer.db.store import plant_pepper

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), server_default="", nullable=False),
        sa.Column("password", sa.Text(), server_default="", nullable=False),
        sa.Column("totp", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("disabled_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_campaign_at", "approval", ["campaign", "at"], unique=False)
    op.create_table(
        "confirmation",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_confirmation")),
    )
    op.create_index("ix_confirmation_mailbox_at", "confirmation", ["mailbox", "at"], unique=False)
    op.create_table(
        "lane",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("pace_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pace_seconds", sa.Double(), server_default="1", nullable=False),
        sa.Column("burst", sa.Integer(), server_default="1", nullable=False),
        sa.Column("full_at", sa.Double(), nullable=False),
        sa.Column("closed_until", sa.Double(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane")),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "account_token",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_account_token_account")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_account_token")),
    )
    op.create_table(
        "staff_session",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_staff_session_account")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_staff_session")),
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("approval", sa.Text(), nullable=True),
        sa.Column("letters_hash", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("search", sa.Text(), server_default="", nullable=False),
        sa.Column("postal_code", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("district", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("affiliation", sa.Text(), server_default="", nullable=False),
        sa.Column("personal", sa.Text(), server_default="", nullable=False),
        sa.Column("via", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("confirmed_at", sa.Double(), nullable=True),
        sa.Column("erased_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["approval"], ["approval.id"], name=op.f("fk_submission_approval")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("receipt", name=op.f("uq_submission_receipt")),
    )
    op.create_index("ix_submission_email", "submission", ["email"], unique=False)
    op.create_index(
        "ix_submission_mailbox_campaign", "submission", ["mailbox", "campaign"], unique=False
    )
    op.create_table(
        "consent",
        sa.Column("submission", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission"], ["submission.id"], name=op.f("fk_consent_submission")
        ),
        sa.PrimaryKeyConstraint("submission", "organisation", name=op.f("pk_consent")),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("submission", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("official", sa.Text(), nullable=True),
        sa.Column("post", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("tried_at", sa.Double(), nullable=True),
        sa.Column("dated_at", sa.Double(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("on_uncertain", sa.Text(), server_default="resend", nullable=False),
        sa.Column("cleared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("possibly_twice", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("transport", sa.Text(), server_default="", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_id", sa.Text(), server_default="", nullable=False),
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", sa.Double(), nullable=True),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('letter', 'confirmation', 'notice', 'copy', 'account', 'alert', 'test')",
            name=op.f("ck_letter_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('awaiting', 'review', 'queued', 'claimed', 'dot', 'sent', 'uncertain', 'delivered', 'bounced', 'complained', 'failed', 'cancelled')",
            name=op.f("ck_letter_state"),
        ),
        sa.ForeignKeyConstraint(["lane"], ["lane.id"], name=op.f("fk_letter_lane")),
        sa.ForeignKeyConstraint(
            ["submission"], ["submission.id"], name=op.f("fk_letter_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("campaign", "person", "official", name="uq_letter_one_per_person"),
    )
    op.create_index(
        "ix_letter_campaign_created_at_id", "letter", ["campaign", "created_at", "id"], unique=False
    )
    op.create_index("ix_letter_created_at_id", "letter", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_letter_due",
        "letter",
        ["lane", "priority", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_letter_lease",
        "letter",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('claimed', 'dot')"),
        postgresql_where=sa.text("state IN ('claimed', 'dot')"),
    )
    op.create_index(
        "ix_letter_official_created_at_id", "letter", ["official", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_letter_state_created_at_id", "letter", ["state", "created_at", "id"], unique=False
    )
    op.create_index("ix_letter_submission", "letter", ["submission"], unique=False)
    op.create_table(
        "letter_event",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("transport", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["letter"], ["letter.id"], name=op.f("fk_letter_event_letter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_event")),
        sa.UniqueConstraint("external_id", name=op.f("uq_letter_event_external_id")),
    )
    op.create_index("ix_letter_event_letter_id", "letter_event", ["letter", "id"], unique=False)
    op.create_table(
        "letter_text",
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("from_address", sa.Text(), nullable=False),
        sa.Column("reply_name", sa.Text(), nullable=False),
        sa.Column("reply_address", sa.Text(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("salutation", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter"], ["letter.id"], name=op.f("fk_letter_text_letter")),
        sa.PrimaryKeyConstraint("letter", name=op.f("pk_letter_text")),
    )
    plant_pepper(op.get_bind())


def downgrade() -> None:
    for table in [
        "letter_text",
        "letter_event",
        "letter",
        "consent",
        "submission",
        "staff_session",
        "account_token",
        "meta",
        "lane",
        "confirmation",
        "approval",
        "account",
    ]:
        op.drop_table(table)
