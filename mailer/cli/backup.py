"""`mailer backup` and `mailer restore`: the database in a file, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailer import audit
from mailer.audit import heads
from mailer.audit.heads import Head
from mailer.cli import base, paused, presence
from mailer.cli.audit import keys_of
from mailer.cli.db import url_of
from mailer.cli.paused import count, in_words
from mailer.cli.progress import showing
from mailer.config import Settings
from mailer.db import Store, Tx, schema
from mailer.errors import BackupError, StoreError
from mailer.submissions import journal, restoring
from mailer.submissions.journal import Noted
from mailer.submissions.restoring import Settled
from mailer.worker.liveness import alive

if TYPE_CHECKING:
    from mailer.db.backup import Loss, Manifest

FILE = click.argument("file", type=click.Path(path_type=Path))
DAY = 86400.0
_OPEN = "var/backup-open"  # where a backup lies readable until it is encrypted, or put back


@click.command()
@FILE
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--keep", type=click.IntRange(1), metavar="DAYS", help="Then remove older ones.")
@base.json_option
def backup(file: Path, force: bool, keep: int | None, as_json: bool) -> None:
    """Write the whole database to FILE while the mailer runs.

    FILE appears when it is whole and looked through, readable by its owner alone. It holds all
    that supporters wrote: keep it as safe as the database. With --keep, backups that lie beside
    it, end in the same letters (.backup) and are older than so many days are removed then. With
    MAILER_BACKUP_KEYS it is encrypted: `mailer new backup-key` makes a pair of keys.

    \b
    Examples:
      mailer backup var/monday.backup
      mailer backup /mnt/backups/latest.backup --force
      mailer backup "/mnt/backups/$(date +%F).backup" --keep 30
    """
    from mailer.db.backup import Encryption, make, prune

    settings = base.settings()
    encrypted = None
    if settings.backup_keys:
        encrypted = Encryption(keys=settings.backup_keys, room=settings.path(_OPEN))
    with _store(settings) as store, showing() as tick:
        if not store.version():
            raise StoreError(f"the database {store.shown} is empty: there is nothing to back up")
        made = make(store, file.absolute(), replace=force, tick=tick, encrypted=encrypted)
        _record_backup(store)
    old = prune(file.absolute(), made.moment - keep * DAY) if keep else ()
    size = file.stat().st_size
    if as_json:
        removed = [str(one) for one in old]
        told = {"file": str(file), "bytes": size, **_shown(made), "removed": removed}
        base.print_json(told | {"encrypted": encrypted is not None})
        return
    base.say(
        f"{file}: {count(made.rows.get('letter', 0), 'letter')} of"
        f" {count(made.rows.get('submission', 0), 'submission')}, as of {in_words(made.moment)};"
        f" {size / 1e6:.1f} MB{', encrypted' if encrypted else ''}."
    )
    if old:
        base.say(f"Removed, older than {count(keep or 0, 'day')}: {count(len(old), 'file')}.")


@click.command()
@FILE
@click.option("--yes", is_flag=True, help="Replace a database that has newer letters, too.")
@click.option(
    "--key", type=click.Path(path_type=Path), metavar="FILE", help="The private key's file."
)
def restore(file: Path, yes: bool, key: Path | None) -> None:
    """Put the backup in FILE in the place of the database.

    Stop `mailer up`, `mailer web` and `mailer worker` first. The replaced database is kept aside.
    Nothing leaves afterwards until you say so: everything is paused, and letters that were open
    in the backup are held for a person, because they may have left since. An encrypted backup
    needs the private key that belongs to one of the keys in MAILER_BACKUP_KEYS.

    \b
    Examples:
      mailer restore var/monday.backup
      mailer restore var/monday.backup --yes
      mailer restore /mnt/backups/2026-11-23.backup --key /media/stick/backup.key
    """
    from mailer.db import backup

    settings = base.settings()
    backup.read(file)  # what is no backup is said before anything else
    refuse_if_running(settings)
    room = settings.path(_OPEN)
    with _store(settings, missing=True) as store, backup.decrypted(file, key, room) as plain:
        manifest = backup.read(plain)
        backup.refuse_unless_ours(store, manifest, file)
        _refuse_to_lose(backup.loss(store, manifest), manifest, yes=yes)
        noted, back = journal.read(settings.path(settings.journal)), list[Head]()
        with showing() as tick:
            restored = backup.restore(
                store,
                plain,
                manifest,
                settle=_settle(settings, manifest, noted, back),
                tick=tick,
            )
    heads.note(
        heads.file_beside(settings.path(settings.journal)),
        back[0],
        keys_of(settings),
        restored=True,
    )
    base.say(
        f"The database is that of {in_words(manifest.moment)} again, and everything is paused."
    )
    if restored.kept:
        base.say(f"What it replaced is kept in {restored.kept}: remove it when all is well.")
    base.say("What was written since is not in it: those people would have to write again.")
    _tell_of_erasures(settings, noted, restored.settled)
    paused.tell(restored.settled)


@click.command("backup-key")
@FILE
def new_key(file: Path) -> None:
    """Make a pair of keys for backups: the private one in FILE, the public one on the screen.

    Keep FILE away from this machine, in two places: without it no backup can be read again.

    \b
    Example:
      mailer new backup-key backup.key
    """
    from mailer.db import backup

    public = backup.new_key(file.absolute())
    base.say(f"{file} holds the private key. Keep it in two places away from this machine, then")
    base.say("remove it here: `mailer restore --key` needs it, and nobody can make it again.")
    base.say("From now on backups are encrypted with this setting:")
    click.echo(f"MAILER_BACKUP_KEYS={public}")


def _record_backup(store: Store) -> None:
    """Note in the audit that all data was copied; a database of another version has none, maybe."""
    if store.version() == schema.VERSION:
        with store.write() as tx:
            audit.record(tx, now=store.now(tx), actor=audit.COMMAND, act="database.backup")


def refuse_if_running(settings: Settings) -> None:
    """Raise BackupError while a worker or the pages of this machine run."""
    if alive(settings.var / "workers"):
        raise BackupError("a worker runs here: stop `mailer up` or `mailer worker` first")
    if presence.is_shown(settings.var):
        raise BackupError("the pages are served from here: stop `mailer up` or `mailer web` first")


def _settle(
    settings: Settings, manifest: Manifest, noted: Noted | None, back: list[Head]
) -> restoring.Settle:  # fmt: skip
    """Settles what was restored; `back` gets where its audit stood."""
    why = f"restored from the backup of {in_words(manifest.moment)}"

    def settle(tx: Tx, now: float) -> Settled:
        refuse_if_running(settings)
        settled = restoring.settle(tx, why=why, actor="mailer restore", noted=noted, now=now)
        back.append(replace(audit.standing(tx), at=now))
        audit.record(tx, now=now, actor=audit.COMMAND, act="database.restore")
        return settled

    return settle


def _refuse_to_lose(loss: Loss, manifest: Manifest, *, yes: bool) -> None:
    """Say what would be lost; raise BackupError unless that was agreed to."""
    if not loss:
        return
    said = f"the backup is of {in_words(manifest.moment)}, and "
    if loss.unreadable:
        said += f"what the database has since cannot be read ({loss.unreadable})"
    else:
        said += (
            f"the database is newer: {count(loss.submissions, 'submission')} and"
            f" {count(loss.letters, 'letter')} were written since, and"
            f" {count(loss.left, 'letter')} left since"
        )
    if not yes:
        raise BackupError(f"{said}; to go back all the same: --yes")
    base.say(f"{said[0].upper()}{said[1:]}.")


def _tell_of_erasures(settings: Settings, noted: Noted | None, settled: Settled) -> None:
    place = settings.path(settings.journal)
    if noted is None:
        base.say(
            f"There is no journal of erasures at {place}: if anybody was erased since, run"
            " `mailer forget` for them again. Who wanted no more mail since is not known."
        )
        return
    if settled.erased:
        base.say(f"Erased again, as the journal says: {count(settled.erased, 'submission')}.")
    if settled.ended:
        base.say(f"No more mail of ours, as the journal says: {count(settled.ended, 'supporter')}.")
    if noted.unreadable:
        base.say(f"Not readable in {place}: {count(noted.unreadable, 'line')}; look at them.")


@contextmanager
def _store(of: Settings, *, missing: bool = False) -> Iterator[Store]:
    """The database that is set, at whatever version; StoreError when none is there."""
    with closing(Store(url_of(of), home=of.home)) as store:
        if not missing and store.is_sqlite and not Path(str(store.url.database)).exists():
            raise StoreError(f"there is no database at {store.shown}")
        yield store


def _shown(made: Manifest) -> dict[str, object]:
    return {
        "moment": made.moment, "engine": made.engine, "version": made.version,
        "rows": made.rows, "sha256": made.sha256,
    }  # fmt: skip
