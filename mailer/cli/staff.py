"""`mailer staff`: who may sign in."""

from __future__ import annotations

import click

from mailer import accounts, addresses
from mailer.cli import base
from mailer.errors import FieldError, MailerError


@click.group()
def staff() -> None:
    """The people who may sign in to the staff's pages.

    \b
    Examples:
      mailer staff invite kim@coalition.example --role organizer
      mailer staff list
      mailer staff disable kim@coalition.example
    """


@staff.command()
@click.argument("email")
@click.option(
    "--role", type=click.Choice(accounts.ROLES), default="viewer", show_default=True,
    help="What they may do.",
)  # fmt: skip
def invite(email: str, role: str) -> None:
    """Make an account and print the link with which its owner sets a password.

    The link works once, for seven days. Inviting the same address again makes a new one.

    \b
    Example:
      mailer staff invite kim@coalition.example --role organizer
    """
    settings = base.settings()
    try:
        email = addresses.parse(email)
    except FieldError as error:
        raise MailerError(f"{email}: {error}") from None
    with base.database(settings) as store:
        token = accounts.invite(store, email, role)
    click.echo(f"{settings.public_url}/staff/invitation/{token}")
    base.say(f"Give this link to {email}, and to nobody else.")


@staff.command("list")
@base.json_option
def list_staff(as_json: bool) -> None:
    """All accounts, with their roles.

    \b
    Example:
      mailer staff list
    """
    with base.database(base.settings()) as store:
        known = accounts.list_accounts(store)
    if as_json:
        base.print_json(
            [{"email": one.email, "role": one.role, "state": _state(one)} for one in known]
        )
    elif known:
        base.print_table([(one.email, one.role, _state(one)) for one in known])
    else:
        base.say("Nobody yet: mailer staff invite EMAIL")


@staff.command()
@click.argument("email")
def disable(email: str) -> None:
    """Shut an account and end its sessions at once.

    \b
    Example:
      mailer staff disable kim@coalition.example
    """
    with base.database(base.settings()) as store:
        if not accounts.disable(store, email):
            raise MailerError(f"there is no account {email}: see `mailer staff list`")
    base.say(f"{email} can no longer sign in.")


def _state(one: accounts.Account) -> str:
    return "disabled" if one.disabled else "invited" if one.pending else "active"
