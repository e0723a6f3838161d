"""`mailer db`: bring the database to this program's version."""

from __future__ import annotations

import click

from mailer import config
from mailer.cli import base
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import SettingsError


@click.group()
def db() -> None:
    """The database.

    \b
    Example:
      mailer db upgrade
    """


@db.command()
def upgrade() -> None:
    """Make the tables, or bring them to this version. Safe to run again, and at once by several.

    \b
    Example:
      MAILER_DATABASE_URL=postgresql://user:password@host/name mailer db upgrade
    """
    settings = Settings.from_env()
    url = settings.database_url
    if not url:
        # On a platform a file in the slug would vanish with its machine, and the letters with it.
        if not (settings.development or base.local_database(settings.home).exists()):
            raise SettingsError(
                "MAILER_DATABASE_URL is missing: outside development the database must be named"
            )
        url = config.DEFAULT_DATABASE
    version = migrate(url, settings)
    base.say(f"The database is at version {version}.")


def migrate(url: str, settings: Settings) -> str:
    """Run the missing migrations and return the version reached."""
    from mailer.db.migrate import upgrade as run  # Alembic: 11 MB that the web need not carry

    store = Store(url, home=settings.home)
    try:
        run(store)
        return store.version()
    finally:
        store.close()
