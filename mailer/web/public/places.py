"""Where a supporter lives, as far as it is known, and what the form asks about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailer.campaigns.constituencies import Constituency
from mailer.districts.names import folded
from mailer.officials.values import say

NOWHERE = "-"
"""What is posted for "not in the list, or I do not know"."""

OTHER = "?"
"""What is posted for "none of these": the whole list is asked then."""

Label = tuple[str, str]
"""What is posted for a district, and its name in the page's language."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A supporter's district, or the districts to choose from."""

    district: Constituency | None = None  # None with nothing to choose from: in none that we know
    by_code: bool = False  # the postal code told
    instead: bool = False  # nobody there can be written to: the letter goes to the fallback
    message: str = ""  # what the campaign says of that
    options: tuple[Constituency, ...] = ()
    few: bool = False  # the options are all those that the postal code lies in
    error: str = ""  # the question, or why it is asked again
    new: bool = False  # it is asked for the first time: nothing is wrong

    def labels(self, language: str) -> list[Label]:
        """The options as the page shows them, in the alphabet's order."""
        return _labels(self.options, language)

    def regions(self, language: str) -> list[tuple[str, list[Label]]]:
        """The same by region."""
        groups: dict[str, list[Constituency]] = {}
        for one in self.options:
            groups.setdefault(one.region, []).append(one)
        return [(name, _labels(groups[name], language)) for name in sorted(groups, key=folded)]


def _labels(options: Sequence[Constituency], language: str) -> list[Label]:
    labels = [(one.name, say(one.names, language)) for one in options]
    return sorted(labels, key=lambda one: _natural(one[1]))


def _natural(name: str) -> list[tuple[int, str]]:
    """A name for sorting: "9e circonscription" before "10e"."""
    words = re.findall(r"\d+|\D+", folded(name))
    return [(int(word), "") if word.isdecimal() else (0, word) for word in words]
