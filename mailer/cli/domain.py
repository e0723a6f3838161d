"""What `mailer doctor` says of the domain mail is from, and of settings that go together."""

from __future__ import annotations

from collections.abc import Iterator

from mailer import addresses, deliverability, transports
from mailer.bounces import mailbox
from mailer.config import Settings
from mailer.deliverability import Names, Published, Road, Sender
from mailer.errors import MailerError, SettingsError
from mailer.message import tokens
from mailer.problems import Finding
from mailer.transports import api
from mailer.transports.smtp import SmtpTransport

# RFC 2606 and RFC 6761: names that nobody can have, so that there is nothing to look up.
MADE_UP = ("example", "test", "invalid", "localhost")
EXAMPLES = ("example.com", "example.net", "example.org")
_OURS = frozenset({"smtp", "smtps", "ses"})  # bounces come to an address of ours


def look(settings: Settings, names: Names) -> Iterator[Finding]:
    """The settings that mail depends on, and what the name server says of our domain."""
    yield from _together(settings)
    if settings.bounces:
        yield _mailbox(settings.bounces)
    sender = _sender(settings)
    if sender is None:
        return  # the doctor has said of the settings what is wrong
    if _made_up(sender.domain):
        yield _nothing_to_look_up(settings, sender.domain)
    elif sender.roads or not settings.development:
        yield from deliverability.look(sender, names)


def _made_up(domain: str) -> bool:
    last_two = ".".join(domain.split(".")[-2:])
    return domain.split(".")[-1] in MADE_UP or last_two in EXAMPLES


def _nothing_to_look_up(settings: Settings, domain: str) -> Finding:
    found = f"{domain} is a name for trying things out: there is nothing to look up"
    if settings.development:
        return Finding(level="ok", what="domain", found=found)
    return Finding(
        level="fail", what="domain", found=found,
        repair="set MAILER_FROM to an address on a domain of yours",
    )  # fmt: skip


def _sender(settings: Settings) -> Sender | None:
    """What the settings say of the sender; None when they cannot be used."""
    try:
        ways, signer = transports.of(settings), transports.signer(settings)
    except SettingsError:
        return None
    return Sender(
        domain=_domain(settings.from_address),
        reply_domain=settings.reply_domain,
        keys=tuple(
            Published(selector=key.selector, record=key.record)
            for key in (signer.keys if signer else ())
        ),
        roads=tuple(
            _road(way, url.partition(":")[0])
            for way, url in zip(ways, settings.transports, strict=True)
            if way.delivers
        ),
        report_to=settings.alert_to or settings.contact,
    )


def _domain(address: str) -> str:
    return addresses.wire(address).rpartition("@")[2].lower()


def _road(way: transports.Transport, scheme: str) -> Road:
    if not isinstance(way, SmtpTransport):
        host = way.account.partition("://")[2].partition(transports.MARK)[0]
        return Road(scheme=scheme, host=host)
    loopback = way.server.loopback
    source = deliverability.own_address() if loopback else ""
    return Road(scheme=scheme, host=way.server.host, loopback=loopback, source=source)


def _mailbox(url: str) -> Finding:
    """Whether the mailbox for bounces can be opened; nothing in it is touched."""
    try:
        at = mailbox.parse(url)
        waiting, left = mailbox.count(at)
    except MailerError as error:
        return Finding(
            level="fail", what="bounces", found=str(error),
            repair="see that its server runs, and correct MAILER_BOUNCES: docs/bounces.md shows how"
            " it is written",
        )  # fmt: skip
    found = f"{at.folder} at {at.host}: {waiting} to be read"
    if not left:
        return Finding(level="ok", what="bounces", found=found)
    return Finding(
        level="warn", what="bounces", found=f"{found}, {left} could not be read and have a flag",
        repair="look at them in that mailbox; without the flag they are tried again",
    )  # fmt: skip


def _address_for_bounces(settings: Settings, used: set[str]) -> Iterator[Finding]:
    """A warning where letters have no address of their own for what comes back."""
    address, keys = settings.from_address, [""]
    own = tokens.for_bounces("", address, settings.reply_domain, keys) != address
    if used & _OURS and not own:
        yield Finding(
            level="warn", what="bounces",
            found=f"{address} is too long for an address for each letter's bounces behind it:"
            " what comes back by mail proves nothing",
            repair=f"set MAILER_REPLY_DOMAIN, or take at most {tokens.LONGEST_NAME} characters"
            " before the @",
        )  # fmt: skip


def _webhook(settings: Settings, name: str) -> str:
    if settings.development:
        return f"set it and MAILER_BASE_URL, and have {name} call /hooks/{name} there"
    return f"set it, and have {name} call {settings.public_url}/hooks/{name}"


def _together(settings: Settings) -> Iterator[Finding]:
    """Settings that say nothing alone, or too little."""
    try:
        transports.signer(settings)
    except SettingsError as error:
        repair = "correct it: docs/deliverability.md shows how a key is made"
        yield Finding(level="fail", what="DKIM", found=str(error), repair=repair)
    used = {url.partition(":")[0] for url in settings.transports}
    yield from _address_for_bounces(settings, used)
    for name in sorted(used & set(api.NAMES)):
        # Amazon signs with a certificate that anybody can look up: a topic takes the key's place.
        missing = "MAILER_SNS_TOPIC" if name == "ses" else f"MAILER_HOOK_{name.upper()}"
        if not (settings.sns_topic if name == "ses" else settings.hooks.get(name)):
            yield Finding(
                level="warn", what="webhooks",
                found=f"{missing} is not set: what becomes of letters after {name} took them"
                " (delivered, bounced) is not heard",
                repair=_webhook(settings, name),
            )  # fmt: skip
