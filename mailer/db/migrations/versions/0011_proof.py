"""What proves that a letter was wanted."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
