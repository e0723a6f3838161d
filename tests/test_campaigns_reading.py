"""Length and ease of letters, against texts whose scores are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.campaigns import legible, reading
from tests.merging import OFFICIAL, campaign

HARD = "Organizational considerations notwithstanding, institutional accountability necessitates "
HARD += "comprehensive administrative reconsideration of discretionary appropriations. "


def test_the_formula_is_fleschs() -> None:
    found = reading.read("The cat sat on the mat. It was happy there.", "en")
    # 10 words, 2 sentences, 11 syllables: 206.835 - 1.015 * 5 - 84.6 * 1.1
    assert found.ease == pytest.approx(108.7)
    assert found.grade == pytest.approx(0.39 * 5 + 11.8 * 1.1 - 15.59)
    assert (found.words, found.sentences, found.minutes, found.level) == (10, 2, 1, "easy")


def test_french_is_measured_as_kandel_and_moles_did() -> None:
    found = reading.read("Le chat dort. La table est grande.", "fr-CA")
    # 7 words, 2 sentences, 7 syllables: the last e of "table" and "grande" is silent
    assert found.ease == pytest.approx(207 - 1.015 * 3.5 - 73.6)
    assert found.grade is None


def test_other_languages_are_counted_and_not_judged() -> None:
    found = reading.read("Ein kurzer Brief. Noch einer.", "de")
    assert (found.words, found.ease, found.level) == (5, None, "")
    assert reading.read("", "en").ease is None


@pytest.mark.parametrize(
    ("text", "level"), [(HARD, "very hard"), ("We ask you to act. It is not hard.", "easy")]
)
def test_levels_have_names(text: str, level: str) -> None:
    assert reading.read(text, "en").level == level


@pytest.mark.parametrize(
    ("letter", "told"),
    [
        ("We ask you to act now. It is not hard to do. " * 80, "words, "),
        (HARD * 4, "very hard to read"),
        ("We ask you to act. It is not hard.", ""),
        ("{{ 'x' | date }}", ""),  # cannot be merged: told by the rehearsal
    ],
)
def test_an_organizer_is_told_of_what_will_not_be_read(letter: str, told: str) -> None:
    found = legible.check(campaign(letter), [OFFICIAL])
    assert [told in one.message for one in found] == ([True] if told else [])
    assert legible.check(campaign(letter), []) == ()


def test_the_place_is_the_letters_first_line() -> None:
    made = campaign(HARD * 4)
    version = replace(made.version("en"), letter_line=12)
    (found,) = legible.check(replace(made, versions={"en": version}), [OFFICIAL])
    assert (found.file, found.line) == ("x.md", 12)
