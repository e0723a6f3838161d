"""What every e-mail API promises: how it is asked, and what it tells later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from mailer.errors import SendError
from mailer.transports.base import Answer, Parcel
from mailer.transports.limits import Limits


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call to an API, ready to leave."""

    method: str = "POST"
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # they hold the key
    body: bytes = field(default=b"", repr=False)
    again: bool = False  # a key in it makes a repeat harmless: asked twice, it counts once


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What an API answered. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON; None when it is something else."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


Verdict = Answer | SendError
"""What one letter's part of a reply means."""


class Provider(Protocol):
    """An account with an e-mail API, made from one address in MAILER_TRANSPORT. Pure: it asks
    nobody itself."""

    name: str  # its scheme, and the last part of its webhook's address
    batch: int  # most letters in one request; 1 where a batch cannot carry different contents
    limits: Limits  # of its own, where the address says nothing else
    fields: bool  # it gets a letter's values and makes the message itself; else it gets our bytes
    spacing: float  # least seconds between two requests of one worker; 0.0: nobody counts them

    @property
    def account(self) -> str:
        """Names it without secrets."""
        ...

    def ask(self, parcels: Sequence[Parcel]) -> Request:
        """The request that sends these letters, at most `batch`; raises SendError (FAIL)."""
        ...

    def read(self, parcels: Sequence[Parcel], reply: Reply) -> Sequence[Verdict]:
        """What the reply to it means for each of them, in order.

        Raises SendError where it speaks of the request as a whole. A batch that is refused so for
        good (FAIL) is tried again in halves, until the letter that it cannot take is found.
        A SendError that asks to STOP has `account=True` where staff have to act: a wrong key
        (401, 403), a suspended account, a quota used up; not for a rate limit or an outage.
        """
        ...

    def look(self) -> Request:
        """A request that sends nothing and shows whether the key is right, for the doctor."""
        ...

    def found(self, reply: Reply) -> str:
        """What the reply to it tells, in a few words; raises SendError."""
        ...


class Said(StrEnum):
    """What a provider says of a letter it took."""

    DELIVERED = "delivered"
    BOUNCED = "bounced"  # refused for good: there is no such mailbox
    DEFERRED = "deferred"  # not yet; it goes on trying
    DROPPED = "dropped"  # it did not try, or gave up: blocked, suppressed, too late
    COMPLAINED = "complained"
    OTHER = "other"  # opened, unsubscribed, or nothing we know


@dataclass(frozen=True, kw_only=True)
class Call:
    """A webhook's request as it came. Names of headers are in lower case."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class News:
    """One event in a webhook's call."""

    id: str  # the provider's own, or made from what never changes of it; once each counts
    letter: str  # our letter's id; "" when it cannot be told
    said: Said
    kind: str  # the provider's own word
    at: float | None = None  # by the provider's clock
    code: str = ""  # the server's, as "550 5.1.1"
    note: str = ""  # what the server said
    raw: str = ""  # the event as it came


class Forged(Exception):  # noqa: N818 - it names what was found
    """A webhook's call that is not signed, not signed by whom it should be, or too old."""


class Hook(Protocol):
    """How one provider's calls are proven and read. Pure."""

    name: str

    def verify(self, call: Call, keys: Sequence[str], now: float) -> None:
        """Raise Forged unless one of `keys` proves the call, over the raw body, to be fresh."""
        ...

    def read(self, call: Call) -> Sequence[News]:
        """The events of a call that was verified; raises ValueError when it cannot be read."""
        ...


@runtime_checkable
class Once(Protocol):
    """A Hook whose signature does not cover the body: what is signed counts for one body only."""

    def once(self, call: Call) -> str:
        """What the signature covers beside the time (Mailgun: `token`), of a verified call."""
        ...


@runtime_checkable
class Asks(Protocol):
    """A Hook whose provider asks first whether its calls are wanted (Amazon SNS)."""

    hosts: frozenset[str]  # where the question may be answered, for outbound.get

    def asked(self, call: Call) -> str:
        """The address whose GET says yes, of a verified call; "" where nothing is asked."""
        ...
