"""Bring a database to this program's version. Alembic is imported here and nowhere in the web."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from mailer.db.store import Store, Tx
from mailer.errors import StoreError

RESTORING = "restoring"
"""The version of a database while a backup is put back: no program works on it."""

_LOCK = 0x6D61696C  # any number, the same for all who migrate


def upgrade(store: Store) -> None:
    """Run the migrations that are missing, alone: others who try at once wait and find it done."""
    with store.rebuild() as tx:
        upgrade_within(tx)


def upgrade_within(tx: Tx) -> None:
    """Run the migrations that are missing in a transaction that `Store.rebuild` opened."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    _refuse_strangers(tx)
    command.upgrade(config_of(tx), "head")


def config_of(tx: Tx) -> Config:
    """What Alembic has to know to work in this transaction."""
    config = _config()
    config.attributes["connection"] = tx
    return config


def knows(version: str) -> bool:
    """True when this program can bring a database at `version` to its own."""
    found = ScriptDirectory.from_config(_config()).walk_revisions()
    return version in {script.revision for script in found}


def _refuse_strangers(tx: Tx) -> None:
    found = MigrationContext.configure(tx).get_current_revision()
    if found == RESTORING:
        raise StoreError("a restore of this database was broken off: run `mailer restore` again")
    if found and not knows(found):
        raise StoreError(f"the database is at version {found}, which this program does not know")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
