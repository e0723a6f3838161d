"""`mailer campaign go-live` and `diff`: what may really leave, and what waits to be approved."""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import click

from mailer import approvals, life, transports
from mailer.campaigns import checking
from mailer.campaigns.library import Content
from mailer.campaigns.values import Campaign, Recipient, Status
from mailer.cli import base, doctor
from mailer.cli.differences import reached
from mailer.cli.example import recipients_today
from mailer.cli.simulate import first_day
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import ContentError, MailerError
from mailer.problems import Finding, Severity
from mailer.transports.smtp import SmtpTransport

SUPPORTERS = 1000
"""How many are reckoned with where a campaign names no goal."""


@click.command("go-live")
@click.argument("slug", metavar="CAMPAIGN")
@click.option(
    "--supporters", type=click.IntRange(1, 10_000_000), metavar="N",
    help="How many to reckon with on the first day; else the campaign's goal, or 1,000.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Approve without asking, for scripts.")
@click.option("--anyway", is_flag=True, help="Approve though `mailer doctor` finds faults.")
def go_live(slug: str, supporters: int | None, yes: bool, anyway: bool) -> None:
    """Approve a live campaign as its files stand now, so that its letters may really leave.

    Looks at everything first, as `mailer check` and `mailer doctor` do. Then it shows who will
    get letters, how fast, when the last one would leave, and what changed since the last
    approval. Edits made later wait until this command is run again, or somebody approves them on
    the staff's page.

    \b
    Examples:
      mailer campaign go-live proctoring
      mailer campaign go-live proctoring --supporters 20000
      mailer campaign go-live proctoring --yes
    """
    settings = base.settings()
    content = base.content(settings)
    chosen = base.pick(content, slug)
    check_may_go_live(chosen, content, settings)
    _rehearse(chosen, content, settings)
    with base.database(settings) as store:
        if life.is_closed(store, slug):
            raise MailerError(f"{slug} is closed: run `mailer campaign reopen {slug}` first")
        if approvals.latest(store, slug) and not approvals.pending(store, content, slug):
            base.say(f"{slug} is approved as it stands.")
            return
        _examine(settings, anyway=anyway)
        _show(chosen, recipients_today(chosen, content.officials), settings)
        many = supporters or chosen.goal or SUPPORTERS
        click.echo(f"  {first_day(chosen, content, settings, many, begins=time.time())}")
        _show_changes(store, content, slug)
        if not yes:
            click.confirm("Let these letters leave?", abort=True, err=True)
        approvals.approve(store, content, slug, actor=approvals.COMMAND_LINE)
    base.say(f"{slug} is approved.")


@click.command("diff")
@click.argument("slug", metavar="CAMPAIGN")
def diff(slug: str) -> None:
    """Show what waits to be approved: who would get letters, and each changed line of the files.

    Prints nothing when the campaign is approved as it stands.

    \b
    Example:
      mailer campaign diff proctoring
    """
    settings = base.settings()
    content = base.content(settings)
    base.pick(content, slug)
    with base.database(settings) as store:
        if approvals.pending(store, content, slug):
            _show_changes(store, content, slug)
        else:
            base.say(f"{slug} is approved as it stands.")


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
    """Print what the checks warn of; raise ContentError when letters could not be merged."""
    files, service = content.files_of(chosen.slug), settings.represent is not None
    told = checking.check(content, settings.home, now=time.time(), service=service)
    found = [one for one in told if one.file in files]
    errors = [one for one in found if one.severity is Severity.ERROR]
    warnings = [one for one in found if one.severity is Severity.WARNING]
    if errors:
        raise ContentError([*errors, *warnings])
    if warnings:
        base.say(base.report(warnings, err=True))


def _examine(settings: Settings, *, anyway: bool) -> None:
    """Do as `mailer doctor` does; raise MailerError when something fails that letters need.

    Where all mail goes to this machine it is a rehearsal: then faults are only printed.
    """
    found = [one for one in doctor.look(settings) if one.level != "ok"]
    for one in found:
        base.say(doctor.lines(one))
    failed: list[Finding] = [one for one in found if one.level == "fail"]
    if failed and not anyway and not _is_rehearsal(settings):
        raise MailerError(
            f"{len(failed)} of these must be mended first; --anyway approves all the same"
        )


def _is_rehearsal(settings: Settings) -> bool:
    """True when no letter can leave this machine."""
    ways = transports.from_urls(settings.transports, settings.home)
    return all(
        not way.delivers
        or (way.server.loopback if isinstance(way, SmtpTransport) else _asks_here(url))
        for way, url in zip(ways, settings.transports, strict=True)
    )


def _asks_here(url: str) -> bool:
    """True for a provider whose place a server on this machine takes."""
    other = parse_qs(urlsplit(url).query).get("api", [""])[0]
    return urlsplit(other).hostname in {"127.0.0.1", "::1", "localhost"}


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
    found = approvals.latest(store, slug)
    if found is None:
        click.echo("Nothing of it was approved before.")
        return
    for line in reached(approvals.reaches(found, content, slug, now=time.time())):
        click.echo(line)
    click.echo("Changed since the last approval:")
    for line in approvals.pending(store, content, slug):
        click.echo(line)
