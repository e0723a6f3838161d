"""`mailer purge`: take away what has been kept long enough, or say what that would be."""

from __future__ import annotations

from collections import Counter

import click

from mailer import accounts, audit, transports
from mailer.cli import base
from mailer.cli.paused import count
from mailer.config import Settings
from mailer.db import Store
from mailer.submissions import keeping, leftovers, retention
from mailer.submissions.retention import Rules
from mailer.transports import maildir


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@base.json_option
def purge(dry_run: bool, as_json: bool) -> None:
    """Take away the texts and the people that have been kept long enough.

    A worker does so by itself, a few at a time. How long: MAILER_RETENTION_TEXT_DAYS and
    MAILER_RETENTION_PERSON_DAYS, from the last thing that happened to a letter, and no earlier than
    the campaign's last day. Letters that may still leave are never touched; counts stay.

    \b
    Examples:
      mailer purge --dry-run
      mailer purge
    """
    settings = base.settings()
    rules = retention.rules_of(settings, base.content(settings).campaigns.values())
    with base.database(settings) as store:
        texts, people = _walk(store, rules, settings, dry_run=dry_run)
    if as_json:
        base.print_json({"dry_run": dry_run, "texts": dict(texts), "people": dict(people)})
        return
    for campaign in sorted({*texts, *people}):
        name = campaign or "mails of no campaign"
        click.echo(
            f"{name}: {count(texts[campaign], 'text')}, {count(people[campaign], 'submission')}"
        )
    said = "would go" if dry_run else "are gone"
    base.say(
        f"{count(texts.total(), 'text')} and {count(people.total(), 'submission')} {said};"
        f" kept: texts {_days(rules.text_days)}, people {_days(rules.person_days)}."
    )


def _days(days: int | None) -> str:
    return "for good" if days is None else count(days, "day")


def _walk(
    store: Store, rules: Rules, settings: Settings, *, dry_run: bool
) -> tuple[Counter[str], Counter[str]]:
    """Go through all letters; what went, or would go, by campaign."""
    ways = () if dry_run else transports.from_urls(settings.transports, settings.home)
    step = keeping.look if dry_run else keeping.purge
    texts, people, after = Counter[str](), Counter[str](), ""
    while True:
        part = step(store, rules, after)
        texts.update(part.texts)
        people.update(part.people)
        maildir.remove(ways, part.letters)
        after = part.next
        if not after:
            break
    if not dry_run:
        accounts.sweep(store, settings.person_days)
        while leftovers.sweep(store, rules):
            pass
        keeping.close(store, texts.total(), people.total(), actor=audit.COMMAND)
    return texts, people
