"""`mailer new`: good starting files. Nothing that is there is overwritten."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from mailer import addresses
from mailer.campaigns import describe
from mailer.campaigns.library import LETTERS, OFFICIALS, read_content, read_files
from mailer.campaigns.names import letter_name
from mailer.campaigns.reader import MAIN_LANGUAGE
from mailer.cli import base, beginnings
from mailer.cli.officials_import import BEGINNING
from mailer.config import Settings
from mailer.errors import ContentError, FieldError, MailerError
from mailer.officials import merging, reader
from mailer.officials import schema as officials_schema
from mailer.officials.sources.values import Row
from mailer.officials.values import Officials
from mailer.problems import Severity
from mailer.records import text as texts
from mailer.records.findings import Wrong
from mailer.records.formats import language_of
from mailer.records.replacing import replace_text


@click.group()
def new() -> None:
    """Make a campaign, an official, or the keys of backups to begin with.

    \b
    Examples:
      mailer new official --name "Sam Sample" --email sam@ministry.example
      mailer new campaign quiet-libraries --language fr
    """


@new.command("campaign")
@click.argument("slug")
@click.option("--language", default="", metavar="CODE", help="Also a version in this language.")
@click.option("--title", default="", help="Else made from the slug.")
def campaign(slug: str, language: str, title: str) -> None:
    """Make templates/letters/SLUG.md, a draft that passes `mailer check`.

    With --language also SLUG.fr.md; beside a campaign that is there, only that.

    \b
    Examples:
      mailer new campaign quiet-libraries
      mailer new campaign quiet-libraries --language fr
    """
    settings = base.settings()
    language = _language(slug, language)
    title = _line(title or slug.replace("-", " ").capitalize())
    folder = settings.home / LETTERS
    main, version = folder / f"{slug}.md", folder / f"{slug}.{language}.md"
    has_main = main.exists()
    if has_main and not language:
        raise MailerError(f"{main} is there already: nothing was changed")
    if language and version.exists():
        raise MailerError(f"{version} is there already: nothing was changed")
    content = read_content(read_files(settings.home)[0])
    about = title[:1].lower() + title[1:]
    if not has_main:
        text = beginnings.main_file(
            title=title, about=about, day=_today(settings), to=_to(content.officials),
            timezone=settings.timezone,
        )  # fmt: skip
        _make(main, text)
        _schema(settings.home / "campaign.schema.json", describe.json_schema())
    if language:
        text = beginnings.version_file(language, title=title, about=about, alone=has_main)
        _make(version, text)
    base.say(f"Edit it, then: mailer check, mailer preview {slug}")


def _language(slug: str, language: str) -> str:
    """The code of a version's language, "" for none; a usage error for what cannot be a file."""
    try:
        code = language_of(language) if language else ""
    except Wrong as wrong:
        raise click.UsageError(f"--language {language}: {wrong.suggestion}") from None
    code = "" if code == MAIN_LANGUAGE else code
    told = letter_name(f"{slug}.md")
    if isinstance(told, str):
        raise click.UsageError(told)
    return code


def _line(text: str) -> str:
    """A title that can stand in quotation marks."""
    try:
        found = addresses.line(text, 120)
    except FieldError as error:
        raise click.UsageError(f"--title {error}") from None
    return found.replace("\\", "/").replace('"', "'").replace("{", "(").replace("}", ")")


def _to(officials: Officials) -> str:
    """Whom the letter may go to: the first group, else the posts, else the people."""
    group = next(iter(officials.groups), "")
    held = {holding.post for one in officials.people.values() for holding in one.holds}
    posts = [name for name in officials.posts if name in held]
    people = [one.id for one in officials.people.values() if not one.do_not_mail]
    names = [group] if group else posts or people
    if not names:
        raise MailerError("officials.yaml names nobody yet: mailer new official makes a beginning")
    return json.dumps(names[:10])


def _today(settings: Settings) -> str:
    zone = ZoneInfo(settings.timezone)
    return datetime.fromtimestamp(time.time(), zone).date().isoformat()


@new.command("official")
@click.option("--name", prompt="Name", help="As Sam Sample.")
@click.option("--email", prompt="Address", help="Where letters go.")
@click.option("--district", default="", help="The area that elected them.")
@click.option("--tag", default="", help="As member, for the `to` of a campaign.")
def official(name: str, email: str, district: str, tag: str) -> None:
    """Add somebody to officials.yaml, or begin the file; what is there stays as it is.

    \b
    Example:
      mailer new official --name "Sam Sample" --email sam@ministry.example
    """
    settings = base.settings()
    files, _ = read_files(settings.home)
    before = texts.clean(files.get(OFFICIALS, "")) or BEGINNING
    known, told = reader.read(before, OFFICIALS) if OFFICIALS in files else (Officials(), ())
    if any(one.severity is Severity.ERROR for one in told):
        raise ContentError(told)
    row = _row(name, email, district)
    merged = merging.merge(
        [row], known, before, file="--name", day=datetime.now(ZoneInfo(settings.timezone)).date(),
        tag=tag,
    )  # fmt: skip
    _refuse_known(row, known, merged.known)
    after, problems = reader.read(merged.text, OFFICIALS)
    if any(one.severity is Severity.ERROR for one in problems):
        raise ContentError(problems)
    replace_text(settings.home / OFFICIALS, merged.text, before=files.get(OFFICIALS))
    _schema(settings.home / "officials.schema.json", officials_schema.json_schema())
    made = next(one for one in after.people if one not in known.people)
    base.say(f"{made} stands in {OFFICIALS} now.")


def _row(name: str, email: str, district: str) -> Row:
    try:
        name, email = addresses.line(name, 120), addresses.parse(email)
        district = addresses.line(district, 120) if district else ""
    except FieldError as error:
        raise MailerError(f"what was given {error}") from None
    if not name:
        raise MailerError("a name is needed")
    return Row(line=0, name=name, email=email, values={"district": district} if district else {})


def _refuse_known(row: Row, known: Officials, merged: int) -> None:
    """Raise MailerError where the file has this person or address, under whatever id."""
    mailbox = addresses.mailbox(row.email)
    for one in known.people.values():
        if one.email and addresses.mailbox(one.email) == mailbox:
            raise MailerError(f"{row.email} is the address of {one.id} already")
    if merged:
        raise MailerError(f"{row.name} is in {OFFICIALS} already: change it there")


def _make(file: Path, text: str) -> None:
    """A new file; OSError where there is one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8") as out:
        out.write(text)
    click.echo(file)


def _schema(file: Path, schema: object) -> None:
    """The schema that the file's first line names, where there is none yet."""
    if not file.exists():
        _make(file, json.dumps(schema, ensure_ascii=False, indent=2) + "\n")
