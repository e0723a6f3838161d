"""Posts that nobody holds: since a day, before a day, for some days between two, and at the end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailer.officials import reader, tenure
from mailer.problems import Severity

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
HEAD = """\
posts:
  - {id: exams, title: Minister of Exams, email: exams@ministry.example}
officials:
"""
PERSON = """\
  - id: {id}
    name: {id}
    holds:
      - {{post: exams{dates}}}
"""


def told(*terms: tuple[str, str]) -> list[tuple[int, str, str]]:
    """What is said of people with these dates: line, words, how much it matters."""
    text = HEAD + "".join(PERSON.format(id=who, dates=dates) for who, dates in terms)
    found, problems = reader.read(text)
    assert not [one for one in problems if one.severity is Severity.ERROR]
    return [
        (one.line, one.message, one.severity.value)
        for one in tenure.check(found, "officials.yaml", text, now=NOW)
    ]


@pytest.mark.parametrize(
    "terms",
    [
        [("ann", "")],
        [("ann", ", from: 2020-01-01")],
        [("ann", ", until: 2024-12-31"), ("ben", ", from: 2025-01-01")],
        [("ann", ", until: 2020-12-31"), ("ben", ", from: 2025-01-01")],
        [("ann", ", until: 2026-11-23"), ("ben", ", from: 2026-11-24")],
        [("ben", ", from: 2027-01-01"), ("ann", ", until: 2026-12-31")],
    ],
)
def test_nothing_is_said_where_somebody_holds_it_and_will(terms: list[tuple[str, str]]) -> None:
    assert told(*terms) == []


def test_who_left_without_a_successor() -> None:
    ended = ("ben", ", from: 2025-02-01, until: 2026-11-22")
    assert told(("ann", ", until: 2025-01-31"), ended) == [
        (11, "nobody holds the post exams since 2026-11-22, the last day of ben", "warning")
    ]  # fmt: skip


def test_who_has_not_begun_yet() -> None:
    assert told(("ann", ", until: 2026-11-01"), ("ben", ", from: 2026-12-01")) == [
        (11, "nobody holds the post exams before 2026-12-01, when ben begins", "warning")
    ]


def test_days_between_two() -> None:
    assert told(("ann", ", until: 2026-12-01"), ("ben", ", from: 2026-12-05")) == [
        (
            11,
            "nobody holds the post exams from 2026-12-02 to 2026-12-04, between ann and ben",
            "warning",
        )
    ]


def test_an_end_that_is_known_is_worth_a_note() -> None:
    assert told(("ann", ", until: 2026-12-01")) == [
        (7, "nobody follows ann in the post exams after 2026-12-01", "note")
    ]


def test_the_day_is_that_of_the_office() -> None:
    head = HEAD.replace("email:", "timezone: Pacific/Auckland, email:")
    text = head + PERSON.format(id="ann", dates=", until: 2026-11-23")
    found, _ = reader.read(text)
    (one,) = tenure.check(found, "officials.yaml", text, now=NOW)
    assert one.message.startswith("nobody holds the post exams since 2026-11-23")


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ([("ann", "")], []),
        ([("ann", ", until: 2026-11-22"), ("ben", "")], []),
        ([("ann", ", until: 2026-12-31")], ["ann holds exams until 2026-12-31"]),
        (
            [("ann", ", until: 2026-12-31"), ("cyd", ", from: 2028-01-01, until: 2028-02-01"),
             ("ben", ", from: 2027-01-01, until: 2027-12-31")],
            ["ann holds exams until 2026-12-31, then ben from 2027-01-01"],
        ),
        (
            [("ann", ""), ("ben", ", from: 2027-01-01")],
            ["ann holds exams, then ben from 2027-01-01"],
        ),
    ],
)  # fmt: skip
def test_what_is_known_of_the_days_to_come(terms: list[tuple[str, str]], words: list[str]) -> None:
    text = HEAD + "".join(PERSON.format(id=who, dates=dates) for who, dates in terms)
    found, _ = reader.read(text)
    assert list(tenure.ahead(found, "ann", datetime.fromtimestamp(NOW, UTC).date())) == words
