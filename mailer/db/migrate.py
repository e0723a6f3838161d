"""Bring a database to this program's version. Alembic is imported here and nowhere in the web."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from mailer.db.store import Store

_LOCK = 0x6D61696C  # any number, the same for all who migrate


def upgrade(store: Store) -> None:
    """Run the migrations that are missing, alone: others who try at once wait and find it done."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with store.rebuild() as tx:
        if not store.is_sqlite:
            tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
