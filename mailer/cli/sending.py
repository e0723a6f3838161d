"""`mailer send-test`: the real way out, but to oneself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from mailer import addresses, transports
from mailer.cli import base
from mailer.cli.example import Example, example
from mailer.cli.organizers import letter_options
from mailer.config import Settings
from mailer.errors import FieldError, Next, SendError
from mailer.message import Mail, compose
from mailer.transports import Parcel, Transport

TEST_MARK = "[TEST]"


@click.command("send-test")
@letter_options
@click.option("--to", required=True, metavar="ADDRESS", help="Where the letters go instead.")
def send_test(slug: str, official: str, language: str, role: str, to: str) -> None:
    """Send a made-up supporter's letters to yourself, through the real transport, marked.

    They go at once and past the log, so that no worker is needed and the server's own answer is
    shown here. Nothing goes to an official.

    \b
    Examples:
      mailer send-test proctoring --to me@example.org
      mailer send-test proctoring --to me@example.org --official romano --language fr
    """
    settings = base.settings()
    content = base.content(settings)
    base.pick(content, slug)
    try:
        to = addresses.parse(to)
    except FieldError as error:
        raise click.UsageError(f"--to {to}: {error}") from None
    made = example(content, slug, settings, official=official, language=language, role=role)
    _send([_as_test(one, to) for one in made], settings)


def _as_test(one: Example, to: str) -> Mail:
    meant = f"{one.letter.to_name} <{one.letter.to_address}>"
    note = f"This is a test. The letter below would go to {meant}."
    return replace(
        one.mail,
        to_name="",
        to_address=to,
        subject=f"{TEST_MARK} {one.mail.subject}",
        text=f"{note}\n\n{one.mail.text}",
        auto=True,
    )


def _send(mails: Sequence[Mail], settings: Settings) -> None:
    """Send through the first transport that is up; raises SendError when none is."""
    left = list(mails)
    ways = transports.from_urls(settings.transports, settings.home)
    for number, way in enumerate(ways, start=1):
        try:
            _send_through(way, left)
        except SendError as error:
            if error.then is not Next.STOP or number == len(ways):
                raise
            base.say(f"{way.account}: {error}; trying the next transport")
        else:
            return


def _send_through(way: Transport, left: list[Mail]) -> None:
    """Send what is left, and take off the list what the server took."""
    connection = way.connect()
    try:
        while left:
            mail = left[0]
            letter = mail.message_id.partition("@")[0]
            connection.stage(
                Parcel(
                    letter=letter, sender=mail.from_address, recipient=mail.to_address,
                    data=compose(mail), mail=mail,
                )
            )  # fmt: skip
            answer = connection.commit()
            del left[0]
            what = "accepted" if way.delivers else "kept on this machine"
            said = f"{answer.code} {answer.text}".strip()
            click.echo(f"{what} by {way.account}: {said}")
    finally:
        connection.close()
