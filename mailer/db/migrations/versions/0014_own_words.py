"""What supporters typed as their district outlives no erasure: neither as a count nor in an act.

Which districts are the organizers' own stands in their files alone. So all are taken out of the
counts, and the worker counts them anew from what is still kept: see sendlog.counting.
"""

import sqlalchemy as sa
from alembic import op

from mailer.db import searching

revision = "0014"
down_revision = "0013"

# Right behind the last letter that was counted as written: "~" sorts above every end of an id.
FROM = """
INSERT INTO meta (name, value)
SELECT 'districts counted from', value || '~' FROM meta
WHERE name = 'letters written to' AND value <> ''
"""


def upgrade() -> None:
    op.execute("DELETE FROM written_count WHERE facet = 'district'")
    op.execute(FROM)
    tx = op.get_bind()
    over = sa.text("SELECT id, wanted FROM bulk WHERE state <> 'running'")
    change = sa.text("UPDATE bulk SET wanted = :wanted WHERE id = :id")
    for row in tx.execute(over).all():
        tx.execute(change, {"id": row.id, "wanted": searching.nameless(row.wanted)})


def downgrade() -> None:
    raise NotImplementedError("what was written since is not thrown away: restore a backup instead")
