"""Represent, Open North's service: which electoral districts a Canadian postal code lies in.

Documented at https://represent.opennorth.ca/api/; it allows 60 questions a minute. It is asked by
the code alone, and told nothing of who typed it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mailer import addresses, outbound
from mailer.districts.codes import bare, canadian
from mailer.errors import OutboundError
from mailer.outbound import INTERNET, Net, Outcome

BASE = "https://represent.opennorth.ca"
SECONDS = 2.0  # in all: somebody waits for the page
MOST_BYTES = 1_000_000
MOST_BOUNDARIES = 100
LONGEST_NAME = 120
_ASK_LATER = 429
_UNKNOWN = 404


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """A district, and the set of districts it is one of (federal-electoral-districts)."""

    set: str
    name: str


class BusyError(OutboundError):
    """The service asks to be left alone for `after` seconds."""

    def __init__(self, after: float) -> None:
        self.after = after
        super().__init__("represent asks to be left alone for a while")


@dataclass(frozen=True, kw_only=True)
class Represent:
    """The service. Tests hand in a base and a net of their own."""

    base: str = BASE
    net: Net = INTERNET

    def ask(self, code: str) -> tuple[Boundary, ...]:
        """The districts of a Canadian postal code; empty when the service does not know it.

        Raises CodeError for what is no code, before anything is asked, and OutboundError when
        there is no answer that can be used.
        """
        path = bare(canadian(code))
        outcome = outbound.get(
            f"{self.base}/postcodes/{path}/",
            hosts=frozenset({urlsplit(self.base).netloc}),
            most=MOST_BYTES,
            seconds=SECONDS,
            headers={"Accept": "application/json"},
            net=self.net,
        )
        if outcome.status == _UNKNOWN:
            return ()
        if outcome.status == _ASK_LATER:
            raise BusyError(_after(outcome))
        if outcome.status != 200:
            raise OutboundError(f"represent answered {outcome.status}")
        return read(outcome.body)


SERVICE = Represent()


def read(body: bytes) -> tuple[Boundary, ...]:
    """The districts an answer names; raises OutboundError when it cannot be understood.

    What official tables tell of a code counts before what its middle lies in, set by set.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise OutboundError("represent answered something that is no JSON") from None
    if not isinstance(found, dict):
        raise OutboundError("represent answered something else than a postal code")
    told = tuple(_boundaries(found.get("boundaries_concordance")))
    sets = {one.set for one in told}
    near = (one for one in _boundaries(found.get("boundaries_centroid")) if one.set not in sets)
    return tuple(dict.fromkeys((*told, *near)))[:MOST_BOUNDARIES]


def _boundaries(listed: Any) -> Iterator[Boundary]:
    for one in listed if isinstance(listed, list) else ():
        name, url = (one.get("name"), one.get("url")) if isinstance(one, dict) else (None, None)
        if isinstance(name, str) and isinstance(url, str) and _is_name(name.strip()):
            yield Boundary(set=_set(url), name=name.strip())


def _set(url: str) -> str:
    """The set in an address such as /boundaries/federal-electoral-districts/35075/, or ""."""
    parts = url.strip("/").split("/")
    return parts[1] if len(parts) == 3 else ""


def _is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and not addresses.hostile(name)


def _after(outcome: Outcome) -> float:
    """How long to wait, in seconds: a minute unless the service says more (RFC 9110, 10.2.3)."""
    said = outcome.headers.get("retry-after", "")
    return float(min(max(int(said), 60), 86_400)) if said.isascii() and said.isdigit() else 60.0
