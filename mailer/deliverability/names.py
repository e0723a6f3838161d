"""Questions to the name server, with short waits: a doctor must not make people wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import dns.exception
import dns.name
import dns.resolver
import dns.reversename

SECONDS = 3.0  # for one question, with all its repetitions


class Unanswered(Exception):  # noqa: N818 - it names what happened
    """The name server could not be asked or did not say: nothing is known."""


class Names:
    """What the name server says; nothing (not an error) where a name or record does not exist."""

    def __init__(
        self, servers: Sequence[str] = (), port: int = 53, seconds: float = SECONDS
    ) -> None:
        self.away = False  # it did not answer at all: it is not asked again
        self.asked = 0  # questions so far
        self._seconds = seconds
        self._servers, self._port = tuple(servers), port  # none: those of this machine
        self._resolver: dns.resolver.Resolver | None = None

    def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records, each of them whole; in order, for name servers shuffle them."""
        return tuple(sorted(_text(part) for part in self._ask(name, "TXT")))

    def exchangers(self, name: str) -> tuple[str, ...]:
        """The mail servers of a domain, the preferred first; "." where it refuses all mail."""
        found = sorted((one.preference, str(one.exchange)) for one in self._ask(name, "MX"))
        return tuple(host if host == "." else host.rstrip(".").lower() for _, host in found)

    def addresses(self, name: str) -> tuple[str, ...]:
        """The IPv4 and IPv6 addresses of a host."""
        return tuple(str(one) for kind in ("A", "AAAA") for one in self._ask(name, kind))

    def alias(self, name: str) -> str:
        """The name it is another name for (CNAME), or ""."""
        return next((str(one.target).rstrip(".").lower() for one in self._ask(name, "CNAME")), "")

    def pointers(self, address: str) -> tuple[str, ...]:
        """The names of an address (PTR)."""
        reverse = dns.reversename.from_address(address).to_text()
        return tuple(str(one.target).rstrip(".").lower() for one in self._ask(reverse, "PTR"))

    def _ask(self, name: str, kind: str) -> Iterable[Any]:
        if self.away:
            raise Unanswered("the name server does not answer")
        self.asked += 1
        try:
            return self._made().resolve(name, kind, search=False, lifetime=self._seconds)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
            return ()
        except (dns.name.LabelTooLong, dns.name.EmptyLabel, dns.name.NameTooLong):
            return ()  # no such name can exist
        except dns.resolver.NoNameservers:
            raise Unanswered(f"the name server has no answer for {name}") from None
        except (dns.exception.DNSException, OSError):
            self.away = True
            raise Unanswered("the name server does not answer") from None

    def _made(self) -> dns.resolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.resolver.Resolver(configure=not self._servers)
            if self._servers:
                self._resolver.nameservers = list(self._servers)
                self._resolver.port = self._port
        return self._resolver


def _text(record: Any) -> str:
    return b"".join(record.strings).decode("utf-8", "replace")
