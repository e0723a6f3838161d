"""The setting of networks that nothing slows which many people share."""

from __future__ import annotations

import ipaddress

from mailer.errors import SettingsError

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK: tuple[IPNetwork, ...] = (
    ipaddress.IPv4Network("127.0.0.0/8"),
    ipaddress.IPv6Network("::1/128"),
)
"""What is allowed in development where nothing is set: whoever tries the pages out."""


def networks(text: str) -> tuple[IPNetwork, ...] | None:
    """Networks such as 192.0.2.0/24, () for none of them; None where nothing is set."""
    if not text:
        return None
    names = () if text == "off" else text.replace(",", " ").split()
    return tuple(_network(name) for name in names)


def _network(name: str) -> IPNetwork:
    try:
        found = ipaddress.ip_network(name)
    except ValueError:
        raise SettingsError(
            f"MAILER_ALLOW_NETWORKS: {name!r} is no network; write one like 192.0.2.0/24 or"
            " 2001:db8::/48, several by spaces, or off for none"
        ) from None
    if not found.prefixlen:
        raise SettingsError(
            f"MAILER_ALLOW_NETWORKS: {name} is everybody; name the networks that you know"
        )
    return found
