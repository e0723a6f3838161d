"""`mailer officials`: who can be written to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click

from mailer.cli import base, schemas
from mailer.cli.officials_diff import diff
from mailer.cli.officials_import import import_
from mailer.officials.values import Official, Officials, say


@click.group()
def officials() -> None:
    """The people who can be written to.

    \b
    Examples:
      mailer officials list
      mailer officials import members.csv
      mailer officials diff HEAD~1
    """


for _command in (import_, diff, schemas.of_officials):
    officials.add_command(_command)


@officials.command("list")
@base.json_option
def list_officials(as_json: bool) -> None:
    """Everybody in officials.yaml, with the posts they hold today.

    \b
    Examples:
      mailer officials list
      mailer officials list --json
    """
    settings = base.settings()
    known = base.content(settings).officials
    today = datetime.now(ZoneInfo(settings.timezone)).date()
    rows = [_listed(person, known, today) for person in known.people.values()]
    if as_json:
        base.print_json([asdict(row) for row in rows])
    elif rows:
        base.print_table([_cells(row) for row in rows])
    else:
        base.say("officials.yaml names nobody yet.")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Somebody in the list."""

    id: str
    name: str
    title: str
    emails: tuple[str, ...]  # their own and those of the posts they hold
    posts: tuple[str, ...]
    do_not_mail: bool


def _listed(person: Official, known: Officials, today: date) -> Listed:
    posts = [held.post for held in person.holds if held.on(today)]
    emails = [person.email, *(known.posts[post].email for post in posts)]
    titles = [say(known.posts[post].title, "en") for post in posts]
    return Listed(
        id=person.id,
        name=person.name,
        title=say(person.title, "en") or "; ".join(titles),
        emails=tuple(dict.fromkeys(email for email in emails if email)),
        posts=tuple(posts),
        do_not_mail=person.do_not_mail,
    )


def _cells(one: Listed) -> tuple[str, ...]:
    note = "do not mail" if one.do_not_mail else one.title
    return one.id, one.name, ", ".join(one.emails), note
