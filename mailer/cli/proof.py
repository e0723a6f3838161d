"""`mailer proof`: signed records that letters were wanted, made here and checked anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mailer import addresses, audit, proof
from mailer.cli import base
from mailer.errors import FieldError, MailerError, SettingsError, StoreError
from mailer.proof import Checked

KEYS_PAGE = "/.well-known/proof-keys.json"

_CONFIRMED = {
    "link": "confirmed by the link in a mail to their address",
    "code": "confirmed by the code in a mail to their address",
    "unknown": "confirmed by a mail to their address",
    "awaited": "not confirmed: the mail that asks was not answered",
    "none": "sent by pressing the button; no mail asked to confirm it",
}


@click.group("proof")
def proof_group() -> None:
    """Proof that letters were wanted: what an office or a court may check by itself.

    \b
    Examples:
      mailer proof record 4K2TQ-7XW9M > record.json
      mailer proof verify record.json --message letter.eml
    """


@proof_group.command("record")
@click.argument("reference")
def make(reference: str) -> None:
    """The signed record of what somebody sent in, as JSON.

    REFERENCE is that of their receipt, or the Message-ID of one of the letters. The record holds
    times, the words agreed to, hashes of the letters and one of the address; no name, no address,
    no word of a letter. It stands in the audit that it was made.

    \b
    Examples:
      mailer proof record 4K2TQ-7XW9M > record.json
      mailer proof record '<7r0c...@campaign.example>' > record.json
    """
    settings = base.settings().with_development_key()
    with base.database(settings) as store, store.write() as tx:
        now, key = store.now(tx), proof.find(tx, reference)
        found = key and proof.record(tx, key, site=settings.public_url, now=now)
        if not key or not found:
            raise MailerError(
                f"nothing has the reference {reference[:40]!r}: a receipt shows one like"
                " 4K2TQ-7XW9M; the Message-ID of a letter will do, too"
            )
        made = proof.signed(found, settings.secret_keys)
        audit.record(tx, now=now, actor=audit.COMMAND, act="export.proof", subject=key)
    click.echo(made, nl=False)


@proof_group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="KEY",
    help="The public key of those who sent the letters; else that of this installation.",
)
@click.option(
    "--message",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A letter as it arrived (.eml): is it one of the record's?",
)
@click.option("--address", metavar="EMAIL", help="Did its writer use this address?")
@base.json_option
def verify(
    file: Path, keys: tuple[str, ...], message: Path | None, address: str | None, as_json: bool
) -> None:  # fmt: skip
    """Check a record: that nothing in it was changed, who signed it, and what it is about.

    Neither a database nor a setting is needed where --key is given. It ends with code 1 when the
    record was changed, and with 2 when something else does not fit.

    \b
    Examples:
      mailer proof verify record.json --key 'MFkw...'
      mailer proof verify record.json --message letter.eml --address ann@supporter.example
    """
    found = proof.check(file.read_bytes())
    trusted = set(keys) or _ours()
    said = {
        "whole": True, "public_key": found.public_key, "known_key": found.public_key in trusted,
        **_compared(found, message, address), "record": found.record,
    }  # fmt: skip
    if as_json:
        base.print_json(said)
    else:
        _tell(said, found.record, asked=bool(keys))
    if not said["known_key"] or any(said.get(one) is False for one in ("letter", "address")):
        raise click.exceptions.Exit(base.PROBLEMS)


@proof_group.command("key")
@base.json_option
def show_keys(as_json: bool) -> None:
    """The public keys with which records are checked, the one that signs today first.

    \b
    Examples:
      mailer proof key
    """
    settings = base.settings().with_development_key()
    with base.database(settings) as store, store.read() as tx:
        found = proof.published(tx, settings.secret_keys)
    if as_json:
        base.print_json([{"public_key": one.value, "signs": one.signs} for one in found])
    else:
        base.print_table([(one.value, "signs today" if one.signs else "earlier") for one in found])
        base.say(f"The pages publish them at {settings.public_url}{KEYS_PAGE}")


def _ours() -> set[str]:
    """The public keys of this installation; none where there is none."""
    try:
        settings = base.settings()
    except SettingsError:
        return set()
    if not settings.secret_keys and not (settings.var / "secret.key").exists():
        return set()
    keys = settings.with_development_key().secret_keys
    try:
        with base.database(settings) as store, store.read() as tx:
            return {one.value for one in proof.published(tx, keys)}
    except StoreError:
        return {one.value for one in proof.known(keys)}


def _compared(found: Checked, message: Path | None, address: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if message is not None:
        letter = proof.same_letter(found.record, message.read_bytes())
        said |= {"letter": letter is not None, "official": letter and letter["official"]}
    if address is not None:
        try:
            said["address"] = proof.same_address(found.record, addresses.parse(address))
        except FieldError as error:
            raise click.UsageError(f"--address: {address[:80]!r} {error}") from None
    return said


def _tell(said: Mapping[str, Any], record: Mapping[str, Any], *, asked: bool) -> None:
    base.say("Whole: nothing was changed since it was signed.")
    if said["known_key"]:
        base.say(f"Signed with {'the key given' if asked else 'a key of this installation'}.")
    else:
        base.say(
            f"Signed with the key {said['public_key']}, which is not one that was given or is known"
            f" here: look at {KEYS_PAGE} on the site that you know, and give the key as --key"
        )
    if "letter" in said:
        fits = f"The message is its letter to {said['official']}, word for word."
        base.say(fits if said["letter"] else "The message is none of its letters, word for word.")
    if "address" in said:
        base.say(_OF_ADDRESS[said["address"]])
    for line in _lines(record):
        click.echo(line)


_OF_ADDRESS = {
    True: "It was written with that address.",
    False: "It was not written with that address.",
    None: "Its writer's data were erased: nobody can tell with which address it was written.",
}


def _lines(record: Mapping[str, Any]) -> list[str]:
    confirmed = record["confirmation"]
    shown = record["wording"]["shown"]
    lines = [
        f"{record['reference']} of the campaign {record['campaign']}, {record['site']}",
        f"sent in {record['sent_in_at']}",
        f"{_CONFIRMED.get(confirmed['by'], confirmed['by'])} {confirmed['at'] or ''}".rstrip(),
    ]
    if shown:
        lines.append(f"agreed to: {shown['words']}")
    for name, said in (("found_not_theirs_at", "found not to be theirs"), ("erased_at", "erased")):
        if record[name]:
            lines.append(f"{said} {record[name]}")
    return lines + [
        f"letter to {one['official']}: {one['state']} {one['accepted_at'] or ''}".rstrip()
        for one in record["letters"]
    ]
