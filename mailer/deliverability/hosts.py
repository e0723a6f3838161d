"""Where answers arrive (MX), and who our server says it is (PTR)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

from mailer.deliverability import providers
from mailer.deliverability.names import Names
from mailer.deliverability.values import Road, Sender
from mailer.problems import Finding, Record


def look_for_replies(sender: Sender, names: Names) -> Iterator[Finding]:
    """Whether bounces and answers can come back; raises Unanswered."""
    domains = {sender.domain: "answers"}
    domains[sender.envelope] = "bounces" if sender.reply_domain else "answers and bounces"
    for domain, what in domains.items():
        yield _exchangers(domain, what, names)


def _exchangers(domain: str, what: str, names: Names) -> Finding:
    found = names.exchangers(domain)
    if "." in found:
        return Finding(
            level="fail", what="MX",
            found=f"{domain} refuses all mail (RFC 7505): {what} cannot arrive",
            repair="publish an MX record that names the server which takes its mail",
        )  # fmt: skip
    if found:
        lost = [host for host in found if not names.addresses(host)]
        if lost:
            return Finding(
                level="fail" if lost == list(found) else "warn", what="MX",
                found=f"{domain}: {lost[0]} has no address", repair="correct the MX record",
            )  # fmt: skip
        return Finding(level="ok", what="MX", found=f"{domain}: {what} come to {found[0]}")
    if names.addresses(domain):
        return Finding(
            level="warn", what="MX", found=f"{domain} has no MX record; its mail goes to the"
            " host of that name", repair="publish one that names the server which takes its mail",
            publish=Record(name=domain, kind="MX", value=f"10 {domain}."),
        )  # fmt: skip
    return Finding(
        level="fail", what="MX", found=f"{domain} takes no mail: {what} cannot arrive",
        repair="publish an MX record that names the server which takes its mail"
        f" (here mail.{domain})",
        publish=Record(name=domain, kind="MX", value=f"10 mail.{domain}."),
    )  # fmt: skip


def look_for_names(sender: Sender, names: Names) -> Iterator[Finding]:
    """Whether the servers' addresses have names that lead back; raises Unanswered.

    Those of the known providers do. A relay may send from another address than it listens on, so
    this is never more than a warning.
    """
    for road in sender.roads:
        if not road.by_smtp or providers.of(road):
            continue
        addresses = (road.source,) if road.loopback else names.addresses(road.host)
        for address in filter(None, addresses):
            yield _pointer(address, road, names)
        if road.loopback and not road.source:
            yield Finding(
                level="ok", what="PTR", found="this machine sends by itself, and its address in the"
                " network cannot be known from here: see that it has a name that leads back",
            )  # fmt: skip


def _pointer(address: str, road: Road, names: Names) -> Finding:
    found = names.pointers(address)
    back = [name for name in found if address in names.addresses(name)]
    if back:
        return Finding(level="ok", what="PTR", found=f"{address} is {back[0]}, and back")
    why = f"is {found[0]}, which does not lead back" if found else "has no name"
    reverse = ipaddress.ip_address(address).reverse_pointer
    host = "this machine's name" if road.loopback else f"{road.host}."
    return Finding(
        level="warn", what="PTR", found=f"{address} {why}: many receivers refuse such servers",
        repair="let whoever rents out the address set its name; if mail leaves by another address,"
        " look at that one", publish=Record(name=reverse, kind="PTR", value=host),
    )  # fmt: skip


def own_address() -> str:
    """The address this machine reaches the network with, where the world sees it; else "".

    Nothing is sent: connecting a datagram socket only chooses the way.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))  # RFC 5737: an address that nobody has
            found = str(sock.getsockname()[0])
        except OSError:
            return ""
    return found if ipaddress.ip_address(found).is_global else ""
