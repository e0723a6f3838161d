"""`mailer up`, `mailer web`, `mailer worker`: the programs that stay."""

from __future__ import annotations

import errno
import http.client
import socket
import sys
from dataclasses import replace

import click

from mailer import accounts, approvals, config, logs, transports
from mailer.campaigns.library import Library
from mailer.campaigns.values import Status
from mailer.cli import base, presence
from mailer.cli.base import F
from mailer.cli.db import migrate
from mailer.cli.lifeline import until_told
from mailer.cli.supervisor import Group
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import MailerError, SettingsError

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - a platform's router is outside


def _lifeline(command: F) -> F:
    return click.option("--lifeline", type=int, hidden=True)(command)


@click.command()
def up() -> None:
    """Start the site and the worker on this machine, everything embedded.

    Makes or updates the database (SQLite in var/ unless MAILER_DATABASE_URL is set), then runs
    `mailer web` and `mailer worker`, starting again what crashes. Ctrl-C stops all.

    \b
    Examples:
      mailer up
      PORT=8001 mailer up
    """
    settings = base.settings().with_development_key()
    if not settings.database_url:
        settings = replace(settings, database_url=config.DEFAULT_DATABASE)
    bind = settings.bind or LOOPBACK
    check_start(settings)
    check_port(bind, settings.port)
    migrate(settings.database_url, settings)
    me = (sys.executable, "-m", "mailer")
    commands = {
        "web": (*me, "web", "--lifeline"),
        "worker": (*me, "worker", "--lifeline"),
    }
    settings = replace(settings, bind=bind)
    group = Group(commands, config.environment_for(settings), base.say)
    sys.exit(group.run(lambda: answers(bind, settings.port), lambda: announce(settings)))


@click.command()
@_lifeline
def web(lifeline: int | None) -> None:
    """Serve the pages, on PORT. For a platform, or one machine of several.

    \b
    Example:
      MAILER_DATABASE_URL=postgresql://user:password@host/name PORT=8000 mailer web
    """
    settings = base.settings().with_development_key()
    bind = settings.bind or EVERYWHERE
    if lifeline is None:  # else the supervisor looked already, and a restart is no time for it
        check_start(settings)
        check_port(bind, settings.port)
    _named_database(settings).close()
    logs.set_up(settings.log, "web", "INFO" if settings.log == "json" else "WARNING",
                hidden=config.secrets.known())  # fmt: skip
    if settings.database_url.startswith("sqlite"):
        presence.show(settings.var)
    from mailer.cli.server import serve  # gunicorn sets things up when it is imported

    if lifeline is None:
        base.say(f"Serving on {bind}, port {settings.port}.")
    serve(settings, bind, lifeline)


@click.command()
@_lifeline
def worker(lifeline: int | None) -> None:
    """Send what is queued, until told to stop (SIGTERM, Ctrl-C).

    \b
    Example:
      MAILER_DATABASE_URL=postgresql://user:password@host/name mailer worker
    """
    from mailer import worker as engine

    stop = until_told(lifeline)
    alone = lifeline is None  # else the supervisor's own lines say enough
    settings = base.settings()
    told = alone or settings.log == "json"
    level = "INFO" if told else "WARNING"
    logs.set_up(settings.log, "worker", level, hidden=config.secrets.known())
    store = _named_database(settings)
    try:
        engine.run(settings, store, Library(settings.home), stop=stop)
    finally:
        store.close()


def check_start(settings: Settings) -> None:
    """Refuse to start with files or settings that would only fail later; raises MailerError."""
    base.content(settings)
    for transport in transports.of(settings):
        if not transport.delivers:
            transport.probe()  # a folder that cannot be written will not mend itself


def check_port(bind: str, port: int) -> None:
    """Raise MailerError when nothing can listen there."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise MailerError(_why_not(error, bind, port)) from None


def _why_not(error: OSError, bind: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is taken: stop the program that uses it,"
            f" or choose another port with PORT={port + 1 if port < 65535 else 8000}"
        )
    if error.errno == errno.EACCES:
        return f"port {port} is reserved for the administrator: choose one above 1023 with PORT"
    return f"MAILER_BIND: nothing can listen on {bind}, port {port}: {error.strerror or error}"


def answers(bind: str, port: int) -> bool:
    """True once the site says that it lives."""
    host = {EVERYWHERE: LOOPBACK, "::": "::1"}.get(bind, bind)
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(settings: Settings) -> None:
    """Say where everything is, with a new link into the staff's pages (development only)."""
    lines = [("The page", f"{settings.public_url}/")]
    if settings.development:
        if any(url.startswith("maildir:") for url in settings.transports):
            lines.append(("The letters", f"{settings.public_url}/outbox/"))
        store = Store(settings.database_url, home=settings.home)
        try:
            token = accounts.local_admin(store)
        finally:
            store.close()
        lines.append(("Staff, once", f"{settings.public_url}/staff/enter/{token}"))
    for name, address in lines:
        click.echo(f"{name + ':':<13} {address}")
    for slug in unapproved(settings):
        base.say(
            f"{slug} is not shown yet: letters really leave here, so it waits for approval:"
            f" mailer campaign go-live {slug}"
        )
    base.say("Ctrl-C stops everything.")


def unapproved(settings: Settings) -> list[str]:
    """The live campaigns that visitors cannot see, because nobody has approved them."""
    ways = transports.of(settings)
    if not any(way.delivers for way in ways):
        return []
    live = [
        one.slug for one in base.content(settings).campaigns.values() if one.status is Status.LIVE
    ]
    store = Store(settings.database_url, home=settings.home)
    try:
        return [slug for slug in live if approvals.latest(store, slug) is None]
    finally:
        store.close()


def _named_database(settings: Settings) -> Store:
    """The database that is set, at our version; a platform's own disk would not last."""
    if not settings.database_url:
        raise SettingsError(
            "MAILER_DATABASE_URL (or DATABASE_URL) is missing: `mailer web` and `mailer worker`"
            " need a database that both reach; `mailer up` brings its own"
        )
    store = Store(settings.database_url, home=settings.home)
    store.check_version()
    return store
