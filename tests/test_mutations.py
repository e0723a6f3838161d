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
from tests import mutations_further as further
from tests import mutations_letters as letters
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
    "further slips in officials": (OFFICIALS_FILE, further.OFFICIALS),
    "further slips in a campaign": (MAIN_FILE, letters.MAIN),
    "further slips in a language version": (FRENCH_FILE, letters.FRENCH),
    "further slips in yaml front matter": (YAML_FILE, letters.YAML),
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


SEVERAL: dict[str, tuple[tuple[str, str], ...]] = {
    OFFICIALS_FILE: (
        ("email: finance@ministry.example", "email: finance@@ministry.example"),
        ("  - id: sam-sample", "  – id: sam-sample"),
        ("    region: Ontario", "\tregion: Ontario"),
        ("name: Kim Example", 'name: "Kim Example'),
        ("name: Zoé Clérk", "nmae: Zoé Clérk"),
        ("{pace: 3000/hour}", "{pace: 3000/hour"),
    ),
    MAIN_FILE: (
        ('title = "Keep the libraries open"', "title = Keep"),
        ('status = "live"', 'status = "lvie"'),
        ("goal = 5000", "goal = 5,000"),
        ('colour = "#7a1f3d"', 'colour = "#7a1f3d'),
        ('label = "Reader"', 'lable = "Reader"'),
        ("I write to you", "{{ supporter.nme }} I write to you"),
    ),
    YAML_FILE: (
        ("title: Fund the archive", "title: Fund: the archive"),
        ("status: draft", "status: drfat"),
        ("  - The archive", "  - [The archive"),
        ("{{ supporter.personal }}", "{{ supporter.persnal }}"),
    ),
}


@pytest.mark.parametrize("file", SEVERAL)
def test_a_file_that_cannot_be_read_whole_tells_all_at_once(file: str) -> None:
    """Each slip at its line and nothing else, whatever kept the file from being read."""
    text = GOOD[file]
    for old, new in SEVERAL[file]:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    lines = {text.count("\n", 0, text.index(new)) + 1 for _, new in SEVERAL[file]}
    found = told(Mutation(name="several", file=file, text=text))
    assert {one.line for one in found if one.severity is Severity.ERROR} == lines


def test_there_are_hundreds_of_mutations_and_all_differ() -> None:
    wrong = [mutation for kind in HARMFUL for mutation in harmful(kind)]
    assert len({(one.file, one.text) for one in wrong}) == len(wrong) > 900
    right = {(one.file, one.text) for one in variants()}
    assert len(right) > 200
    assert not right & {(one.file, one.text) for one in wrong}
    assert {one.severity for one in always()} <= {Severity.NOTE}
