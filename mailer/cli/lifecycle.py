"""`mailer campaign link`, `pause`, `resume`, `close`, `reopen`: what the files do not say."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from mailer import audit, life
from mailer.campaigns import links
from mailer.campaigns.library import Library
from mailer.campaigns.values import Campaign, Status
from mailer.cli import base
from mailer.cli.lanes import campaign_lane, confirm_pause, pause_lane, resume_lane
from mailer.cli.paused import count
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import MailerError
from mailer.outbox import lanes as switches
from mailer.sendlog.closing import left

LONGEST_NOTICE = 500  # characters


@click.command("link")
@click.argument("slug", metavar="CAMPAIGN")
@click.option(
    "--days", type=click.IntRange(1, links.MOST_DAYS), default=links.DAYS, show_default=True,
    help="For how long it is open.",
)  # fmt: skip
@click.option("--close", "closing", metavar="LINK", default="", help="Take this one back instead.")
def draft_link(slug: str, days: int, closing: str) -> None:
    """Print a private link to a campaign: its page and every letter, all languages side by side.

    For organisations that are to read it before launch. It shows the files as they stand when it
    is opened, whatever their status, and nobody can write there. Whoever has the link can open
    it until its days are over or it is taken back with --close. Taking the key out of
    MAILER_SECRET_KEY closes all links made with it.

    \b
    Examples:
      mailer campaign link proctoring
      mailer campaign link proctoring --days 7
      mailer campaign link proctoring --close https://letters.example/proctoring/draft/WyJw...
    """
    settings = base.settings()
    content = base.content(settings)
    chosen = base.pick(content, slug)
    signed = settings.with_development_key() if settings.development else settings
    if not signed.secret_keys:
        raise MailerError("MAILER_SECRET_KEY is missing: it signs the link")
    now = time.time()
    if closing:
        _close_link(closing, slug, signed)
        return
    click.echo(links.link(settings.public_url, signed.secret_keys, slug, now=now, days=days))
    ends = datetime.fromtimestamp(now + days * 86400, ZoneInfo(chosen.timezone))
    base.say(f"Open until {ends:%Y-%m-%d %H:%M} ({chosen.timezone}), for whoever has it.")


def _close_link(address: str, slug: str, of: Settings) -> None:
    """Take a link back; a usage error for what is none of this campaign's."""
    token = links.token_of(address, slug)
    with base.database(of) as store, store.write() as tx:
        now = store.now(tx)
        found = links.read(of.secret_keys, slug, token, now) if token else None
        if found is None:
            raise click.UsageError(f"--close: this is no private link to {slug} that we signed")
        done = life.close_link(tx, token, found.ends_at, now=now)
        if done:
            audit.record(tx, now=now, actor=audit.COMMAND, act="campaign.unlink", subject=slug)
    base.say("The link is closed." if done else "The link was closed already.")


@click.command("pause")
@click.argument("slug", metavar="CAMPAIGN")
@click.option("--reason", default="paused on the command line", help="Why, for your colleagues.")
@click.option("--notice", metavar="TEXT", default="", help="What the page tells, if anything.")
@click.option(
    "--notice-in", "others", metavar="LANGUAGE TEXT", type=(str, str), multiple=True,
    help="The same in another language.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Pause without asking, for scripts.")
def pause_campaign(
    slug: str, reason: str, notice: str, others: tuple[tuple[str, str], ...], yes: bool
) -> None:
    """Keep a campaign's letters from leaving. Its page stays open, and says that they leave later.

    \b
    Examples:
      mailer campaign pause proctoring --reason "the vote was moved"
      mailer campaign pause proctoring --notice "The vote was moved to May." \\
        --notice-in fr "Le vote est reporté au mois de mai."
    """
    settings = base.settings()
    with base.database(settings) as store:
        lane_id = campaign_lane(slug, store, settings)
        told = _notice(notice, others, Library(settings.home).current().campaigns.get(slug))
        if not yes:
            confirm_pause(store, lane_id)
        pause_lane(store, lane_id, reason)
        with store.write() as tx:
            life.tell(tx, slug, told, of=switches.paused(tx)[lane_id].since)


