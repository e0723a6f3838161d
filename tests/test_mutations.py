"""Hundreds of slips in good files: each harmful one is told at its line, no good one is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from mailer.campaigns import checking
from mailer.campaigns.library import read_content
from mailer.problems import Problem, Severity
from tests import mutations_campaigns as campaigns
from tests import mutations_more as more
from tests import mutations_officials as officials
from tests.mutations import (
    BESIDE,
    FRENCH_FILE,
    GOOD,
    MAIN_FILE,
    OFFICIALS_FILE,
    YAML_FILE,
    Mutation,
    swap,
)
from tests.mutations_good import variants
from tests.mutations_officials import Change

NOW = 1_795_000_000.0  # 18 November 2026
NOWHERE = Path("/nowhere")  # where no pictures are
HARMFUL: dict[str, tuple[str, Iterable[Change]]] = {
    "keys of officials": (OFFICIALS_FILE, officials.KEYS),
    "places of officials": (OFFICIALS_FILE, officials.PLACES),
    "values of officials": (OFFICIALS_FILE, officials.VALUES),
    "keys of a campaign": (MAIN_FILE, campaigns.KEYS),
    "a letter": (MAIN_FILE, campaigns.LETTER),
    "a language version": (FRENCH_FILE, campaigns.FRENCH),
    "yaml front matter": (YAML_FILE, campaigns.YAML),
    "more of officials": (OFFICIALS_FILE, more.OFFICIALS),
    "more of a campaign": (MAIN_FILE, more.CAMPAIGN),
}


def told(mutation: Mutation) -> tuple[Problem, ...]:
    """Everything that `mailer check` would say of the home with this file in it."""
    others = {name: GOOD[name] for name in BESIDE[mutation.file]}
    content = read_content({**others, mutation.file: mutation.text})
    return checking.check(content, NOWHERE, now=NOW, service=False)


@cache
def always() -> frozenset[Problem]:
    """What is said of the good files: notes only."""
    good = (Mutation(name="good", file=file, text=text) for file, text in GOOD.items())
    return frozenset(one for mutation in good for one in told(mutation))


def harmful(kind: str) -> list[Mutation]:
    file, changes = HARMFUL[kind]
    return [swap(file, one[0], one[1], at=one[2] if len(one) > 2 else 0) for one in changes]


@pytest.mark.parametrize("kind", HARMFUL)
def test_what_people_do_by_mistake_is_told_at_its_line(kind: str) -> None:
    missed = []
    for mutation in harmful(kind):
        found = [one for one in told(mutation) if one not in always()]
        assert all(one.message and str(one).isprintable() for one in found), mutation.name
        if not any(one.file == mutation.file and one.line in mutation.lines for one in found):
            missed.append((mutation.name, sorted(mutation.lines), [str(one) for one in found]))
    assert missed == []


def test_what_people_rightly_write_is_no_mistake() -> None:
    alarms = [
        (mutation.name, str(one))
        for mutation in variants()
        for one in told(mutation)
        if one.severity is not Severity.NOTE
    ]
    assert alarms == []


def test_there_are_hundreds_of_mutations_and_all_differ() -> None:
    wrong = [mutation for kind in HARMFUL for mutation in harmful(kind)]
    assert len({(one.file, one.text) for one in wrong}) == len(wrong) > 500
    right = {(one.file, one.text) for one in variants()}
    assert len(right) > 100
    assert not right & {(one.file, one.text) for one in wrong}
    assert {one.severity for one in always()} <= {Severity.NOTE}
