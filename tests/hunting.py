"""How far tests go, as far as `make test` has time for or as `make hunt` does, and what was tried.

A hunt ends with what each of its tests tried and what came of it, in figures.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

LONG = bool(os.environ.get("HUNT"))
TRIED = "tried"
"""The property of a test's report under which its figures come back from where it ran."""

_tried: Counter[str] = Counter()


def times(short: int, long: int) -> int:
    """How often something is tried."""
    return long if LONG else short


def tried(what: str, count: int = 1) -> None:
    """Note so many of something for the end of a hunt; the same words are added up."""
    _tried[what] += count


def taken() -> list[tuple[str, object]]:
    """What was noted since this was asked last, as properties of a report."""
    noted = [(TRIED, one) for one in _tried.items()]
    _tried.clear()
    return noted


def figures(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """All that passed, in figures and words; of tests that failed nothing is told."""
    known = list(reports)
    failed = {one.nodeid for one in known if one.failed}
    total: Counter[str] = Counter()
    for one in sorted(known, key=lambda one: one.nodeid):
        for name, noted in one.user_properties if one.when == "teardown" else ():
            if name == TRIED and one.nodeid not in failed:
                total[noted[0]] += noted[1]
    for what, count in total.items():
        yield f"{count:>9,}  {what}"
