"""mailer bounce, mailer bounces: mail that came back, from a mail server or from a mailbox."""

from __future__ import annotations

import os
import sys

import click

from mailer.bounces import Kind, mailbox
from mailer.cli.base import database, json_option, print_json, say, settings
from mailer.errors import MailerError, SettingsError, StoreError
from mailer.events import mail
from mailer.outbox import Sender

# sysexits.h: what a mail server makes of them is told in docs/bounces.md.
TRY_AGAIN, REFUSED = os.EX_TEMPFAIL, os.EX_DATAERR
WORDS = {
    Kind.HARD: "a bounce: there is no such mailbox",
    Kind.SOFT: "a bounce, not the address's fault",
    Kind.AUTOREPLY: "an automatic answer",
    Kind.COMPLAINT: "a complaint",
    Kind.REPLY: "an answer",
    Kind.UNKNOWN: "nobody can tell what",
}


@click.command()
@click.option(
    "--envelope-to", "to", metavar="ADDRESS", default="", envvar="ORIGINAL_RECIPIENT",
    help="The address it was delivered to. A pipe of Postfix sets $ORIGINAL_RECIPIENT.",
)  # fmt: skip
def bounce(to: str) -> None:
    """Take in one message that came back, from standard input.

    It ends with 0 when the message is taken; with 75, so that the mail server tries again, when
    it could not be: the database is away, or a setting is wrong; with 65 when it is too large.

    \b
    Examples:
      mailer bounce < message.eml
      mailer bounce --envelope-to b-01h2x@reply.example.org < message.eml
    """
    data = sys.stdin.buffer.read(mail.LARGEST + 1)
    try:
        told = settings()
        with database(told) as store:
            taken = mail.take(store, data, Sender.of(told), envelope_to=to)
    except (SettingsError, StoreError, OSError) as error:
        say(f"mailer: {error}")
        sys.exit(TRY_AGAIN)
    except MailerError as error:
        say(f"mailer: {error}")
        sys.exit(REFUSED)
    say(_line(taken))


@click.command()
@json_option
def bounces(as_json: bool) -> None:
    """Take in what has come back to the mailbox of MAILER_BOUNCES.

    A worker does so every minute by itself.

    \b
    Examples:
      mailer bounces
      mailer bounces --json
    """
    told = settings()
    if not told.bounces:
        raise SettingsError("MAILER_BOUNCES is missing: set it to the mailbox that bounces go to")
    with database(told) as store:
        looked = mail.poll(store, mailbox.parse(told.bounces), Sender.of(told))
    if as_json:
        print_json({"handled": looked.handled, "failed": looked.failed})
        return
    say(f"handled {looked.handled}, left {looked.failed} in the mailbox, flagged")


def _line(taken: mail.Taken) -> str:
    about = f"letter {taken.letter}" if taken.letter else "no letter of ours"
    if taken.unproven:
        about = f"names letter {taken.unproven} and does not prove it"
    more = [
        word
        for word, said in (
            ("taken before", taken.known),
            ("passed on", taken.passed_on),
            ("staff look at it", taken.attention),
        )
        if said
    ]
    return ", ".join([WORDS[taken.kind], about, *more])
