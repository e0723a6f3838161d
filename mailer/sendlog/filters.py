"""What of the log is wanted, and the places in it: the words that the other modules share."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailer.status import Kind, State


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which letters to show. Empty fields do not narrow; an unknown state or kind finds nothing."""

    campaign: str = ""
    official: str = ""
    state: str = ""
    kind: str = Kind.LETTER.value  # empty: every kind
    via: str = ""  # an organisation's id: these three are of the submission
    role: str = ""
    district: str = ""
    since: float | None = None  # written at this moment or later
    until: float | None = None  # written before
    query: str = ""  # beginnings of words of a name, or of an address; or a reference
    before: str = ""  # a page's `next`: go on with what is older
    after: str = ""  # a page's `previous`: go back to what is newer

    @property
    def properties(self) -> dict[str, str]:
        """What is asked of the submission, by the column that says it."""
        named = {"via": self.via, "role": self.role, "district": self.district}
        return {name: value for name, value in named.items() if value}


def in_state(wanted: Filter, state: State) -> Filter:
    """The same letters, those in one state alone."""
    return replace(wanted, state=state.value)


Place = tuple[float, str]
"""Where a letter stands in the log: when it was written, and its id."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Places of letters, newest first, or oldest first on the way back."""

    places: list[Place]
    read_to: Place | None = None  # there may be more beyond it: the page ends here


def cursor_at(place: Place) -> str:
    """A place as text, for an address."""
    return f"{place[0]!r}_{place[1]}"


def cursor(text: str) -> Place | None:
    """The place in the log that a cursor names; None where it names none."""
    moment, _, letter_id = text.rpartition("_")
    try:
        return float(moment), letter_id
    except ValueError:
        return None
