"""`mailer data` and `mailer privacy`: what is kept of somebody, and of anybody."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from mailer import audit
from mailer.cli import base
from mailer.cli.paused import count
from mailer.errors import FieldError, MailerError
from mailer.privacy import listing
from mailer.submissions import own_data


@click.command()
@click.argument("email")
@click.option("--to", type=click.Path(path_type=Path), help="A file instead of stdout (mode 0600).")
def data(email: str, to: Path | None) -> None:
    """Gather everything that is kept of the owner of an address, as JSON, to answer their request.

    Send it to that address and no other. Links that would let you act in their place are left out;
    their owners find them, and all the rest, behind "Find my letters". It stands in the audit,
    without the address.

    \b
    Examples:
      mailer data ann@supporter.example
      mailer data ann@supporter.example --to ann.json
    """
    settings = base.settings()
    with base.database(settings) as store:
        try:
            found = own_data.of_address(store, email, actor=audit.COMMAND)
        except FieldError as error:
            raise MailerError(f"the address {error}") from None
    if not found.pieces:
        base.say("Nothing is kept about this address.")
        return
    told = {"kept_by": settings.owner, "contact": settings.contact, **found.as_json()}
    if to is None:
        base.print_json(told)
    else:
        _write(to, json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        base.say(f"{count(found.submissions, 'submission')} written to {to}.")


@click.command()
def privacy() -> None:
    """Print the map of personal data: whose, what for, how long, what an erasure does with it.

    By the settings in force, as tables in Markdown.

    \b
    Example:
      mailer privacy
    """
    settings = base.settings()
    click.echo(listing.topics_table(settings))
    click.echo(listing.places_table(settings), nl=False)


def _write(file: Path, text: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(descriptor, 0o600)  # also one that was there before
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise MailerError(f"{file} cannot be written: {error.strerror}") from None
