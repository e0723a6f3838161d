"""`mailer doctor`: looks at everything a mailer needs, and says what to do about what is wrong."""

from __future__ import annotations

import platform
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailer import config, sendlog, transports
from mailer.campaigns.library import Library
from mailer.cli import base, stopped
from mailer.config import Settings
from mailer.db import Store, schema, sqlite
from mailer.errors import BackupError, MailerError, SendError, SettingsError
from mailer.problems import Finding, Level, Severity
from mailer.transports import Transport

if TYPE_CHECKING:
    from mailer.deliverability import Names

LEAST_FREE, LOW_FREE = 100_000_000, 1_000_000_000  # bytes
CLOCK_SLACK = 5.0  # seconds that two machines' clocks may differ before it is worth a word
_BEFORE_US = 1_763_000_000  # 2025-11: a clock that shows less was never set

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command()
@base.json_option
def doctor(as_json: bool) -> None:
    """Look at settings, database, transports, clock and disk, and at the domain's DNS records.

    Sends nothing. What is to be published is printed ready to be pasted. The exit code is 1 when
    something fails.

    \b
    Examples:
      mailer doctor
      mailer doctor --json
    """
    findings = list(look(base.settings()))
    if as_json:
        base.print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(lines(finding))
    if any(finding.level == "fail" for finding in findings):
        click.get_current_context().exit(base.FAILED)


def look(settings: Settings, names: Names | None = None) -> Iterator[Finding]:
    """Everything that can be known from here, one finding after another."""
    from mailer.cli import domain  # with what asks the name server: no other command needs it
    from mailer.deliverability import Names

    yield from _settings(settings)
    yield Finding(level="ok", what="python", found=f"{platform.python_version()}, {sys.executable}")
    yield _files(settings)
    yield _sqlite()
    yield from _database(settings)
    try:
        ways: Sequence[Transport | None] = transports.from_urls(settings.transports, settings.home)
    except SettingsError:  # each says for itself what is wrong with it
        ways = [None] * len(settings.transports)
    for url, way in zip(settings.transports, ways, strict=True):
        yield _transport(url, way, settings.home)
    yield from domain.look(settings, names or Names())
    if settings.backup_keys:
        yield _backups(settings)
    yield _disk(settings)


def _settings(settings: Settings) -> Iterator[Finding]:
    mode = "development" if settings.development else "production"
    summary = {
        "home": settings.home,
        "pages": settings.public_url,
        "from": settings.from_address,
        "secret keys": len(settings.secret_keys) or "one kept in var/",
        "proxy hops": settings.proxy_hops,
        "trial to": settings.trial_to or "nobody",
        "did they answer": f"asked after {settings.answer_days} days"
        if settings.answer_days
        else "never asked",
    }
    said = ", ".join(f"{name}: {value}" for name, value in summary.items())
    yield Finding(level="ok", what="settings", found=f"{mode}; {said}")
    if not settings.development and not settings.base_url.startswith("https://"):
        yield Finding(
            level="warn", what="settings", found="the pages are served without encryption",
            repair="give MAILER_BASE_URL an https:// address",
        )  # fmt: skip
    if not settings.development and not settings.contact:
        yield Finding(
            level="warn", what="settings", found="nobody can be asked to erase, or told of a hole",
            repair="give MAILER_CONTACT an address that is read; security.txt names it too",
        )  # fmt: skip


def _files(settings: Settings) -> Finding:
    content = Library(settings.home).current()
    errors = sum(problem.severity is Severity.ERROR for problem in content.problems)
    found = f"campaigns: {len(content.campaigns)}, officials: {len(content.officials.people)}"
    if errors:
        found, repair = f"{found}, errors: {errors}", "run `mailer check` and mend them"
        return Finding(level="fail", what="files", found=found, repair=repair)
    return Finding(level="ok", what="files", found=found)


def _sqlite() -> Finding:
    version = ".".join(map(str, sqlite.version))
    if sqlite.wal_is_safe():
        return Finding(level="ok", what="sqlite", found=f"{version}, write-ahead log")
    return Finding(
        level="warn", what="sqlite", found=f"{version}, journal truncated: safe, but slower",
        repair="install pysqlite3, which brings a newer SQLite",
    )  # fmt: skip


