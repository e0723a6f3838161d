"""SPF (RFC 7208): all that a domain's record leads to, counted as a receiver counts it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from mailer.deliverability.names import Names

MOST_LOOKUPS = 10  # 4.6.4: one more, and the record counts for nothing
MOST_VOID = 2  # 4.6.4: questions without an answer
VERSION = "v=spf1"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TERM = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?=[:/]|$):?(.*?)((?:/{1,2}\d+)*)",
    re.IGNORECASE,
)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)


@dataclass
class Walk:
    """What was found on the way through one record and those it includes."""

    lookups: int = 0
    void: int = 0
    last: str = ""  # the qualifier of `all`: + - ~ ?, or "" where there is none
    includes: set[str] = field(default_factory=set)
    networks: list[Network] = field(default_factory=list)  # that pass
    faults: list[str] = field(default_factory=list)  # for which receivers drop the whole record
    unknown: bool = False  # parts depend on the mail and cannot be looked up (macros)

    def covers(self, address: str) -> bool:
        """True when mail from that address passes."""
        found = ipaddress.ip_address(address)
        return any(found in network for network in self.networks)


def records(names: Names, domain: str) -> tuple[str, ...]:
    """The SPF records of a domain; more than one count for none (4.5). Raises Unanswered."""
    return tuple(text for text in names.texts(domain) if text.lower().split(" ")[0] == VERSION)


def walk(names: Names, domain: str, record: str) -> Walk:
    """Follow a record to its end; raises Unanswered."""
    found = Walk()
    _follow(names, domain, record, found, (), top=True)
    return found


def _follow(
    names: Names, domain: str, record: str, found: Walk, above: tuple[str, ...], *, top: bool
) -> None:
    redirect, ends = "", False
    for term in record.split()[1:]:
        modifier, mechanism = _MODIFIER.fullmatch(term), _TERM.fullmatch(term)
        if modifier and modifier[1].lower() == "redirect":
            redirect = modifier[2]
        elif mechanism and mechanism[2].lower() == "all":
            ends = True
            if top:
                found.last = mechanism[1] or "+"
        elif mechanism:
            _mechanism(names, domain, mechanism, found, above)
        elif not modifier:  # others are to be passed over (6)
            found.faults.append(f"{domain}: {term!r} is not a part of SPF")
    if redirect and not ends:
        _other(names, domain, redirect, found, above, top=top)


def _mechanism(
    names: Names, domain: str, term: re.Match[str], found: Walk, above: tuple[str, ...]
) -> None:
    sign, kind, value, mask = term[1] or "+", term[2].lower(), term[3], term[4]
    if kind in {"ip4", "ip6"}:
        _network(domain, value + mask, sign, found)
    elif kind == "include":
        _other(names, domain, value, found, above, top=False)
    else:
        _host(names, kind, value or domain, mask, sign, found)


def _other(
    names: Names, domain: str, target: str, found: Walk, above: tuple[str, ...], *, top: bool
) -> None:
    """The record of another domain: an include, or a redirect, whose `all` takes our place."""
    found.lookups += 1
    target = target.lower().rstrip(".")
    found.includes.add(target)
    if "%" in target:
        found.unknown = True
        return
    if found.lookups > 2 * MOST_LOOKUPS or target in (*above, domain):
        found.faults.append(f"{domain} leads to {target} in a circle, or too far")
        return
    there = records(names, target) if target else ()
    if len(there) != 1:
        many = f"{len(there)} SPF records" if there else "no SPF record"
        found.faults.append(f"{target or 'an include without a name'} has {many}")
        return
    _follow(names, target, there[0], found, (*above, domain), top=top)


def _host(names: Names, kind: str, target: str, mask: str, sign: str, found: Walk) -> None:
    """a, mx, ptr, exists: each costs a lookup."""
    found.lookups += 1
    if "%" in target or kind in {"ptr", "exists"}:
        found.unknown = True
        return
    if found.lookups > 2 * MOST_LOOKUPS:
        return
    hosts = (target,) if kind == "a" else names.exchangers(target)[:MOST_LOOKUPS]
    addresses = [one for host in hosts for one in names.addresses(host)]
    found.void += not addresses
    four, _, six = mask.partition("//")
    for address in addresses:
        length = six if ":" in address else four.strip("/")
        _network(target, f"{address}/{length}" if length else address, sign, found)


def _network(domain: str, text: str, sign: str, found: Walk) -> None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        found.faults.append(f"{domain}: {text!r} is not an address")
        return
    if sign == "+":
        found.networks.append(network)
