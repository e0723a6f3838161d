"""Where somebody asks from: the network as far as it counts, and never kept as it is."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence

from mailer.privacy import SHORTENED

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOME = {4: 32, 6: 64}  # bits that one customer is given: an address, or the network of a home


UNKNOWN = "unknown"
"""The one place of all whose address cannot be read: what hides it must not set anybody free."""


def network(address: str) -> str:
    """What counts as one place: an IPv4 address, the /64 of an IPv6 address, or UNKNOWN."""
    found = _address(address)
    if found is None:
        return UNKNOWN
    return str(ipaddress.ip_network((found, _HOME[found.version]), strict=False))


def shortened(address: str) -> str:
    """The network of an address, cut so that it is nobody's alone; "" for none.

    What is kept for longer than a limit needs is made from this.
    """
    found = _address(address)
    if found is None:
        return ""
    return str(ipaddress.ip_network((found, SHORTENED[found.version]), strict=False))


def is_trusted(address: str, trusted: Sequence[IPNetwork]) -> bool:
    """True when the settings name a network that the address lies in."""
    found = _address(address)
    return found is not None and any(found in one for one in trusted)


def keyed(kind: str, text: str, pepper: bytes) -> str:
    """A person or a place as a key that nobody can turn back."""
    return hmac.new(pepper, f"limit {kind}\n{text}".encode(), hashlib.sha256).hexdigest()[:32]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """What a peer or a proxy says, with a port behind it as some proxies say it, or without."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
