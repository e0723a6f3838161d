"""A name server on loopback, with the records a test gives it. Its answers are never cut."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]
"""What it knows: (name, type) to values as zone files write them. TXT values are plain text."""


def txt(value: str) -> str:
    """A text as a zone file writes it, in strings of at most 255 octets (RFC 1035, 3.3)."""
    return " ".join(f'"{value[at : at + 255]}"' for at in range(0, len(value), 255)) or '""'


class NameServer:
    """Answers from its zone; names in `broken` get SERVFAIL, and while `mute` nobody gets any."""

    def __init__(self, zone: Zone) -> None:
        self.zone = {(_name(name), kind): list(values) for (name, kind), values in zone.items()}
        self.broken: set[str] = set()
        self.mute = False
        self.asked: list[tuple[str, str]] = []

    def answer(self, question: bytes) -> bytes | None:
        """The answer to a query's bytes; None for silence."""
        query = dns.message.from_wire(question)
        asked = query.question[0]
        kind = dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((asked.name.to_text(omit_final_dot=True), kind))
        if self.mute:
            return None
        reply = dns.message.make_response(query, recursion_available=True)
        if asked.name.to_text(omit_final_dot=True) in self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
            return reply.to_wire()
        self._fill(reply, asked.name, kind)
        return reply.to_wire()

    def _fill(self, reply: dns.message.Message, name: dns.name.Name, kind: str) -> None:
        while target := self.zone.get((name, "CNAME")):
            reply.answer.append(_rrset(name, "CNAME", target))
            if kind == "CNAME":
                return
            name = _name(target[0])
        if values := self.zone.get((name, kind)):
            reply.answer.append(_rrset(name, kind, values))
        elif not any(known.is_subdomain(name) for known, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)


def _name(text: str) -> dns.name.Name:
    return dns.name.from_text(text.lower())


def _rrset(name: dns.name.Name, kind: str, values: Sequence[str]) -> dns.rrset.RRset:
    written = [txt(value) if kind == "TXT" else value for value in values]
    return dns.rrset.from_text_list(name, 60, dns.rdataclass.IN, kind, written)


@contextmanager
def serving(zone: Zone) -> Iterator[tuple[NameServer, int]]:
    """A running name server and its port."""
    server = NameServer(zone)

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            question, sock = self.request
            if reply := server.answer(question):
                sock.sendto(reply, self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Datagram) as udp, _running(udp):
        yield server, udp.server_address[1]


@contextmanager
def _running(udp: socketserver.UDPServer) -> Iterator[None]:
    thread = threading.Thread(target=udp.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        udp.shutdown()
        thread.join()
