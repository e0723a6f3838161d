"""The life of a campaign: drafts, notices, what waits for approval."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
