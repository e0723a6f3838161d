"""`mailer audit`: who did what, and whether the record of it is whole."""

from __future__ import annotations

import re
from dataclasses import asdict

import click

from mailer import accounts, audit
from mailer.audit import Entry, Fault, Verdict, Wanted, What, heads
from mailer.audit.heads import Head, Noted
from mailer.cli import base
from mailer.cli.paused import count, in_words
from mailer.config import Settings
from mailer.errors import MailerError

_HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")
_SAID = {
    What.CHANGED: "changed: it does not agree with its seal",
    What.MISSING: "missing: taken out",
    What.BROKEN: "not written after the one before it: moved, or one before it was changed",
    What.CUT_OFF: "missing at the end: cut off",
    What.REPLACED: "another stood here when the head was noted",
}


@click.group("audit")
def audit_group() -> None:
    """Who did what and looked at what: a chain of entries, each sealed with the one before.

    \b
    Examples:
      mailer audit list --actor kim@coalition.example
      mailer audit verify
    """


@audit_group.command()
@click.option("--head", metavar="NUMBER:HASH", help="A head you noted; the chain must hold it.")
@base.json_option
def verify(head: str | None, as_json: bool) -> None:
    """Look through the whole chain: what was changed, taken out, moved or cut off.

    The last line is the head. Noted elsewhere and given as --head, it proves later that nothing
    up to it was written anew.

    \b
    Examples:
      mailer audit verify
      mailer audit verify --head 812:9f0c...
    """
    settings = base.settings()
    noted = _noted(settings)
    wanted = [*noted.heads, *([] if head is None else [_parsed(head)])]
    with base.database(settings) as store:
        found = audit.verify(store, wanted)
    if as_json:
        base.print_json(_shown(found, noted))
    else:
        _tell(found, noted, settings)
    if found.wrong or noted.unproven:
        raise click.exceptions.Exit(base.PROBLEMS)


@audit_group.command("list")
@click.option("--actor", metavar="EMAIL", help="An account, or: command, worker, supporter.")
@click.option("--act", help='What was done: "letter.look", or "letter" for all of that kind.')
@click.option("--subject", metavar="ID", help="What it was done to: the id of a letter, a campaign")
@click.option("--before", type=click.IntRange(1), help="Only entries older than this number.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@base.json_option
def list_entries(
    actor: str | None, act: str | None, subject: str | None, before: int | None, limit: int,
    as_json: bool,
) -> None:  # fmt: skip
    """The newest entries first.

    \b
    Examples:
      mailer audit list
      mailer audit list --act sign-in
      mailer audit list --subject proctoring --json
    """
    with base.database(base.settings()) as store:
        people = {one.id: one.email for one in accounts.list_accounts(store)}
        chosen = _account(actor, people) if actor else ""
        wanted = Wanted(actor=chosen, act=act or "", subject=subject or "", before=before or 0)
        found = audit.page(store, wanted, limit).entries
    if as_json:
        base.print_json([asdict(one) for one in found])
    elif found:
        base.print_table([_row(one, people) for one in found])
    else:
        base.say("There is no such entry.")


def _account(actor: str, people: dict[str, str]) -> str:
    """The id of the account with this address, or the actor as it is."""
    if "@" not in actor:
        return actor
    known = [key for key, email in people.items() if email == accounts.normalised(actor)]
    if not known:
        raise MailerError(f"there is no account {actor}: see `mailer staff list`")
    return known[0]


def _row(one: Entry, people: dict[str, str]) -> tuple[str, ...]:
    more = [f"{name}={value}" for name, value in one.details.items()]
    much = [] if one.count is None else [f"count={one.count}"]
    return (
        str(one.number), in_words(one.at), people.get(one.actor, one.actor) or "-", one.act,
        " ".join([people.get(one.subject, one.subject), *much, *more]),
    )  # fmt: skip


def _noted(settings: Settings) -> Noted:
    """What is noted beside the database, where a key can prove it."""
    return heads.read(heads.file_beside(settings.path(settings.journal)), keys_of(settings))


def keys_of(settings: Settings) -> tuple[str, ...]:
    """What proves the noted heads: the pages' own keys, the first of them the newest."""
    if settings.development:
        settings = settings.with_development_key()
    return settings.secret_keys


def _parsed(head: str) -> Head:
    found = _HEAD.fullmatch(head.strip())
    if found is None:
        raise click.UsageError(
            "--head is NUMBER:HASH as `mailer audit verify` prints it, such as 812:9f0c..."
        )
    return Head(number=int(found[1]), hash=found[2])


def _tell(found: Verdict, noted: Noted, settings: Settings) -> None:
    for fault in found.faults:
        click.echo(f"{_which(fault)}: {_SAID[fault.what]}")
    if found.wrong > len(found.faults):
        click.echo(f"and {found.wrong - len(found.faults):,} more")
    place = heads.file_beside(settings.path(settings.journal))
    if noted.unproven:
        click.echo(f"{place}: {count(noted.unproven, 'line')} that no key of today proves")
    if not found.wrong:
        number = "1 entry" if found.entries == 1 else f"{found.entries:,} entries"
        base.say(f"{number}, all as written.")
    if noted.heads:
        base.say(f"Compared with {count(len(noted.heads), 'head')} noted in {place}.")
    else:
        base.say(f"No head is noted in {place} yet: the worker does so once an hour.")
    if found.entries:
        click.echo(f"head {found.head.number}:{found.head.hash}")


def _which(fault: Fault) -> str:
    if fault.first == fault.last:
        return f"entry {fault.first}"
    return f"entries {fault.first} to {fault.last}"


def _shown(found: Verdict, noted: Noted) -> dict[str, object]:
    return {
        "entries": found.entries, "wrong": found.wrong,
        "head": {"number": found.head.number, "hash": found.head.hash},
        "faults": [asdict(one) for one in found.faults],
        "noted_heads": len(noted.heads), "unproven_lines": noted.unproven,
    }  # fmt: skip
