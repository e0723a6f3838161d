"""`mailer campaign readdress`: letters to somebody who left an office, to whoever followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import click

from mailer import approvals, audit, transports
from mailer.cli import base
from mailer.cli.paused import count
from mailer.submissions import readdressing
from mailer.submissions.succession import Succession


@click.command("readdress")
@click.argument("slug", metavar="CAMPAIGN")
@click.option("--post", "only", metavar="ID", default="", help="Letters to this post alone.")
@click.option("--yes", is_flag=True, help="Do it without asking, for scripts.")
@base.json_option
def readdress(slug: str, only: str, yes: bool, as_json: bool) -> None:
    """Address letters that are held for somebody who left an office to whoever followed.

    Only the address and the salutation line change. Letters that name the one who left, or their
    district, stay held; so do those that may have arrived already. Shows the counts first; --json
    shows them to a program and changes nothing.

    \b
    Examples:
      mailer campaign readdress proctoring
      mailer campaign readdress proctoring --post minister-labour --yes
    """
    settings = base.settings()
    content = base.content(settings)
    base.pick(content, slug)
    ways = transports.from_urls(settings.transports, settings.home)
    needed = any(way.delivers for way in ways)
    with base.database(settings) as store:
        found = [
            one
            for one in readdressing.waiting(store, content, approval_needed=needed)
            if one.campaign == slug and only in {"", one.post}
        ]
        if as_json:
            base.print_json([_data(one) for one in found])
            return
        for line in (line for one in found for line in _lines(one)):
            click.echo(line)
        ready = [one for one in found if one.ready]
        letters = sum(one.ready for one in ready)
        if not ready:
            base.say("No letter can be addressed to a successor.")
            return
        if not yes:
            click.confirm(f"Address {count(letters, 'letter')} anew?", abort=True, err=True)
        done = 0
        for one in ready:
            done += readdressing.readdress(
                store, content, one, actor=approvals.COMMAND_LINE, approval_needed=needed
            )
        with store.write() as tx:
            audit.record(
                tx, now=store.now(tx), actor=audit.COMMAND, act="letter.readdress", subject=slug,
                count=done,
            )  # fmt: skip
    base.say(f"Addressed anew: {count(done, 'letter')}. They leave in their turn.")


def _lines(one: Succession) -> Iterator[str]:
    yield f"{one.post}: {count(one.held, 'letter')} held, written to {one.official}"
    if one.successor is None:
        yield "  nobody who may be written to follows yet"
        return
    yield f"  now {one.successor.name} <{one.successor.email}>"
    told = {
        "can be addressed anew": one.ready,
        "held: they name the one who left, or their district": one.naming,
        "held: their writers have written to the successor since": one.doubled,
        "held: they may have arrived already": one.doubtful,
    }
    yield from (f"  {number:,} {words}" for words, number in told.items() if number)
    if one.before:
        yield f"  {one.before} -> {one.after}"


def _data(one: Succession) -> dict[str, object]:
    successor = one.successor.official if one.successor else None
    return {**asdict(one), "successor": successor}
