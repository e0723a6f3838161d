"""`mailer forget`: erase what is known of somebody."""

from __future__ import annotations

import click

from mailer import accounts, transports
from mailer.accounts import Parted
from mailer.cli import base
from mailer.cli.paused import count
from mailer.config import Settings
from mailer.errors import FieldError, MailerError
from mailer.submissions import erasing
from mailer.transports import maildir


@click.command()
@click.argument("email")
def forget(email: str) -> None:
    """Erase what is known of the owner of an address: names, texts, confirmations, consents.

    Letters that have not left will not leave. The log keeps that letters went, to whom and when;
    counts stay. The erasure is noted in a journal without the address, so that restoring an older
    backup repeats it.

    \b
    Example:
      mailer forget ann@supporter.example
    """
    settings = base.settings()
    with base.database(settings) as store:
        try:
            erased = erasing.forget(store, email, file=settings.path(settings.journal))
        except FieldError as error:
            raise MailerError(f"the address {error}") from None
        account = accounts.part(store, email)
    if account is Parted.OPEN:
        base.say(
            "It has an account on the staff pages: mailer staff disable, then forget it again."
        )
    if account is Parted.GONE:
        base.say("Erased: its account on the staff pages.")
    if not erased.submissions:
        base.say("Nothing is kept of letters written with this address.")
        return
    removed = _remove_files(settings, erased.letters)
    base.say(f"Erased: {count(erased.submissions, 'submission')} with all texts and consents.")
    if erased.stopped:
        base.say(f"  {count(erased.stopped, 'letter')} had not left and will not")
    if erased.under_way:
        base.say(f"  {count(erased.under_way, 'letter')} may have reached a server; not sent again")
    if removed:
        base.say(f"  {count(removed, 'file')} of the local outbox removed")
    base.say(f"Noted in {settings.path(settings.journal)}, for restores.")


def _remove_files(settings: Settings, letters: tuple[str, ...]) -> int:
    """Remove the letters that were kept on this machine; how many files that were."""
    return maildir.remove(transports.from_urls(settings.transports, settings.home), letters)
