"""`mailer campaign`: which campaigns there are, and which of them may really send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import click

from mailer import approvals, life, transports
from mailer.campaigns.library import Content
from mailer.campaigns.values import Campaign, Status
from mailer.cli import base, schemas
from mailer.cli.example import recipients_today
from mailer.cli.paused import count
from mailer.config import Settings
from mailer.db import Store
from mailer.errors import StoreError
from mailer.outbox import lanes


@click.group()
def campaign() -> None:
    """The campaigns, and which of them may really send.

    \b
    Examples:
      mailer campaign list
      mailer campaign link quiet-libraries
      mailer campaign go-live proctoring
      mailer campaign close proctoring
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
    known = _known(content, settings)
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
    closed: bool = False  # by staff
    paused: bool = False


_APPROVALS = {
    "approved": "approved",
    "edits wait": "edits wait: mailer campaign go-live {slug}",
    "missing": "not approved, not shown: mailer campaign go-live {slug}",
    "not needed": "needs no approval: letters are only kept here",
    "": "",
}


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What the database tells of campaigns, by slug."""

    approvals: Mapping[str, str] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    paused: frozenset[str] = frozenset()


def _known(content: Content, settings: Settings) -> _Known:
    """What is approved, closed and paused; nothing while there is no database."""
    if not settings.database_url and not base.local_database(settings.home).exists():
        return _Known()
    ways = transports.from_urls(settings.transports, settings.home)
    live = [one.slug for one in content.campaigns.values() if one.status is Status.LIVE]
    try:
        with base.database(settings) as store:
            sends = any(way.delivers for way in ways)
            with store.read() as tx:
                paused = lanes.paused(tx)
            return _Known(
                approvals={
                    slug: _approval(store, content, slug) if sends else "not needed"
                    for slug in live
                },
                closed=frozenset(life.closed(store)),
                paused=frozenset(
                    slug for slug in content.campaigns if lanes.of_campaign(slug) in paused
                ),
            )
    except StoreError as error:
        base.say(f"What is approved is not known: {error}")
        return _Known()


def _approval(store: Store, content: Content, slug: str) -> str:
    if approvals.latest(store, slug) is None:
        return "missing"
    return "edits wait" if approvals.pending(store, content, slug) else "approved"


def _cells(row: Listed) -> tuple[str, ...]:
    approval = _APPROVALS[row.approval].format(slug=row.slug)
    said = {"closed by staff": row.closed, "paused": row.paused}
    status = ", ".join((row.status, *(words for words, so in said.items() if so)))
    return row.slug, status, count(row.letters, "letter"), row.title, approval


def _listed(one: Campaign, content: Content, known: _Known) -> Listed:
    return Listed(
        slug=one.slug,
        status=one.status.value,
        title=one.version("").title,
        languages=one.languages,
        letters=1 if one.to.own else len(recipients_today(one, content.officials)),
        approval=known.approvals.get(one.slug, ""),
        closed=one.slug in known.closed,
        paused=one.slug in known.paused,
    )
