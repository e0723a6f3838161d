"""`mailer check`, `mailer preview`: what an organizer asks while writing."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import click

from mailer import addresses, transports
from mailer.campaigns import changeable, coverage, pictures, rehearsal
from mailer.campaigns.library import Content, Library
from mailer.campaigns.recipients import reachable, vacant
from mailer.campaigns.values import Campaign
from mailer.cli import base, spam
from mailer.cli.base import F
from mailer.cli.example import Example, example
from mailer.config import Settings, home_from_env
from mailer.errors import FieldError, SettingsError
from mailer.message import compose
from mailer.problems import Problem, Severity


@click.command()
@click.option("--spam", "with_spam", is_flag=True, help="Score every letter with SpamAssassin.")
@click.option(
    "--reply-to", metavar="ADDRESS", default="", help="With --spam: of a supporter at this address."
)
@base.json_option
def check(with_spam: bool, reply_to: str, as_json: bool) -> None:
    """Look for everything that is wrong in the files and the settings; silent when all is well.

    Errors make the exit code 2, and so does a letter that SpamAssassin calls spam; warnings and
    notes are only printed. Without SpamAssassin --spam says so and scores nothing.

    \b
    Examples:
      mailer check
      mailer check --json
      mailer check --spam
      mailer check --spam --reply-to ann@example.org
    """
    if reply_to and not with_spam:
        raise click.UsageError("--reply-to goes with --spam")
    problems = _all_problems()
    judged = _scored(reply_to) if with_spam else None
    if as_json:
        found = [asdict(problem) for problem in problems]
        scores = judged if judged is None else [one.as_data() for one in judged]
        base.print_json({"problems": found, "letters": scores} if with_spam else found)
    else:
        click.echo(base.report(problems) if problems else "", nl=False)
        for line in spam.lines(judged or ()):
            click.echo(line)
    wrong = any(problem.severity is Severity.ERROR for problem in problems)
    if wrong or any(one.is_spam for one in judged or ()):
        click.get_current_context().exit(base.PROBLEMS)


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


def _all_problems() -> list[Problem]:
    """What is wrong in the files, the letters as they would be merged today, and the settings."""
    found, home, service = _settings_problems()
    content = Library(home).current()
    found += content.problems
    for campaign in content.campaigns.values():
        found += rehearsed(campaign, content)
    found += coverage.check(content, now=time.time(), service=service)
    found += pictures.check(content, home)
    return found


def rehearsed(campaign: Campaign, content: Content) -> tuple[Problem, ...]:
    """What a merge of today's letters finds: every official, language and role."""
    day = campaign.today(time.time())
    to = reachable(campaign, content.officials, day)
    empty = vacant(campaign, content.officials, day)
    told = rehearsal.check(campaign, to, vacant=empty, files=content.files)
    return (*told, *changeable.check(campaign, to))


def _settings_problems() -> tuple[list[Problem], Path, bool]:
    """The settings' problems, where the files lie, and whether a service knows districts.

    Wrong settings must not hide the files.
    """
    found: list[Problem] = []
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        found.append(Problem(file="the environment", message=str(error)))
        return found, home_from_env(), False
    try:
        transports.of(settings)
    except SettingsError as error:
        found.append(Problem(file="the environment", message=str(error)))
    return found, settings.home, settings.represent is not None


def letter_options(command: F) -> F:
    """The options that say which letters of a campaign are meant."""
    command = click.option("--role", metavar="ID", default="", help="By a supporter of this role.")(
        command
    )
    command = click.option("--language", metavar="CODE", default="", help="In this language.")(
        command
    )
    command = click.option("--official", metavar="ID", default="", help="To this official alone.")(
        command
    )
    return click.argument("slug", metavar="CAMPAIGN")(command)


@click.command()
@letter_options
@click.option("--eml", is_flag=True, help="The message as it would leave; needs one letter.")
def preview(slug: str, official: str, language: str, role: str, eml: bool) -> None:
    """Print the letters that a made-up supporter would send today.

    \b
    Examples:
      mailer preview proctoring
      mailer preview proctoring --official romano --language fr
      mailer preview proctoring --official romano --eml > letter.eml
    """
    settings = base.settings()
    content: Content = base.content(settings)
    base.pick(content, slug)
    made = example(content, slug, settings, official=official, language=language, role=role)
    if not eml:
        click.echo(f"\n\n{'-' * 72}\n\n".join(_as_text(one) for one in made))
    elif len(made) == 1:
        base.print_bytes(compose(made[0].mail))
    else:
        known = ", ".join(one.letter.official for one in made)
        raise click.UsageError(f"--eml prints one letter: add --official with one of {known}")


def _as_text(one: Example) -> str:
    mail = one.mail
    return "\n".join(
        (
            f"From: {mail.from_name} <{mail.from_address}>",
            f"Reply-To: {mail.reply_name} <{mail.reply_address}>",
            f"To: {mail.to_name} <{mail.to_address}>",
            f"Subject: {mail.subject}",
            "",
            mail.text.rstrip("\n"),
        )
    )
