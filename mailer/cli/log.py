"""`mailer log`: what left, what waits, what failed; on the screen or as a table for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from mailer import audit, sendlog
from mailer.cli import base
from mailer.cli.base import F
from mailer.db import Store
from mailer.errors import MailerError
from mailer.message import compose
from mailer.sendlog import Event, Filter, LetterPage, Row
from mailer.status import Kind, State

_MOMENTS = frozenset({"created_at", "sent_at", "at", "due_at", "dated_at"})


@click.group()
def log() -> None:
    """The send log: every letter and its state.

    \b
    Examples:
      mailer log list --state failed
      mailer log show 7r0c...
      mailer log export --format csv > letters.csv
    """


def filters_of(command: F) -> F:
    """The options that narrow the log."""
    kinds, states = [*(kind.value for kind in Kind), "all"], [state.value for state in State]
    command = click.option(
        "--query", default="", help="How words of a name or an address begin; or a reference."
    )(command)
    command = click.option(
        "--kind", type=click.Choice(kinds), default="letter", show_default=True, help="This mail."
    )(command)
    command = click.option("--state", type=click.Choice(states), help="In this state.")(command)
    command = click.option("--official", metavar="ID", default="", help="To this official.")(
        command
    )
    return click.option("--campaign", metavar="SLUG", default="", help="Of this one.")(command)


@log.command("list")
@filters_of
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True,
    help="At most so many.",
)  # fmt: skip
@base.json_option
def list_letters(limit: int, as_json: bool, **filters: str | None) -> None:
    """The newest letters that match, newest first.

    \b
    Examples:
      mailer log list --state failed
      mailer log list --campaign proctoring --query "ann@supporter.example"
    """
    with base.database(base.settings()) as store:
        rows = sendlog.page(store, wanted(filters), size=limit).rows
        if rows:
            _note(store, "letter.search" if filters["query"] else "letter.list", count=len(rows))
    if as_json:
        base.print_json([_plain(asdict(row)) for row in rows])
    elif rows:
        base.print_table([_line(row) for row in rows])
    else:
        base.say("No letter matches.")


@log.command()
@click.argument("letter_id", metavar="ID")
@click.option("--eml", is_flag=True, help="The message as it left.")
@base.json_option
def show(letter_id: str, eml: bool, as_json: bool) -> None:
    """One letter: its timeline and its text. IDs are in `mailer log list`.

    \b
    Examples:
      mailer log show 7r0c...
      mailer log show 7r0c... --eml > letter.eml
    """
    with base.database(base.settings()) as store:
        page = sendlog.letter_page(store, letter_id)
        if page is not None:
            _note(store, "letter.message" if eml else "letter.look", page.row.id)
    if page is None:
        raise MailerError(f"there is no letter {letter_id}: see `mailer log list`")
    if eml:
        if page.mail is None:
            raise MailerError("the text of this mail is erased, or holds somebody's secret link")
        base.print_bytes(compose(page.mail))
    elif as_json:
        base.print_json(_json(page))
    else:
        click.echo(_described(page))


def _note(store: Store, act: str, subject: str = "", count: int | None = None) -> None:
    """Who looks at people's data stands in the audit, wherever they look."""
    with store.write() as tx:
        audit.record(
            tx, now=store.now(tx), actor=audit.COMMAND, act=act, subject=subject, count=count
        )  # fmt: skip


def wanted(filters: dict[str, str | None]) -> Filter:
    """The filter that the options name."""
    chosen: dict[str, Any] = {name: value or "" for name, value in filters.items()}
    return Filter(**chosen | {"kind": chosen["kind"].replace("all", "")})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Moments as RFC 3339 says; everything else as it is."""
    return {
        name: moment(value) if name in _MOMENTS and value is not None else value
        for name, value in values.items()
    }


def moment(seconds: float) -> str:
    """A moment in UTC, to the second: 2026-11-23T08:30:00Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _line(row: Row) -> Sequence[str]:
    state = f"{row.state} (possibly twice)" if row.possibly_twice else row.state.value
    return row.id, moment(row.created_at), state, row.official or row.kind, row.email, row.reason


def _json(page: LetterPage) -> dict[str, Any]:
    plain = _plain(asdict(page))
    if page.mail is not None:
        plain["mail"]["enclosed"] = page.mail.enclosed.decode("utf-8", errors="replace")
    return plain | {
        "row": _plain(plain["row"]),
        "events": [_plain(event) for event in plain["events"]],
    }


def _described(page: LetterPage) -> str:
    row = page.row
    head = [
        ("letter", row.id),
        ("kind", row.kind.value),
        ("state", row.state.value + (", possibly twice" if row.possibly_twice else "")),
        ("reason", row.reason),
        ("reference", row.reference),
        ("campaign", row.campaign),
        ("official", row.official),
        ("from", f"{row.name} <{row.email}>" if row.email else ""),
        ("to", f"{row.to_name} <{row.to_address}>" if row.to_address else ""),
        ("transport", page.transport),
        ("SHA-256", page.sha256),
    ]
    lines = [f"{name + ':':<11} {value}" for name, value in head if value]
    lines += ["", *(_happened(event) for event in page.events)]
    if page.mail is not None:
        lines += ["", f"Subject: {page.mail.subject}", "", page.mail.text.rstrip("\n")]
    return "\n".join(lines)


def _happened(event: Event) -> str:
    attempt = f"attempt {event.attempt}" if event.attempt else ""
    words = (moment(event.at), event.state.value, event.actor, attempt, event.code, event.note)
    return "  ".join(word for word in words if word)
