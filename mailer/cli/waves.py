"""`mailer invalidate`: stop a wave of forged submissions before it leaves."""

from __future__ import annotations

import re

import click

from mailer import audit, review
from mailer.cli import base
from mailer.cli.lanes import campaign_lane
from mailer.cli.paused import count
from mailer.review import waves
from mailer.review.waves import Found, Wave
from mailer.submissions.accept import CROWDED

HELD_FOR = {
    "similar": review.SIMILAR,
    "link": review.LINK,
    "throwaway": review.THROWAWAY,
    "official": review.OFFICIAL,
    "network": review.CROWD,
    "hidden-field": review.BAITED,
    "alphabets": review.MIXED,
    "word": review.WORD,
    "names": CROWDED,
}
"""Reasons for which letters are held, as they are called on the command line."""

_REFERENCE = re.compile(r"([0-9a-z]{5})-?([0-9a-z]{5})", re.IGNORECASE)


def _reference(_context: click.Context, _option: click.Parameter, typed: str) -> str:
    """The beginning of a submission's id, from what a receipt shows."""
    found = _REFERENCE.fullmatch(typed.strip())
    if typed and found is None:
        raise click.BadParameter(f"{typed!r} is no reference; a receipt has one like 4K2TQ-7XW9M")
    return f"{found[1]}{found[2]}".lower() if found else ""


def _why(_context: click.Context, _option: click.Parameter, typed: str) -> str:
    if "@" in typed:
        raise click.BadParameter("leave addresses out: the audit keeps it for good")
    return " ".join(typed.split())[:200]


@click.command("invalidate")
@click.argument("campaign")
@click.option("--held-for", type=click.Choice(sorted(HELD_FOR)), help="All that is held for it.")
@click.option("--like", callback=_reference, default="", help="All whose words are like its own.")
@click.option("--network-of", callback=_reference, default="", help="All from its network.")
@click.option("--since", type=click.FloatRange(0, 168), help="Only of the last so many hours.")
@click.option("--why", callback=_why, default="", help="For the audit; without names.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def invalidate(
    campaign: str, held_for: str | None, like: str, network_of: str, since: float | None,
    why: str, yes: bool,
) -> None:  # fmt: skip
    """Stop a wave of forged letters before it leaves, and mark what has left.

    What is said of the wave is true of each submission in it. Letters that have not left are
    cancelled; those that have are marked in the log as not of the person they name, and no longer
    counted. Whose name was used may write themselves. How alike words are, and where a submission
    came from, is known for a week. The command counts first and asks.

    \b
    Examples:
      mailer invalidate proctoring --held-for similar
      mailer invalidate proctoring --network-of 4K2TQ-7XW9M --since 3 --why "one machine"
    """
    if not (held_for or like or network_of):
        raise click.UsageError("say which wave: --held-for, --like or --network-of")
    settings = base.settings()
    with base.database(settings) as store:
        wave = Wave(
            campaign=campaign, like=like, network_of=network_of,
            held_for=HELD_FOR[held_for] if held_for else "",
            since=store.now() - since * 3600.0 if since is not None else 0.0,
        )  # fmt: skip
        found = waves.look(store, wave)
        if not found.submissions:
            campaign_lane(campaign, store, settings)  # a mistyped one must not look like none left
            base.say("There is nothing of that kind.")
            return
        base.say(_told(found, "would be stopped"))
        if not yes:
            click.confirm("Go on? It cannot be taken back.", abort=True, err=True)
        done = waves.invalidate(store, wave, actor=audit.COMMAND, why=why)
    base.say(_told(done, "stopped"))


def _told(found: Found, what: str) -> str:
    return (
        f"{count(found.submissions, 'submission')}: {count(found.stoppable, 'letter')} {what},"
        f" {found.left} may have left and are marked"
    )
