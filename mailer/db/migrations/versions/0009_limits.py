"""How often somebody may: the buckets of the limits."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
