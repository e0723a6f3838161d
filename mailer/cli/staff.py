"""`mailer staff`: who may sign in."""

from __future__ import annotations

from collections.abc import Sequence

import click

from mailer import accounts, addresses
from mailer.accounts import PARTNER, Account
from mailer.campaigns.library import Library
from mailer.cli import base
from mailer.config import Settings
from mailer.errors import FieldError, MailerError
from mailer.outbox import Sender
from mailer.problems import did_you_mean

ROLE = click.option(
    "--role", type=click.Choice(accounts.ROLES), default="viewer", show_default=True,
    help="What they may do.",
)  # fmt: skip
ORGANISATION = click.option(
    "--organisation", metavar="ID", default="", help="Of a partner: its id in the campaign's file."
)
CAMPAIGNS = click.option(
    "--campaign", "campaigns", metavar="SLUG", multiple=True,
    help="Of a partner: a campaign that it sees; several times for several. Else all of its own.",
)  # fmt: skip


@click.group()
def staff() -> None:
    """The people who may sign in to the staff's pages.

    \b
    Examples:
      mailer staff invite kim@coalition.example --role organizer
      mailer staff invite sam@union.example --role partner --organisation opseu
      mailer staff list
      mailer staff disable kim@coalition.example
    """


@staff.command()
@click.argument("email")
@ROLE
@ORGANISATION
@CAMPAIGNS
@click.option("--mail", is_flag=True, help="Mail the link to them, too.")
def invite(
    email: str, role: str, organisation: str, campaigns: tuple[str, ...], mail: bool
) -> None:  # fmt: skip
    """Make an account and print the link with which its owner sets a password.

    The link works once, for seven days. Inviting the same address again makes a new one.

    \b
    Examples:
      mailer staff invite kim@coalition.example --role organizer
      mailer staff invite sam@union.example --role partner --organisation opseu
    """
    settings = base.settings()
    try:
        email = addresses.parse(email)
    except FieldError as error:
        raise MailerError(f"{email}: {error}") from None
    _check_part(settings, role, organisation, campaigns)
    with base.database(settings) as store:
        token = accounts.invite(store, email, role, organisation=organisation, campaigns=campaigns)
        if mail:
            accounts.mail_invitation(
                store, email, token, sender=Sender.of(settings), language="en"
            )  # fmt: skip
    click.echo(f"{settings.public_url}/staff/invitation/{token}")
    base.say(f"Give this link to {email}, and to nobody else.")
    if mail:
        base.say("It waits to be mailed to them, too.")
    if role == PARTNER and not organisation:
        base.say("A partner without --organisation sees nothing: mailer staff role EMAIL partner")


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
        base.print_json([_shown(one) for one in known])
    elif known:
        base.print_table([_row(one) for one in known])
    else:
        base.say("Nobody yet: mailer staff invite EMAIL")


@staff.command()
@click.argument("email")
@click.argument("role", type=click.Choice(accounts.ROLES))
@ORGANISATION
@CAMPAIGNS
def role(email: str, role: str, organisation: str, campaigns: tuple[str, ...]) -> None:
    """Give an account another role, from this moment on.

    \b
    Examples:
      mailer staff role kim@coalition.example moderator
      mailer staff role sam@union.example partner --organisation opseu --campaign proctoring
    """
    settings = base.settings()
    _check_part(settings, role, organisation, campaigns)
    with base.database(settings) as store:
        done = accounts.set_role(
            store, _address(email), role, organisation=organisation, campaigns=campaigns
        )
    _told(email, done, f"{email} is {role} from now on.")


@staff.command()
@click.argument("email")
def disable(email: str) -> None:
    """Shut an account and end its sessions at once.

    \b
    Example:
      mailer staff disable kim@coalition.example
    """
    with base.database(base.settings()) as store:
        done = accounts.disable(store, _address(email))
    _told(email, done, f"{email} can no longer sign in.")


@staff.command("sign-out")
@click.argument("email")
def sign_out(email: str) -> None:
    """End all sessions of an account.

    \b
    Example:
      mailer staff sign-out kim@coalition.example
    """
    with base.database(base.settings()) as store:
        ended = accounts.end_sessions(store, _address(email))
    _told(email, ended is not None, f"{email} is signed out everywhere ({ended or 0} sessions).")


@staff.command("remove-factor")
@click.argument("email")
def remove_factor(email: str) -> None:
    """Take the second factor of somebody away who has lost the app and the recovery codes.

    \b
    Example:
      mailer staff remove-factor kim@coalition.example
    """
    with base.database(base.settings()) as store:
        done = accounts.remove_factor(store, _address(email))
    if not done:
        raise MailerError(f"{email} has no second factor: see `mailer staff list`")
    base.say(f"{email} signs in with the password alone, until a second factor is set up again.")


def _check_part(settings: Settings, role: str, organisation: str, campaigns: Sequence[str]) -> None:
    """Raise a usage error for what no campaign's file names."""
    if role != PARTNER and (organisation or campaigns):
        raise click.UsageError("--organisation and --campaign are for --role partner")
    known = Library(settings.home).current().campaigns
    for slug in campaigns:
        if slug not in known:
            hint = did_you_mean(slug, known) or f"there is: {', '.join(sorted(known)) or 'none'}"
            raise click.UsageError(f"there is no campaign {slug!r}; {hint}")
    named = {one.id for campaign in known.values() for one in campaign.organisations}
    if organisation and organisation not in named:
        hint = (
            did_you_mean(organisation, named) or f"they name: {', '.join(sorted(named)) or 'none'}"
        )
        raise click.UsageError(f"no campaign names the organisation {organisation!r}; {hint}")


def _address(email: str) -> str:
    """An address that an account may have; raises MailerError for anything else."""
    found = accounts.normalised(email)
    if not found:
        raise MailerError(f"{email[:200]!r} is not an email address: see `mailer staff list`")
    return found


def _told(email: str, done: bool, words: str) -> None:
    if not done:
        raise MailerError(f"there is no account {email}: see `mailer staff list`")
    base.say(words)


def _shown(one: Account) -> dict[str, object]:
    return {
        "email": one.email, "role": one.role, "state": _state(one),
        "second_factor": one.second_factor, "organisation": one.organisation,
        "campaigns": list(one.campaigns),
    }  # fmt: skip


def _row(one: Account) -> tuple[str, ...]:
    part = " ".join([one.organisation, *one.campaigns])
    factor = "second factor" if one.second_factor else ""
    return one.email, one.role, _state(one), factor, part


def _state(one: Account) -> str:
    return "disabled" if one.disabled else "invited" if one.pending else "active"