def _notice(
    notice: str, others: tuple[tuple[str, str], ...], known: Campaign | None
) -> dict[str, str]:
    """The notice by language; a usage error for a language that the campaign has not."""
    languages = known.languages if known else ("en",)
    told = {languages[0]: notice, **dict(others)}
    for language, text in told.items():
        if language not in languages:
            raise click.UsageError(
                f"--notice-in {language}: the campaign has {', '.join(languages)}"
            )
        if len(text) > LONGEST_NOTICE:
            raise click.UsageError(f"the notice has more than {LONGEST_NOTICE} characters")
    return {language: " ".join(text.split()) for language, text in told.items() if text.strip()}


@click.command("resume")
@click.argument("slug", metavar="CAMPAIGN")
def resume_campaign(slug: str) -> None:
    """Let a campaign's letters leave again, in their turn.

    \b
    Example:
      mailer campaign resume proctoring
    """
    settings = base.settings()
    with base.database(settings) as store:
        resume_lane(store, campaign_lane(slug, store, settings))


@click.command("close")
@click.argument("slug", metavar="CAMPAIGN")
@click.option("--yes", is_flag=True, help="Close without asking, for scripts.")
def close_campaign(slug: str, yes: bool) -> None:
    """Take no more letters in: the page thanks. Those that were thanked for still leave.

    At once and on every machine, whatever the files say; `mailer campaign reopen` takes it back.

    \b
    Examples:
      mailer campaign close proctoring
      mailer campaign close proctoring --yes
    """
    settings = base.settings()
    with base.database(settings) as store:
        campaign_lane(slug, store, settings)
        if not yes:
            _confirm_closing(store, slug)
        with store.write() as tx:
            now, found = store.now(tx), left(tx, slug)
            done = life.close(tx, slug, now=now)
            if done:
                audit.record(
                    tx, now=now, actor=audit.COMMAND, act="campaign.close", subject=slug,
                    count=found.waiting, held=found.held, unconfirmed=found.unconfirmed,
                )  # fmt: skip
    base.say(f"{slug} is closed." if done else f"{slug} was closed already.")


def _confirm_closing(store: Store, slug: str) -> None:
    """Say what becomes of the letters that are there, and ask; raises click.Abort at a no."""
    with store.read() as tx:
        found = left(tx, slug)
    base.say(f"Still leaving, in turn: {count(found.waiting, 'letter')}.")
    if found.held:
        base.say(f"Held, and leaving only if you let them: {count(found.held, 'letter')}.")
    if found.unconfirmed:
        base.say(f"Leaving once confirmed: {count(found.unconfirmed, 'letter')}.")
    click.confirm(f"Take no more letters in for {slug}?", abort=True, err=True)


@click.command("reopen")
@click.argument("slug", metavar="CAMPAIGN")
def reopen_campaign(slug: str) -> None:
    """Take back that a campaign was closed; its files then say again whether it is open.

    \b
    Example:
      mailer campaign reopen proctoring
    """
    settings = base.settings()
    with base.database(settings) as store:
        campaign_lane(slug, store, settings)
        with store.write() as tx:
            now = store.now(tx)
            done = life.reopen(tx, slug)
            if done:
                audit.record(
                    tx, now=now, actor=audit.COMMAND, act="campaign.reopen", subject=slug
                )  # fmt: skip
    base.say(f"{slug} is open again." if done else f"{slug} was not closed by staff.")
    _still_closed(slug, settings)


def _still_closed(slug: str, settings: Settings) -> None:
    """Say what in the files keeps a campaign closed all the same."""
    found = Library(settings.home).current().campaigns.get(slug)
    if found is None:
        return
    file = found.version("").file
    if found.status is not Status.LIVE:
        base.say(f'Its file says status = "{found.status}": write "live" in {file}.')
    elif found.closes and found.today(time.time()) > found.closes:
        base.say(f"Its last day was {found.closes}: write another for `closes` in {file}.")
