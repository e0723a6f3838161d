"""What an address asks of the log, and the address of what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailer.sendlog import Filter
from mailer.status import Kind, State
from mailer.web.services import services
from mailer.web.staff.letters import KINDS

LONGEST_ARGUMENT = 200

NAMES = ("campaign", "official", "state", "kind", "via", "role", "district", "day")
"""The arguments of an address that narrow the log; people's names are none of them."""


def of_address(asked: Mapping[str, str], words: str = "") -> Filter:
    """What to list; a state, kind or day that does not exist is as good as none."""
    state, kind = plain(asked, "state"), plain(asked, "kind")
    since, until = _bounds(day(asked))
    return Filter(
        campaign=plain(asked, "campaign"),
        official=plain(asked, "official"),
        state=state if state in set(State) else "",
        kind=kind if kind in KINDS else Kind.LETTER,
        via=plain(asked, "via"),
        role=plain(asked, "role"),
        district=plain(asked, "district"),
        since=since,
        until=until,
        query=words,
        before=plain(asked, "before"),
        after=plain(asked, "after"),
    )


def arguments(wanted: Filter) -> dict[str, Any]:
    """The filter as it stands in an address, without what is empty or usual, or where one is."""
    at = None if wanted.since is None else datetime.fromtimestamp(wanted.since, _zone())
    named = {
        "campaign": wanted.campaign, "official": wanted.official, "state": wanted.state,
        "kind": "" if wanted.kind == Kind.LETTER else str(wanted.kind), **wanted.properties,
        "day": at.date().isoformat() if at else "",
    }  # fmt: skip
    return {name: value for name, value in named.items() if value}


def plain(asked: Mapping[str, str], name: str) -> str:
    """One argument, or "" when it holds what no id has (a database may choke on it)."""
    text = asked.get(name, "").strip()
    return text if len(text) <= LONGEST_ARGUMENT and text.isprintable() else ""


def day(asked: Mapping[str, str]) -> date | None:
    """The day that is asked for, or None."""
    try:
        return date.fromisoformat(plain(asked, "day"))
    except ValueError:
        return None


def _bounds(wanted: date | None) -> tuple[float | None, float | None]:
    """When a day begins and ends, in the time zone of the settings."""
    if wanted is None or not 1971 <= wanted.year <= 9998:
        return None, None
    begin = datetime(wanted.year, wanted.month, wanted.day, tzinfo=_zone())
    end = begin + timedelta(days=1)  # on the clock, however many hours that are
    return begin.timestamp(), end.timestamp()


def _zone() -> ZoneInfo:
    return ZoneInfo(services().settings.timezone)
