"""What is looked at, as plain values: the sender as the settings make it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Published:
    """A key of ours that should be published."""

    selector: str
    record: str  # the TXT record's value


@dataclass(frozen=True, kw_only=True)
class Road:
    """One way out: a provider's API, or the server that takes our mail by SMTP."""

    scheme: str
    host: str = ""  # the server; for an API the account's place, which may be a domain
    loopback: bool = False  # the server is this machine itself
    source: str = ""  # this machine's address as the world sees it, where that can be known

    @property
    def by_smtp(self) -> bool:
        """True when our own bytes leave, with our own envelope."""
        return self.scheme.startswith("smtp")


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who writes, how it leaves, and where answers are to come. Domains in ASCII, lower case."""

    domain: str  # of the From address
    reply_domain: str = ""  # of the envelope and of aliases; empty: the same
    keys: tuple[Published, ...] = ()
    roads: tuple[Road, ...] = ()
    report_to: str = ""  # who should get DMARC's reports

    @property
    def envelope(self) -> str:
        """The domain that bounces go to, and that SPF is asked about, for mail by SMTP."""
        return self.reply_domain or self.domain
