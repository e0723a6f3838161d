"""The section `domains` of officials.yaml: what the mailboxes of one mail server share."""

from __future__ import annotations

from collections.abc import Iterable

from mailer import addresses
from mailer.errors import FieldError
from mailer.officials.schema import DOMAIN
from mailer.officials.values import Official, Officials, Pace, Post
from mailer.problems import did_you_mean
from mailer.records.findings import Findings, quoted
from mailer.records.record import table_of
from mailer.records.tree import Item


def read(section: Item | None, findings: Findings) -> dict[str, Pace]:
    """The pace of each domain, by its name as mail servers know it."""
    table = table_of(section, "domains", findings) if section is not None else None
    found: dict[str, Pace] = {}
    for name, entry in (table or {}).items():
        domain = _domain(name)
        if not domain:
            message = f"{quoted(name)} is not a domain"
            hint = "write what stands behind the @, as ministry.example"
            findings.error(entry.line, entry.column, message, hint)
        elif domain in found:
            message = f"the domain {quoted(name)} is given twice"
            findings.error(entry.line, entry.column, message, "keep one of them")
        else:
            pace = DOMAIN.read(entry.item, findings).get("pace")
            found |= {domain: pace} if pace else {}
    return found


def check(section: Item | None, officials: Officials, findings: Findings) -> None:
    """Tell of domains that nobody's address has; not while an address is wrong."""
    if section is None or findings.failed:
        return
    used = _used([*officials.posts.values(), *officials.people.values()])
    for name, entry in (table_of(section, "domains", findings) or {}).items():
        domain = _domain(name)
        if domain not in used:
            hint = did_you_mean(domain, used) or "correct it, or take it away"
            message = f"no address in this file ends in @{domain}"
            findings.warning(entry.line, entry.column, message, hint)


def of_address(address: str) -> str:
    """The domain of an address, in the form in which domains are compared."""
    return addresses.mailbox(address).rpartition("@")[2]


def _domain(name: str) -> str:
    """The name in the form in which domains are compared, or "" when it is none."""
    try:
        return of_address(addresses.parse(f"office@{name}"))
    except FieldError:
        return ""


def _used(entries: Iterable[Post | Official]) -> list[str]:
    return sorted({of_address(entry.email) for entry in entries if entry.email})
