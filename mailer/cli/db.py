"""`mailer db`: bring the database to this program's version, look it through, carry it over."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from mailer import audit, config
from mailer.cli import base, paused
from mailer.cli.progress import showing
from mailer.config import Settings, values
from mailer.db import Store, Tx
from mailer.errors import SettingsError, StoreError
from mailer.submissions import restoring
from mailer.submissions.restoring import Settled


@click.group()
def db() -> None:
    """The database.

    \b
    Examples:
      mailer db upgrade
      mailer db check
    """


@db.command()
def upgrade() -> None:
    """Make the tables, or bring them to this version. Safe to run again, and at once by several.

    \b
    Example:
      MAILER_DATABASE_URL=postgresql://user:password@host/name mailer db upgrade
    """
    settings = Settings.from_env()
    version = migrate(url_of(settings), settings)
    base.say(f"The database is at version {version}.")


@db.command()
@base.json_option
def check(as_json: bool) -> None:
    """Look the database through: the engine's own checks, then what the ledger promises.

    Changes nothing; the exit code is 1 when something is wrong. It reads every letter, so a large
    database takes a while.

    \b
    Examples:
      mailer db check
      mailer db check --json
    """
    from mailer.db.check import check as look

    with base.database(base.settings()) as store, showing() as tick:
        found = look(store, tick)
        shown = store.shown
    if as_json:
        base.print_json(found)
    for line in () if as_json else found:
        click.echo(line)
    if found:
        click.get_current_context().exit(base.FAILED)
    if not as_json:
        base.say(f"{shown}: all is well.")


@db.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@base.json_option
def copy_database(source: str, target: str, as_json: bool) -> None:
    """Copy all of one database into an empty other one, SQLite or PostgreSQL.

    FROM and TO are written like MAILER_DATABASE_URL. Stop the mailer first: what is written
    meanwhile is not in the copy. Row counts and hashes of every table are compared. The copy
    starts paused, its open letters held, as after a restore: letters may leave FROM meanwhile.

    A password may be left out of the address: PostgreSQL's own ~/.pgpass and PGPASSWORD are read.

    \b
    Examples:
      mailer db copy sqlite:///var/mailer.db sqlite:///var/other.db
      mailer db copy sqlite:///var/mailer.db postgresql://user@host/name
    """
    from mailer.db.copy import copy

    settings = base.settings()
    old, new = values.database(source, "FROM"), values.database(target, "TO")
    with (
        closing(Store(old, home=settings.home)) as from_,
        closing(Store(new, home=settings.home)) as to,
        showing() as tick,
    ):
        _refuse(from_, to)
        found, settled = copy(from_, to, settle=_settle, tick=tick)
    if as_json:
        base.print_json({name: asdict(one) for name, one in found.items()})
    else:
        base.print_table([(name, f"{one.rows:,}", one.hash) for name, one in found.items()])
    base.say(
        f"{to.shown} says the same as {from_.shown}. It is paused, so that nothing goes twice."
    )
    paused.tell(settled)


def _settle(tx: Tx, now: float) -> Settled:
    why = f"copied from another database on {paused.in_words(now)}"
    settled = restoring.settle(tx, why=why, actor="mailer db copy", now=now)
    audit.record(tx, now=now, actor=audit.COMMAND, act="database.copy")
    return settled


def _refuse(from_: Store, to: Store) -> None:
    """Refuse a FROM that is not there, and a TO that is FROM; raises StoreError."""
    if from_.is_sqlite and not Path(str(from_.url.database)).exists():
        raise StoreError(f"there is no database at {from_.shown}")
    if from_.url == to.url:
        raise StoreError("FROM and TO are the same database")


def url_of(settings: Settings) -> str:
    """The database that is set, else that of `mailer up`; SettingsError where it would vanish."""
    if settings.database_url:
        return settings.database_url
    # On a platform a file in the slug would vanish with its machine, and the letters with it.
    if not (settings.development or base.local_database(settings.home).exists()):
        raise SettingsError(
            "MAILER_DATABASE_URL is missing: outside development the database must be named"
        )
    return config.DEFAULT_DATABASE


def migrate(url: str, settings: Settings) -> str:
    """Run the missing migrations and return the version reached."""
    from mailer.db.migrate import upgrade as run  # Alembic: 11 MB that the web need not carry

    store = Store(url, home=settings.home)
    try:
        run(store)
        return store.version()
    finally:
        store.close()
