"""Thousands of officials are rehearsed by a few letters, and nothing is missed by that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.campaigns import sorts
from mailer.campaigns.letters import merge
from mailer.campaigns.rehearsal import check
from mailer.campaigns.values import Recipient
from mailer.campaigns.words import official_words, supporter_words
from mailer.errors import MergeError
from tests.merging import ANN, OFFICIAL, campaign

MANY = [
    replace(
        OFFICIAL,
        official=f"o{number}",
        name=f"Member {'x' * (number % 7)} {number}",
        tags=("cabinet",) if number % 3 == 0 else (),
        portfolios=("health", "parks")[: number % 3],
        district={"en": f"District {number}"} if number % 5 else {},
    )
    for number in range(60)
]


def kinds(letter: str, readers: list[Recipient] | None = None) -> list[tuple[int, ...]]:
    """The sorts of officials that a letter tells apart, largest first."""
    words = [official_words(one, "en") for one in readers or MANY]
    ann = supporter_words(replace(ANN, district="District 7"), "en")
    return sorted((one.all for one in sorts.sort(words, [letter], [ann])), key=len, reverse=True)


@pytest.mark.parametrize(
    ("letter", "count"),
    [
        ("{{ official.name }} of {{ official.district }}", 2),  # with a district and without
        ("{% if official.district %}a{% endif %}", 2),
        ('{% if "cabinet" in official.tags %}a{% endif %}', 2),
        ('{% if official.id == "o7" %}a{% endif %}', 2),
        ('{% if official.id in ["o7", "o8"] or official.tags %}a{% endif %}', 3),
        ('{% set who = official.name %}{{ who | upper | default("you") }}', 1),
        ("{% for one in official.portfolios %}{{ one }}{% endfor %}", 3),
        ("{% for one in official.portfolios %}{{ one | date }}{% endfor %}", 3),
        ("{{ official.id | date }}", 1),
        ("{% if official.name > official.id %}a{% endif %}", 1),
        ("{% if official.name > 'Member x' %}a{% endif %}", 2),
        ('{% if official.name | lower == "member x 1" %}a{% endif %}', 2),
        ("{% if official.id is defined %}a{% endif %}", 1),
        ("{% if official.id is eq('o7') %}a{% endif %}", 2),
        ("{{ official.district or official.name }}", 2),
        ("{{ official.district | default(official.name) }}", 2),
        ('{% set one = official.id %}{% if one in ["o7", "o8"] %}a{% endif %}', 2),
        ("{% if official.district == supporter.district %}a{% endif %}", 2),
        ("{% if official.id == official.name %}a{% endif %}", 1),
        ("{% if official.name == campaign.title %}a{% endif %}", 60),  # never asked, so not told
        ("{% set a = official.name %}{% set a = a %}{% set a = a | upper %}{{ a }}", 1),
        ("{% set a = official.name %}" + "{% set a = a or a %}" * 60 + "{{ a }}", 1),
        (
            "{% set a = official.id %}"
            + "".join("{% set " + f"a = a | {name}" + " %}" for name in ("upper", "lower") * 30)
            + "{% if a == 'o7' %}a{% endif %}",
            60,
        ),
        ("{{ supporter.name }}", 1),
    ],
)
def test_officials_are_told_apart_by_what_a_letter_asks(letter: str, count: int) -> None:
    found = kinds(letter)
    assert len(found) == count
    assert sorted(at for one in found for at in one) == list(range(len(MANY)))


def test_the_longest_of_a_sort_is_the_one_who_makes_the_letter_longest() -> None:
    words = [official_words(one, "en") for one in MANY]
    (found,) = sorts.sort(words, ["{{ official.name }} {{ official.name }}"])
    assert len(MANY[found.longest].name) == max(len(one.name) for one in MANY)


@pytest.mark.parametrize(
    "letter",
    [
        '{% if official.id == "o33" %}{{ "x" | date }}{% endif %}',
        '{% if "parks" in official.portfolios and not official.district %}{{ "x"|date }}'
        "{% endif %}",
        "{{ official.name | date }}",
        '{% if official.name | upper == "MEMBER  7" %}{{ "x" | date }}{% endif %}',
        "{% if official.district > 'District 4' %}{{ 'x' | date }}{% endif %}",
        "{% if official.district == supporter.district %}{{ 'x' | date }}{% endif %}",
        "{{ official.district or 'x' }}{% if not official.district %}{{ 'x' | date }}{% endif %}",
        '{% for one in official.portfolios %}{% if one == "parks" %}{{ one | date }}{% endif %}'
        "{% endfor %}",
        '{% set word = "x" %}{% if official.tags %}{{ word | date }}{% endif %}',
    ],
)
def test_every_letter_that_fails_is_found_and_everybody_named(letter: str) -> None:
    text = letter + "{{ supporter.personal }}"
    failing = []
    for reader in MANY:
        try:
            merge(campaign(text), reader, ANN)
        except MergeError:
            failing.append(reader.official)
    alone = {one.official: check(campaign(text), [one]) for one in MANY}
    assert [name for name, told in alone.items() if told] == failing
    (found,) = check(campaign(text), MANY)
    rest = len(failing) - 2
    named = f"{failing[0]}, {failing[1]} and {rest} more" if rest > 1 else " and ".join(failing)
    assert f"(for {named})" in found.message


def test_a_subject_that_is_too_long_for_one_of_many_is_found() -> None:
    long = replace(OFFICIAL, official="long", name="x" * 119)
    subject = "{{ official.name }} {{ official.name }} and again {{ official.name }}"
    told = check(campaign("{{ supporter.personal }}", subjects=(subject,)), [*MANY, long])
    assert any("the subject has" in one.message and "(for long)" in one.message for one in told)
