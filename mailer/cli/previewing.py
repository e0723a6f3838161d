"""`mailer preview`: the letters, in the terminal or side by side in the browser."""

from __future__ import annotations

import time
import webbrowser
from pathlib import Path

import click

from mailer.campaigns.library import Content
from mailer.cli import base
from mailer.cli.base import F
from mailer.cli.example import Example, everything, example, without_ending
from mailer.cli.side_by_side import Gallery, in_words, page
from mailer.config import Settings
from mailer.errors import MailerError
from mailer.message import compose
from mailer.officials import tenure
from mailer.problems import Severity


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
@click.option(
    "--open", "opens", is_flag=True, help="Every letter in every language, in the browser."
)
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="The same page, as this file."
)
def preview(
    slug: str, official: str, language: str, role: str, eml: bool, opens: bool, html: Path | None
) -> None:
    """Print the letters that a made-up supporter would send today, and how hard they are to read.

    With --open all officials and all languages stand side by side in a page; it needs no server,
    and can be printed or sent to whoever has to agree.

    \b
    Examples:
      mailer preview proctoring
      mailer preview proctoring --official romano --language fr
      mailer preview proctoring --official romano --eml > letter.eml
      mailer preview proctoring --open
      mailer preview proctoring --role student --html letters.html
    """
    if eml and (opens or html):
        raise click.UsageError("--eml prints one message: leave --open and --html away")
    settings = base.settings()
    content: Content = base.content(settings)
    base.pick(content, slug)
    if opens or html:
        made = everything(content, slug, settings, official=official, language=language, role=role)
        file = _write(
            Gallery(
                campaign=content.campaigns[slug], made=made, role=role, problems=_counted(content)
            ),
            html or _own_place(settings.home, slug),
        )
        _show(file, opens)
        return
    _print(content, slug, settings, official, language, role, eml)


def _print(
    content: Content,
    slug: str,
    settings: Settings,
    official: str,
    language: str,
    role: str,
    eml: bool,
) -> None:
    made = example(content, slug, settings, official=official, language=language, role=role)
    if not eml:
        click.echo(f"\n\n{'-' * 72}\n\n".join(_as_text(one) for one in made))
        longest = max(map(without_ending, made), key=lambda one: one.words)
        ease = in_words(longest)
        base.say(f"{longest.words} words at most{ease and f', reading ease {ease}'}.")
        for told in _hands(content, slug, {one.recipient.official for one in made}):
            base.say(f"{told}: letters that still wait then are held, until you decide.")
    elif len(made) == 1:
        base.print_bytes(compose(made[0].mail))
    else:
        known = ", ".join(one.letter.official for one in made)
        raise click.UsageError(f"--eml prints one letter: add --official with one of {known}")


def _hands(content: Content, slug: str, officials: set[str]) -> list[str]:
    """The posts of these officials that will change hands, as far as the file knows."""
    day = content.campaigns[slug].today(time.time())
    return [told for one in sorted(officials) for told in tenure.ahead(content.officials, one, day)]


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


def _counted(content: Content) -> str:
    """What is said of the files, counted: 2 warnings."""
    warnings = sum(one.severity is Severity.WARNING for one in content.problems)
    return f"{warnings} warning{'' if warnings == 1 else 's'}" if warnings else ""


def _own_place(home: Path, slug: str) -> Path:
    (home / "var").mkdir(exist_ok=True)
    return home / "var" / f"preview-{slug}.html"


def _write(gallery: Gallery, file: Path) -> Path:
    if not gallery.made:
        slug = gallery.campaign.slug
        raise MailerError(f"nobody gets the letter of {slug} today: look at its `to`")
    file.write_text(page(gallery), encoding="utf-8")
    return file.resolve()


def _show(file: Path, opens: bool) -> None:
    """Print where the page is, and open it where a browser is to be had."""
    click.echo(file)
    if opens and not webbrowser.open(file.as_uri()):
        base.say("No browser was found on this machine: open the file yourself.")
