"""`mailer lane`: what is slow, shut or paused, and the switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from mailer import accounts, audit, transports
from mailer.campaigns.library import Content, Library
from mailer.cli import base
from mailer.cli.log import moment
from mailer.cli.paused import count, in_words
from mailer.config import Settings
from mailer.db import Store
from mailer.officials.values import Pace
from mailer.outbox import lanes as switches
from mailer.outbox import switched
from mailer.problems import did_you_mean
from mailer.sendlog import lanes
from mailer.sendlog.standing import Overview, Queue, Standing

ACTOR = "command line"
_MOMENTS = frozenset({"now", "since", "probe_at", "opens_at", "tried_at", "at"})
_LANE = """LANE is one of: everything, people (mail to supporters and staff), a campaign, an
official's id, an official's address, domain:NAME, account:NAME; see `mailer lane list`."""


@click.group()
def lane() -> None:
    """What is slow, shut or paused on the way out; and the switches.

    \b
    Examples:
      mailer lane list
      mailer lane pause romano --reason "left the cabinet"
      mailer lane resume romano
    """


@lane.command("list")
@base.json_option
def list_lanes(as_json: bool) -> None:
    """What needs attention, then every queue in which something waits, is held or is paused.

    \b
    Examples:
      mailer lane list
      mailer lane list --json
    """
    settings = base.settings()
    ways = transports.from_urls(settings.transports, settings.home)
    with base.database(settings) as store:
        found = lanes.overview(
            store, accounts=[way.account for way in ways],
            delivers=any(way.delivers for way in ways),
        )  # fmt: skip
        staff = {f"staff:{one.id}": one.email for one in accounts.list_accounts(store)}
    if as_json:
        base.print_json(_plain(asdict(found)))
        return
    for line in _attention(found, staff):
        click.echo(line)
    busy = [one for one in found.queues if one.standing is not Standing.EMPTY or one.held]
    if busy:
        base.print_table([_cells(one) for one in busy])
    else:
        base.say("Nothing waits.")


@lane.command(epilog=_LANE)
@click.argument("word", metavar="LANE")
@click.option("--reason", required=True, help="Why, for your colleagues.")
@click.option("--ask", is_flag=True, help="Tell first how many letters wait, and ask.")
def pause(word: str, reason: str, ask: bool) -> None:
    """Let nothing leave by LANE until it is resumed. Nothing is lost, and people can go on writing.

    \b
    Examples:
      mailer lane pause everything --reason "a wrong date in the letter"
      mailer lane pause domain:ministry.example --ask --reason "their server is being moved"
    """
    settings = base.settings()
    with base.database(settings) as store:
        lane_id = resolve(word, store, settings)
        if ask:
            confirm_pause(store, lane_id)
        pause_lane(store, lane_id, reason)


@lane.command(epilog=_LANE)
@click.argument("word", metavar="LANE")
def resume(word: str) -> None:
    """Let letters leave by LANE again, in their turn.

    \b
    Example:
      mailer lane resume everything
    """
    settings = base.settings()
    with base.database(settings) as store:
        resume_lane(store, resolve(word, store, settings))


def resolve(word: str, store: Store, settings: Settings) -> str:
    """The lane that a word means; a usage error with a suggestion when it means none, or two."""
    names = _names(store, settings)
    meant = names.get(word if word in names else word.casefold(), [])
    if len(meant) > 1:
        raise click.UsageError(f"{word} is more than one lane: write {' or '.join(meant)}")
    if not meant:
        hint = did_you_mean(word, names) or (
            "write everything, people, a campaign, an official's id or address,"
            " domain:NAME or account:NAME"
        )
        raise click.UsageError(f"there is no lane {word!r}; {hint}")
    return meant[0]


def _names(store: Store, settings: Settings) -> dict[str, list[str]]:
    """All that lanes may be called; files with errors in them must not keep anybody from it."""
    ids = lanes.known(store) | _in_files(Library(settings.home).current(), settings)
    names: dict[str, list[str]] = {}
    for lane_id in sorted(ids):
        names[lane_id] = [lane_id]
    for lane_id in sorted(ids):
        kind, _, name = lane_id.partition(":")
        if kind in {"campaign", "official", "mailbox"}:
            names.setdefault(name, []).append(lane_id)
    return names


def _in_files(content: Content, settings: Settings) -> set[str]:
    ways = transports.from_urls(settings.transports, settings.home)
    known = content.officials
    emails = [one.email for one in known.people.values()]
    emails += [one.email for one in known.posts.values()]
    addresses = {email for email in emails if email}
    return {
        *map(switches.of_campaign, content.campaigns),
        *map(switches.of_official, known.people),
        *map(switches.of_mailbox, addresses),
        *map(switches.of_domain, addresses),
        *(switches.of_account(way.account) for way in ways),
    }


def campaign_lane(slug: str, store: Store, settings: Settings) -> str:
    """The switch of a campaign; a usage error with a suggestion when there is none."""
    lane_id, names = switches.of_campaign(slug), _names(store, settings)
    if lane_id not in names:
        slugs = [one.partition(":")[2] for one in names if one.startswith("campaign:")]
        hint = did_you_mean(slug, slugs) or f"there is: {', '.join(slugs) or 'none'}"
        raise click.UsageError(f"there is no campaign {slug!r}; {hint}")
    return lane_id


def pause_lane(store: Store, lane_id: str, reason: str) -> None:
    """Say how many letters wait by a lane, pause it, and say how it goes on."""
    with store.write() as tx:
        found = switched.pause(
            tx, lane_id, reason=reason, actor=ACTOR, account=audit.COMMAND, now=store.now(tx)
        )
    base.say(f"Paused: {lane_id}; {count(found, 'letter')} {_wait(found)} meanwhile.")
    base.say(f"Go on with: mailer lane resume {lane_id}")


def resume_lane(store: Store, lane_id: str) -> None:
    """Let a lane go on, and say so and how many letters leave again."""
    with store.write() as tx:
        found = switched.resume(tx, lane_id, account=audit.COMMAND, now=store.now(tx))
    if found is None:
        base.say(f"{lane_id} was not paused.")
    else:
        base.say(f"{lane_id} goes on: {count(found, 'letter')} {_wait(found)} for its turn.")


def confirm_pause(store: Store, lane_id: str) -> None:
    """Say how many letters would wait, and ask; raises click.Abort at a no."""
    with store.read() as tx:
        found = switched.waiting(tx, lane_id)
    question = f"{count(found, 'letter')} {_wait(found)} to leave by {lane_id}. Pause it?"
    click.confirm(question, abort=True, err=True)


def _wait(number: int) -> str:
    return "waits" if number == 1 else "wait"


def _attention(found: Overview, staff: Mapping[str, str]) -> list[str]:
    paused = [
        f"PAUSED   {one.lane} since {in_words(one.since)},"
        f" by {staff.get(one.actor, one.actor)}: {one.reason}"
        for one in found.paused
    ]
    failing = [
        f"FAILING  {one.lane} since {in_words(one.since)}, {count(one.failures, 'time')};"
        f" next try at {in_words(one.probe_at)}: {one.reason}"
        for one in found.failing
    ]
    stuck = [f"STUCK    {count(found.stuck, 'queue')}: is `mailer worker` running?"]
    return [*paused, *failing, *(stuck if found.stuck else ())]


def _cells(one: Queue) -> Sequence[str]:
    numbers = (
        (one.waiting, "waiting"), (one.deferred, "put off"), (one.under_way, "under way"),
        (one.held, "held"), (one.uncertain, "uncertain"),
    )  # fmt: skip
    today = f"{one.sent_today} of {one.ceiling} today" if one.ceiling else ""
    return (
        one.campaign or one.id, one.official, one.standing.value,
        ", ".join(f"{number} {word}" for number, word in numbers if number),
        str(Pace(count=one.pace_count, seconds=one.pace_seconds)) if one.pace_count else "",
        today, _ending(one),
    )  # fmt: skip


def _ending(one: Queue) -> str:
    if one.opens_at:
        return f"opens {in_words(one.opens_at)}"
    if one.ends is None or one.ends.at is None:
        return ""
    words = f"until about {in_words(one.ends.at)}"
    return f"{words} or later" if one.ends.later else words


def _plain(value: Any, name: str = "") -> Any:
    """Moments as RFC 3339 says, however deep they lie; everything else as it is."""
    if isinstance(value, dict):
        return {key: _plain(inner, key) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return moment(value) if name in _MOMENTS and value is not None else value
