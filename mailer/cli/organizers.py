"""`mailer check`: what an organizer asks while writing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from mailer import addresses, transports
from mailer.campaigns import checking
from mailer.campaigns.library import Library
from mailer.cli import base, program, spam, workflow
from mailer.config import home_from_env, wrong
from mailer.errors import FieldError, SettingsError
from mailer.problems import Problem, Severity


@click.command()
@click.option("--spam", "with_spam", is_flag=True, help="Score every letter with SpamAssassin.")
@click.option(
    "--reply-to", metavar="ADDRESS", default="", help="With --spam: of a supporter at this address."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="text for people, json for programs, github for the annotations of a workflow.",
)
@base.json_option
def check(with_spam: bool, reply_to: str, form: str, as_json: bool) -> None:
    """Look for everything that is wrong in the files and the settings; silent when all is well.

    Errors make the exit code 2, and so does a letter that SpamAssassin calls spam; warnings and
    notes are only printed. Without SpamAssassin --spam says so and scores nothing.

    \b
    Examples:
      mailer check
      mailer check --json
      mailer check --format github
      mailer check --spam
      mailer check --spam --reply-to ann@example.org
    """
    if reply_to and not with_spam:
        raise click.UsageError("--reply-to goes with --spam")
    if as_json and form == "github":
        raise click.UsageError("--json is --format json: keep one of them")
    problems, home = _all_problems()
    judged = _scored(reply_to) if with_spam else None
    if as_json or form == "json":
        found = [asdict(problem) for problem in problems]
        scores = judged if judged is None else [one.as_data() for one in judged]
        base.print_json({"problems": found, "letters": scores} if with_spam else found)
    else:
        _print(problems, home, form)
        for line in spam.lines(judged or ()):
            click.echo(line)
    wrong = any(problem.severity is Severity.ERROR for problem in problems)
    if wrong or any(one.is_spam for one in judged or ()):
        click.get_current_context().exit(base.PROBLEMS)


def _print(problems: Sequence[Problem], home: Path, form: str) -> None:
    if form == "text":
        click.echo(base.report(problems) if problems else "", nl=False)
        return
    here, there = Path.cwd().resolve(), home.resolve()
    below = there.relative_to(here).as_posix() if there.is_relative_to(here) else ""
    for problem in problems:
        click.echo(workflow.line(problem, f"{below}/" if below not in {"", "."} else ""))


def _scored(reply_to: str) -> list[spam.Judged] | None:
    """The letters' scores; None where there is nothing to score them with, after saying so."""
    if reply_to:
        try:
            reply_to = addresses.parse(reply_to)
        except FieldError as error:
            raise click.UsageError(f"--reply-to {reply_to}: {error}") from None
    if not spam.is_installed():
        base.say(
            "mailer: SpamAssassin is not installed, so no letter was scored"
            " (Debian: apt install spamassassin)"
        )
        return None
    settings = base.settings()
    return spam.judge(Library(settings.home).current(), settings, reply_to)


def _all_problems() -> tuple[list[Problem], Path]:
    """What is wrong in the settings, the files and the letters as they would be merged today.

    And the folder in which the files lie.
    """
    found, home, service = _settings_problems()
    content = Library(home).current()
    found += checking.check(content, home, now=time.time(), service=service)
    found += program.check(home)
    return found, home


def _settings_problems() -> tuple[list[Problem], Path, bool]:
    """The settings' problems, where the files lie, and whether a service knows districts.

    Wrong settings must not hide the files.
    """
    told, settings = wrong.everything()
    found = [_of_environment(error) for error in told]
    if settings is None:
        return found, home_from_env(), False
    try:
        transports.of(settings)
    except SettingsError as error:
        found.append(_of_environment(error))
    return found, settings.home, settings.represent is not None


def _of_environment(error: SettingsError) -> Problem:
    return Problem(file=workflow.ENVIRONMENT, message=str(error))
