"""officials.yaml with any text in it: no crash, and no long wait."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.officials.reader import read
from mailer.officials.values import Officials
from tests.hunting import times

SHIPPED = (Path(__file__).resolve().parent.parent / "officials.yaml").read_text(encoding="utf-8")


def test_two_thousand_officials_are_read_in_well_under_two_seconds() -> None:
    people = "".join(
        f"  - id: p{n}\n    name: Person {n}\n    email: p{n}@office.example\n"
        f"    district: District {n}\n    tags: [a, b]\n    salutation: {{en: A, fr: B}}\n"
        for n in range(2000)
    )
    start = time.process_time()
    officials, problems = read("officials:\n" + people)
    assert time.process_time() - start < 2  # about 0.35 s on a small machine
    assert not problems
    assert len(officials.people) == 2000


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 100_000,
        "{" * 100_000,
        "a: &a [x]\nb: [" + "*a, " * 50_000 + "]",
        "officials:\n" + "".join(f"k{n}: x\n" for n in range(60_000)),
        "officials:\n" + "  - id: a\n" * 60_000,
        "officials: [" + "x, " * 200_000,
        "\0" * 100_000,
        "\t" * 100_000,
        "a" * 1_000_000,
        '"' + "\\u0000" * 10_000 + '"',
        "officials: !!binary x",
        "? [a, b]\n: c\n",
        "\ud800: \udfff",
        "%YAML 9.9\n---\nofficials: []",
        "1" * 10_000 + ": 2",
        "officials:\n  - id: a\n    name: " + "9" * 5000,
        "<<: {a: b}",
    ],
    ids=range(18),
)
def test_no_text_crashes_or_takes_long(text: str) -> None:
    start = time.process_time()
    officials, problems = read(text)
    assert time.process_time() - start < 5
    assert isinstance(officials, Officials)
    assert problems
    assert len(problems) <= 501


@given(st.text(st.characters(codec=None), max_size=200))
@settings(max_examples=times(200, 2_000), deadline=None)
def test_random_text_never_crashes(text: str) -> None:
    read(text)


PIECES = ["officials:", "posts:", "groups:", "  - id: ", "    name: ", "holds:", "\n", "\t", " "]
PIECES += ["- ", ": ", "{", "}", "[", "]", "&a", "*a", "!x", "|", ">", '"', "'", "#", "?", "no"]
PIECES += ["0123", "1e9", "2020-02-30", "~", "\0", "\ufeff", "\u2028", "%", "@", "---", "..."]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@settings(max_examples=times(400, 2_000), deadline=None)
def test_random_yaml_never_crashes(text: str) -> None:
    for problem in read(text)[1]:
        assert problem.line <= text.count("\n") + text.count("\u2028") + 2
        assert str(problem).isprintable()


@given(
    st.integers(0, len(SHIPPED)), st.integers(0, 40), st.sampled_from([*PIECES, "", "\r\n", "\x85"])
)
@settings(max_examples=times(400, 2_000), deadline=None)
def test_the_shipped_file_with_a_mistake_never_crashes(at: int, cut: int, piece: str) -> None:
    _, problems = read(SHIPPED[:at] + piece + SHIPPED[at + cut :])
    for problem in problems:
        assert problem.message
        assert problem.line <= SHIPPED.count("\n") + 3
