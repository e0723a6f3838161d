"""Who staff are, and what they did: roles, second factors, the audit."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
