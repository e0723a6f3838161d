"""`mailer officials diff`: who is new, gone or changed, and who would get mail."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from mailer.campaigns.library import OFFICIALS, read_files
from mailer.cli import base
from mailer.cli.differences import Difference
from mailer.cli.revisions import text_at
from mailer.config import Settings
from mailer.errors import ContentError, MailerError
from mailer.officials import reader
from mailer.officials.values import Officials
from mailer.problems import Severity


class Day(click.ParamType[date]):
    """A day as 2026-11-24."""

    name = "day"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """The date; a usage error for anything else."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is not a day: write it as 2026-11-24", param, ctx)


def today(settings: Settings) -> date:
    """The day it is in the time zone of the settings."""
    return datetime.fromtimestamp(time.time(), ZoneInfo(settings.timezone)).date()


@click.command("diff")
@click.argument("before", metavar="[REVISION|FILE]", default="HEAD")
@click.option("--date", "on", type=Day(), help="Also who gets letters on this day.")
@base.json_option
def diff(before: str, on: date | None, as_json: bool) -> None:
    """Compare officials.yaml with an earlier revision in git, or with another file.

    Says who is new, gone or changed, key by key, and for each campaign who would get letters
    today and who no longer would. Without a name it compares with the last commit.

    \b
    Examples:
      mailer officials diff
      mailer officials diff HEAD~3 --date 2027-01-01
      mailer officials diff old/officials.yaml --json
    """
    settings = base.settings()
    files, unreadable = read_files(settings.home)
    if OFFICIALS not in files:
        raise ContentError(unreadable)
    now, told = reader.read(files[OFFICIALS], OFFICIALS)
    if any(problem.severity is Severity.ERROR for problem in told):
        raise ContentError(told)
    days = [today(settings), *([on] if on else [])]
    found = Difference(_before(before, settings.home), now, files, days)
    if as_json:
        base.print_json(found.as_data())
        return
    for line in found.lines():
        click.echo(line)
    if not found:
        base.say("Nothing differs.")


def _before(name: str, home: Path) -> Officials:
    """What the other side says; a file is meant where there is one, else a revision."""
    file = Path(name)
    if file.is_file():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise MailerError(f"{name} is not UTF-8") from None
    else:
        text = text_at(home, OFFICIALS, name)
    officials, told = reader.read(text, name)
    errors = sum(problem.severity is Severity.ERROR for problem in told)
    if errors:
        base.say(f"{name} had {errors} errors: whom it cannot tell seems new here.")
    return officials
