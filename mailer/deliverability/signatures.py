"""DKIM as the doctor sees it: whether receivers can check our signature, or our provider's."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from mailer.deliverability import providers
from mailer.deliverability.names import Names
from mailer.deliverability.providers import Provider
from mailer.deliverability.values import Published, Sender
from mailer.problems import Finding, Record

WHAT = "DKIM"
WEAK = 250  # bytes; a published RSA key of 2048 bits has 294 (RFC 8301 asks for 2048 bits)


def tags(text: str) -> dict[str, str]:
    """The tags of a record (RFC 6376, 3.2), names in lower case; blanks inside values dropped."""
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs}


def look(sender: Sender, names: Names) -> Iterator[Finding]:
    """Our keys as they are published, and the keys of our providers; raises Unanswered."""
    carriers = [(road, providers.of(road)) for road in sender.roads]
    ours = any(road.by_smtp for road in sender.roads) or not sender.roads
    if ours and sender.keys and all("k=ed25519" in key.record for key in sender.keys):
        yield Finding(
            level="warn", what=WHAT, found="many receivers cannot check an Ed25519 signature yet",
            repair="sign with an RSA key of 2048 bits too: docs/deliverability.md",
        )  # fmt: skip
    for key in sender.keys if ours else ():
        yield _ours(key, sender.domain, names)
    if sender.keys and not ours:
        yield Finding(
            level="ok", what=WHAT, found="MAILER_DKIM_KEY is not used: the provider signs itself"
        )
    for provider in dict.fromkeys(provider for _, provider in carriers if provider):
        yield from _theirs(provider, sender, names)
    if not sender.keys and any(provider is None and road.by_smtp for road, provider in carriers):
        yield Finding(
            level="warn", what=WHAT,
            found="we do not sign, and cannot know whether the server does",
            repair="see that the server signs for the domain (a letter of `mailer send-test` to"
            " yourself shows it), or set MAILER_DKIM_KEY: docs/deliverability.md",
        )  # fmt: skip


def _ours(key: Published, domain: str, names: Names) -> Finding:
    name = f"{key.selector}._domainkey.{domain}"
    record = Record(name=name, kind="TXT", value=key.record)
    fault = _fault(names.texts(name), tags(key.record))
    if not fault:
        return Finding(level="ok", what=WHAT, found=f"{name} is our key ({tags(key.record)['k']})")
    return Finding(
        level="fail", what=WHAT, found=f"{name}: {fault}", repair="publish this", publish=record
    )


def _fault(texts: tuple[str, ...], key: dict[str, str]) -> str:
    """Why a signature of `key` would not be taken (RFC 6376, 3.6.1), or ""."""
    if not texts:
        return "there is no such record"
    if len(texts) > 1:
        return f"there are {len(texts)} records: which one counts is chance"
    found = tags(texts[0])
    if found.get("p") == "":
        return "the key is revoked (an empty p=)"
    if "p" not in found or found.get("v", "DKIM1") != "DKIM1":
        return "the record is not that of a key"
    if (found.get("k", "rsa"), found["p"]) != (key["k"], key["p"]):
        return "another key is published than the one we sign with"
    return _limits(found)


def _limits(found: dict[str, str]) -> str:
    if "y" in found.get("t", "").split(":"):
        return "it says t=y, testing: receivers treat the mail as unsigned"
    if "sha256" not in found.get("h", "sha256").split(":"):
        return f"it allows h={found['h']} only, and we sign with sha256"
    if not {"*", "email"} & set(found.get("s", "*").split(":")):
        return f"it allows s={found['s']} only, which is not e-mail"
    return ""


def _theirs(provider: Provider, sender: Sender, names: Names) -> Iterator[Finding]:
    """Whether the provider's keys are there, where their names are known."""
    place = f"{provider.name}: {provider.where}"
    if not provider.selectors:
        yield Finding(
            level="ok", what=WHAT,
            found=f"{provider.name} signs with a key of its own; only its page shows whether the"
            f" domain is verified ({provider.where})",
        )  # fmt: skip
        return
    hosts = [f"{selector}._domainkey.{sender.domain}" for selector in provider.selectors]
    there = {host: texts for host in hosts if (texts := names.texts(host))}
    weak = [host for host, texts in there.items() if _weak(texts[0])]
    if there and weak:
        yield Finding(
            level="warn", what=WHAT, found=f"{weak[0]}: a short or revoked key",
            repair=f"ask for one of 2048 bits at {place}",
        )  # fmt: skip
    elif there:
        found = f"{', '.join(there)}: {provider.name} signs for {sender.domain}"
        yield Finding(level="ok", what=WHAT, found=found)
    elif not sender.keys:
        yield Finding(
            level="fail", what=WHAT,
            found=f"{provider.name} has no key at {' or '.join(hosts)}: letters leave unsigned, or"
            " in the provider's name", repair=f"publish the records that it shows at {place}",
        )  # fmt: skip


def _weak(text: str) -> bool:
    found = tags(text)
    try:
        data = base64.b64decode(found.get("p", ""), validate=True)
    except binascii.Error:
        return True
    return not data or (found.get("k", "rsa") == "rsa" and len(data) < WEAK)