def _database(settings: Settings) -> Iterator[Finding]:
    url = settings.database_url or config.DEFAULT_DATABASE
    if not settings.database_url and not base.local_database(settings.home).exists():
        repair = "run `mailer up`, which makes one"
        if not settings.development:
            repair = "name it in MAILER_DATABASE_URL, then run `mailer db upgrade`"
        yield Finding(level="fail", what="database", found="there is none yet", repair=repair)
        return
    try:
        with closing(Store(url, home=settings.home)) as store:
            version = store.version()
            if version != schema.VERSION:
                yield _other_version(store, version)
                return
            kind = "SQLite" if store.is_sqlite else "PostgreSQL"
            found = f"{kind}, {store.shown}, version {version}"
            if store.is_sqlite:
                found += f", journal {store.journal_mode()}"
            yield Finding(level="ok", what="database", found=found)
            yield _clock(store)
            yield from stopped.look(store, settings)
    except MailerError as error:
        repair = "start its server, or correct MAILER_DATABASE_URL"
        if url.startswith("sqlite"):
            repair = "make its folder writable for this user, or correct MAILER_DATABASE_URL"
        yield Finding(level="fail", what="database", found=str(error), repair=repair)


def _other_version(store: Store, version: str) -> Finding:
    state = f"is at version {version}" if version else "is empty"
    found = f"{store.shown} {state}, this program needs version {schema.VERSION}"
    return Finding(
        level="fail", what="database", found=found, repair="run `mailer db upgrade`"
    )  # fmt: skip


def _clock(store: Store) -> Finding:
    now = time.time()
    with store.read() as tx:
        away = abs(store.now(tx) - now)
    newest = sendlog.page(store, sendlog.Filter(kind=""), size=1).rows
    ahead = newest[0].created_at - now if newest else 0.0
    if now < _BEFORE_US or max(away, ahead) > CLOCK_SLACK:
        return Finding(
            level="fail", what="clock",
            found=f"{max(away, ahead):.0f} s from the database's, or never set",
            repair="let a time service set this machine's clock (systemd-timesyncd, chrony)",
        )  # fmt: skip
    return Finding(level="ok", what="clock", found=f"within {CLOCK_SLACK:g} s of the database's")


def _transport(url: str, way: Transport | None, home: Path) -> Finding:
    what = url.partition(":")[0]
    try:
        way = way or transports.from_url(url, home)
        found = f"{way.account}: {way.probe()}"
        if way.limits:
            found += f"; at most {way.limits}"
        return Finding(level="ok", what="transport", found=found)
    except MailerError as error:
        return Finding(
            level="fail", what="transport", found=f"{what}: {error}", repair=way_back(error, way)
        )  # fmt: skip


def way_back(error: MailerError, way: Transport | None) -> str:
    """What to do about a transport that cannot be used; `way` is None when none could be made."""
    if not isinstance(error, SendError) or way is None:
        return "correct MAILER_TRANSPORT: docs/transports.md shows how it is written"
    if not way.delivers:
        return "make the folder writable for this user, or name another in MAILER_TRANSPORT"
    if error.code.startswith(("53", "401", "403")):
        return "correct the user and the password, or the key, in MAILER_TRANSPORT"
    if error.account:
        return stopped.ACT
    if error.code:
        return "the server's own log says more; docs/transports.md lists what answers mean"
    return "see that the server runs, and that MAILER_TRANSPORT has its right name and port"


def _backups(settings: Settings) -> Finding:
    from mailer.db.backup import Encryption

    try:
        Encryption(keys=settings.backup_keys, room=settings.var)
    except BackupError as error:
        repair = "until then no backup is made"
        return Finding(level="fail", what="backups", found=str(error), repair=repair)
    return Finding(level="ok", what="backups", found=f"encrypted for {len(settings.backup_keys)}")


def _disk(settings: Settings) -> Finding:
    place = settings.var if settings.var.is_dir() else settings.home
    free = shutil.disk_usage(place).free
    found = f"{free / 1e9:.1f} GB free at {place}"
    if free >= LOW_FREE:
        return Finding(level="ok", what="disk", found=found)
    level: Level = "warn" if free >= LEAST_FREE else "fail"
    return Finding(level=level, what="disk", found=found, repair="make room: letters are kept here")


def lines(finding: Finding) -> str:
    """A finding for people: one line, and under it the record to publish, if there is one."""
    level = click.style(f"{finding.level:<4}", fg=_COLOURS[finding.level])
    repair = f" -> {finding.repair}" if finding.repair else ""
    line = f"{level}  {finding.what:<9}  {finding.found}{repair}"
    if finding.publish is None:
        return line
    record = finding.publish
    parts = {"name": record.name, "type": record.kind, "value": record.value}
    return "\n".join([line, *(f"      {name:<5}  {value}" for name, value in parts.items())])
