"""`mailer send-test`, `mailer campaign`: from a first letter to oneself to the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import click

from mailer import addresses, approvals, transports
from mailer.campaigns.library import Content
from mailer.campaigns.values import Campaign, Recipient, Status
from mailer.cli import base
from mailer.cli.example import Example, example, recipients_today
from mailer.cli.organizers import letter_options
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import FieldError, MailerError, Next, SendError
from mailer.message import Mail, compose
from mailer.officials.values import Pace
from mailer.transports import Parcel, Transport

TEST_MARK = "[TEST]"


@click.command("send-test")
@letter_options
@click.option("--to", required=True, metavar="ADDRESS", help="Where the letters go instead.")
def send_test(slug: str, official: str, language: str, role: str, to: str) -> None:
    """Send a made-up supporter's letters to yourself, through the real transport, marked.

    They go at once and past the log, so that no worker is needed and the server's own answer is
    shown here. Nothing goes to an official.

    \b
    Examples:
      mailer send-test proctoring --to me@example.org
      mailer send-test proctoring --to me@example.org --official romano --language fr
    """
    settings = base.settings()
    content = base.content(settings)
    base.pick(content, slug)
    try:
        to = addresses.parse(to)
    except FieldError as error:
        raise click.UsageError(f"--to {to}: {error}") from None
    made = example(content, slug, settings, official=official, language=language, role=role)
    _send([_as_test(one, to) for one in made], settings)


def _as_test(one: Example, to: str) -> Mail:
    meant = f"{one.letter.to_name} <{one.letter.to_address}>"
    note = f"This is a test. The letter below would go to {meant}."
    return replace(
        one.mail,
        to_name="",
        to_address=to,
        subject=f"{TEST_MARK} {one.mail.subject}",
        text=f"{note}\n\n{one.mail.text}",
        auto=True,
    )


def _send(mails: Sequence[Mail], settings: Settings) -> None:
    """Send through the first transport that is up; raises SendError when none is."""
    left = list(mails)
    ways = transports.from_urls(settings.transports, settings.home)
    for number, way in enumerate(ways, start=1):
        try:
            _send_through(way, left)
        except SendError as error:
            if error.then is not Next.STOP or number == len(ways):
                raise
            base.say(f"{way.account}: {error}; trying the next transport")
        else:
            return


def _send_through(way: Transport, left: list[Mail]) -> None:
    """Send what is left, and take off the list what the server took."""
    connection = way.connect()
    try:
        while left:
            mail = left[0]
            letter = mail.message_id.partition("@")[0]
            connection.stage(
                Parcel(
                    letter=letter, sender=mail.from_address, recipient=mail.to_address,
                    data=compose(mail),
                )
            )  # fmt: skip
            answer = connection.commit()
            del left[0]
            what = "accepted" if way.delivers else "kept on this machine"
            said = f"{answer.code} {answer.text}".strip()
            click.echo(f"{what} by {way.account}: {said}")
    finally:
        connection.close()


@click.group()
def campaign() -> None:
    """The campaigns, and which of them may really send."""


@campaign.command("list")
@base.json_option
def list_campaigns(as_json: bool) -> None:
    """The campaigns in templates/letters, with their status.

    \b
    Example:
      mailer campaign list --json
    """
    settings = base.settings()
    content = base.content(settings)
    rows = [_listed(one, content) for one in content.campaigns.values()]
    if as_json:
        base.print_json([asdict(row) for row in rows])
    elif rows:
        base.print_table([(r.slug, r.status, f"{r.letters} letters", r.title) for r in rows])
    else:
        base.say("There is no campaign yet: templates/letters is empty.")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A campaign in the list."""

    slug: str
    status: str
    title: str
    languages: tuple[str, ...]
    letters: int  # of each supporter, today


def _listed(one: Campaign, content: Content) -> Listed:
    return Listed(
        slug=one.slug,
        status=one.status.value,
        title=one.version("").title,
        languages=one.languages,
        letters=len(recipients_today(one, content.officials)),
    )


@campaign.command("go-live")
@click.argument("slug", metavar="CAMPAIGN")
@click.option("--yes", is_flag=True, help="Approve without asking, for scripts.")
def go_live(slug: str, yes: bool) -> None:
    """Approve a live campaign as its files stand now, so that its letters may really leave.

    Shows who will get letters, how fast, and what changed since the last approval. Edits made
    later wait until this command is run again.

    \b
    Examples:
      mailer campaign go-live proctoring
      mailer campaign go-live proctoring --yes
    """
    settings = base.settings()
    content = base.content(settings)
    chosen = base.pick(content, slug)
    check_may_go_live(chosen, content, settings)
    with base.database(settings) as store:
        if approvals.latest(store, slug) and not approvals.pending(store, content, slug):
            base.say(f"{slug} is approved as it stands.")
            return
        _show(chosen, recipients_today(chosen, content.officials), settings)
        _show_changes(store, content, slug)
        if not yes:
            click.confirm("Let these letters leave?", abort=True, err=True)
        approvals.approve(store, content, slug, actor="command line")
    base.say(f"{slug} is approved.")


def check_may_go_live(chosen: Campaign, content: Content, settings: Settings) -> None:
    """Raise MailerError when letters of this campaign could not leave, or should not."""
    if chosen.status is not Status.LIVE:
        file = chosen.version("").file
        raise MailerError(f'{chosen.slug} is {chosen.status}: write status = "live" in {file}')
    if not recipients_today(chosen, content.officials):
        raise MailerError(f"nobody gets the letter of {chosen.slug} today: look at its `to`")
    ways = transports.from_urls(settings.transports, settings.home)
    if not any(way.delivers for way in ways) and not settings.development:
        raise MailerError(
            "MAILER_TRANSPORT only keeps letters on this machine: name a server that sends them"
        )


def _show(chosen: Campaign, to: Sequence[Recipient], settings: Settings) -> None:
    click.echo(f"{chosen.version('').title}: {len(to)} letters from each supporter")
    base.print_table([("", one.name, one.email, pace_in_words(one.pace)) for one in to])
    ways = transports.from_urls(settings.transports, settings.home)
    through = ", then ".join(way.account for way in ways)
    click.echo(f"  through {through}, from {settings.from_address}")
    if not any(way.delivers for way in ways):
        click.echo("  (which keeps letters here and needs no approval)")


def _show_changes(store: Store, content: Content, slug: str) -> None:
    if approvals.latest(store, slug) is None:
        click.echo("Nothing of it was approved before.")
        return
    click.echo("Changed since the last approval:")
    for line in approvals.pending(store, content, slug):
        click.echo(line)


def pace_in_words(pace: Pace) -> str:
    """A pace as it is written in officials.yaml: 900/hour."""
    units = {60.0: "minute", 3600.0: "hour", 86400.0: "day"}
    return f"{pace.count}/{units.get(pace.seconds, f'{pace.seconds:g} seconds')}"
