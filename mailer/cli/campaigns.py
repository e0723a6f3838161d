"""`mailer campaign`: which campaigns there are, and which of them may really send."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import click

from mailer import approvals, transports
from mailer.campaigns import coverage
from mailer.campaigns.library import Content
from mailer.campaigns.values import Campaign, Recipient, Status
from mailer.cli import base, schemas
from mailer.cli.example import recipients_today
from mailer.cli.organizers import rehearsed
from mailer.cli.paused import count
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import ContentError, MailerError, StoreError
from mailer.problems import Severity


@click.group()
def campaign() -> None:
    """The campaigns, and which of them may really send.

    \b
    Examples:
      mailer campaign list
      mailer campaign go-live proctoring
    """


campaign.add_command(schemas.of_campaigns)


@campaign.command("list")
@base.json_option
def list_campaigns(as_json: bool) -> None:
    """The campaigns in templates/letters, with their status and what is approved of them.

    \b
    Examples:
      mailer campaign list
      mailer campaign list --json
    """
    settings = base.settings()
    content = base.content(settings)
    known = _approvals(content, settings)
    rows = [_listed(one, content, known) for one in content.campaigns.values()]
    if as_json:
        base.print_json([asdict(row) for row in rows])
    elif rows:
        base.print_table([_cells(row) for row in rows])
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
    approval: str  # a key of _APPROVALS; "" for what is not live, and without a database


_APPROVALS = {
    "approved": "approved",
    "edits wait": "edits wait: mailer campaign go-live {slug}",
    "missing": "not approved, not shown: mailer campaign go-live {slug}",
    "not needed": "needs no approval: letters are only kept here",
    "": "",
}


def _approvals(content: Content, settings: Settings) -> dict[str, str]:
    """Of each live campaign, whether it is approved; nothing while there is no database."""
    live = [one.slug for one in content.campaigns.values() if one.status is Status.LIVE]
    if not settings.database_url and not base.local_database(settings.home).exists():
        return {}
    ways = transports.from_urls(settings.transports, settings.home)
    if not any(way.delivers for way in ways):
        return dict.fromkeys(live, "not needed")
    try:
        with base.database(settings) as store:
            return {slug: _approval(store, content, slug) for slug in live}
    except StoreError as error:
        base.say(f"What is approved is not known: {error}")
        return {}


def _approval(store: Store, content: Content, slug: str) -> str:
    if approvals.latest(store, slug) is None:
        return "missing"
    return "edits wait" if approvals.pending(store, content, slug) else "approved"


def _cells(row: Listed) -> tuple[str, ...]:
    approval = _APPROVALS[row.approval].format(slug=row.slug)
    return row.slug, row.status, count(row.letters, "letter"), row.title, approval


def _listed(one: Campaign, content: Content, known: Mapping[str, str]) -> Listed:
    return Listed(
        slug=one.slug,
        status=one.status.value,
        title=one.version("").title,
        languages=one.languages,
        letters=1 if one.to.own else len(recipients_today(one, content.officials)),
        approval=known.get(one.slug, ""),
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
    _rehearse(chosen, content, settings)
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


def _rehearse(chosen: Campaign, content: Content, settings: Settings) -> None:
    """Print what a rehearsal warns of; raise ContentError when letters could not be merged."""
    files = content.files_of(chosen.slug)
    found = [one for one in content.problems if one.file in files]
    found += rehearsed(chosen, content)
    told = coverage.check(content, now=time.time(), service=settings.represent is not None)
    found += [one for one in told if one.file in files]
    errors = [one for one in found if one.severity is Severity.ERROR]
    warnings = [one for one in found if one.severity is Severity.WARNING]
    if errors:
        raise ContentError([*errors, *warnings])
    if warnings:
        base.say(base.report(warnings, err=True))


def _show(chosen: Campaign, to: Sequence[Recipient], settings: Settings) -> None:
    one = f"each supporter writes to their own district's, of {len(to)} officials"
    each = one if chosen.to.own else f"{len(to)} letters from each supporter"
    click.echo(f"{chosen.version('').title}: {each}")
    base.print_table([("", one.name, one.email, str(one.pace), one.hours) for one in to])
    if chosen.ceiling:
        click.echo(f"  at most {chosen.ceiling:,} a day to each")
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
