"""What every command shares: plain errors, the settings, the database, ways to print."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from mailer import config
from mailer.campaigns.library import Content, Library
from mailer.campaigns.report import render
from mailer.campaigns.values import Campaign
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import ContentError, MailerError, SettingsError, StoreError
from mailer.problems import Problem, Severity, did_you_mean

F = TypeVar("F", bound=Callable[..., object])

FAILED, PROBLEMS = 1, 2  # exit codes; click itself answers 2 to wrong usage


class PlainGroup(click.Group):
    """A group whose errors are one plain line on stderr; only a fault of ours has a traceback.

    Neither holds a secret of the settings, whatever it quotes.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn what was raised on purpose into a line and an exit code."""
        ctx.color = False if config.no_colour() else None
        try:
            return super().invoke(ctx)
        except ContentError as error:
            click.echo(report(error.problems, err=True), err=True, nl=False)
            ctx.exit(PROBLEMS)
        except MailerError as error:
            _tell(f"mailer: {error}")
            ctx.exit(PROBLEMS if isinstance(error, SettingsError) else FAILED)
        except BrokenPipeError:
            raise  # click leaves quietly: whoever read our output has had enough
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            _tell(f"mailer: {place}{error.strerror or error}")
            ctx.exit(FAILED)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception:  # noqa: BLE001 - told whole, and the program ends
            _tell(traceback.format_exc().rstrip())
            ctx.exit(FAILED)


def _tell(text: str) -> None:
    say(config.secrets.hide(text, config.secrets.known()))


def say(text: str) -> None:
    """A message for the person at the terminal."""
    click.echo(text, err=True)


def print_json(value: object) -> None:
    """Data for a program."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_bytes(data: bytes) -> None:
    """Data that is not text, such as a message."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Rows in aligned columns; the last one is never padded."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def json_option(command: F) -> F:
    """The option --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(
        command
    )


def settings() -> Settings:
    """The settings of this environment."""
    return Settings.from_env()


def local_database(home: Path) -> Path:
    """Where `mailer up` keeps its SQLite database when no other is set."""
    return home / config.DEFAULT_DATABASE.removeprefix("sqlite:///")


@contextmanager
def database(of: Settings) -> Iterator[Store]:
    """The database that is set, else the one that `mailer up` made here; StoreError if none."""
    url = of.database_url
    if not url:
        if not local_database(of.home).exists():
            raise StoreError(
                "there is no database yet: run `mailer up` or `mailer db upgrade` first,"
                " or set MAILER_DATABASE_URL"
            )
        url = config.DEFAULT_DATABASE
    store = Store(url, home=of.home)
    try:
        store.check_version()
        yield store
    finally:
        store.close()


def content(of: Settings) -> Content:
    """What the files say now; raises ContentError when any of them has an error."""
    found = Library(of.home).current()
    if any(problem.severity is Severity.ERROR for problem in found.problems):
        raise ContentError(found.problems)
    return found


def pick(campaigns: Content, slug: str) -> Campaign:
    """The campaign with this slug; a usage error with a suggestion when there is none."""
    found = campaigns.campaigns.get(slug)
    if found is None:
        known = ", ".join(sorted(campaigns.campaigns)) or "none"
        hint = did_you_mean(slug, campaigns.campaigns) or f"there is: {known}"
        raise click.UsageError(f"there is no campaign {slug!r}; {hint}")
    return found


def report(problems: Sequence[Problem], *, err: bool = False) -> str:
    """The problems as text, coloured where it ends up on a terminal that shows colours."""
    stream = sys.stderr if err else sys.stdout
    return render(problems, colour=stream.isatty() and not config.no_colour())
