"""How long things are kept, and what staff were told."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
