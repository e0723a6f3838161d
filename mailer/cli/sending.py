"""`mailer send-test`: the real way out, but to oneself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from mailer import addresses, transports
from mailer.cli import base, doctor
from mailer.cli.example import Example, example
from mailer.cli.previewing import letter_options
from mailer.config import Settings
from mailer.errors import FieldError, MailerError, Next, SendError
from mailer.message import Mail, compose, tokens
from mailer.transports import Answer, Parcel, Transport
from mailer.transports.smtp import SmtpTransport

TEST_MARK = "[TEST]"


@click.command("send-test")
@letter_options
@click.option("--to", required=True, metavar="ADDRESS", help="Where the letters go instead.")
def send_test(slug: str, official: str, language: str, role: str, to: str) -> None:
    """Send a made-up supporter's letters to yourself, through the real transport, marked.

    They go at once and past the log, so that no worker is needed. Shown is what receivers will
    judge (the From address, who signs, where bounces go) and the server's own answer, in full.
    Nothing goes to an official.

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
    """Send through the first transport that is up; raises MailerError when none is."""
    left = list(mails)
    ways = transports.of(settings)
    for number, way in enumerate(ways, start=1):
        try:
            _send_through(way, left, settings)
        except SendError as error:
            if error.then is not Next.STOP or number == len(ways):
                raise MailerError(_failure(way, error)) from None
            base.say(f"{way.account}: {error}; trying the next transport")
        else:
            return


def _send_through(way: Transport, left: list[Mail], settings: Settings) -> None:
    """Send what is left, and take off the list what the server took."""
    connection = way.connect()
    _tell("through", way.account)
    _tell("signed", _signed(way, settings))
    try:
        while left:
            parcel = _parcel(left[0], way, settings)
            connection.stage(parcel)
            _told(way, parcel, connection.commit())
            del left[0]
    finally:
        connection.close()


def _parcel(mail: Mail, way: Transport, settings: Settings) -> Parcel:
    """As the worker makes them, so that receivers judge what they will judge later."""
    letter = mail.message_id.partition("@")[0]
    verp = bool(getattr(way, "verp", True))
    keys = settings.with_development_key().secret_keys
    sender = tokens.for_bounces(letter, mail.from_address, settings.reply_domain, keys, verp=verp)
    return Parcel(
        letter=letter, sender=sender, recipient=mail.to_address, data=compose(mail), mail=mail
    )  # fmt: skip


def _told(way: Transport, parcel: Parcel, answer: Answer) -> None:
    """What a receiver judges the letter by, and the server's answer in full."""
    if parcel.mail:
        _tell("from", parcel.mail.from_address)
        _tell("reply to", parcel.mail.reply_address)
    if isinstance(way, SmtpTransport):  # the others have bounces come to an address of their own
        _tell("bounces", parcel.sender)
    said = f"{answer.code} {answer.text}".strip()
    _tell("accepted" if way.delivers else "kept on this machine", said)
    _tell("its id", answer.provider_id)


def _tell(what: str, value: str) -> None:
    if value:
        click.echo(f"{what + ':':<10} {value}")


def _signed(way: Transport, settings: Settings) -> str:
    """Who vouches for the letter by a DKIM signature, as far as is known here."""
    signer = transports.signer(settings)
    if not way.delivers:
        return ""
    if not isinstance(way, SmtpTransport):
        return "by the provider, with its own key, once the domain is verified there"
    if signer is None:
        return "not by us; whether the server does, the letter's DKIM-Signature shows"
    keys = ", ".join(f"{key.selector} ({key.kind})" for key in signer.keys)
    return f"for {signer.domain} by {keys}"


def _failure(way: Transport, error: SendError) -> str:
    again = " (it may have been taken all the same)" if error.maybe_accepted else ""
    return f"{way.account}: {error}{again}; {doctor.way_back(error, way)}"
