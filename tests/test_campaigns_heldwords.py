"""Words that a campaign holds: how they are written down, and how they are found."""

from __future__ import annotations

import pytest

from mailer.campaigns import heldwords
from tests.campaign_texts import OWN, good, load, page

LISTED = ("idiot", "Œuf pourri", "l'État", "ÎLE")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("You IDIOT!", ["idiot"]), ("idiotic idiots", []), ("quel oeuf, POURRI", ["Œuf pourri"]),
        ("l’e\u0301tat", ["l'État"]), ("etat", []), ("une île_idiot", ["idiot", "ÎLE"]),
        ("oeuf. Un pourri", []), ("", []), ("😀 \u0301", []),
    ],
)  # fmt: skip
def test_whole_words_are_found_whatever_case_and_accents(said: str, found: list[str]) -> None:
    assert sorted(heldwords.find(LISTED, ["well,", said])) == sorted(found)


def test_the_words_of_all_languages_count() -> None:
    french = f'+++\ntitle = "T"\nhold_words = ["menteur"]\n+++\n{OWN}'
    campaign = good(page('hold_words = ["liar"]'), french)
    assert campaign.hold_words == ("liar", "menteur")


@pytest.mark.parametrize(
    ("line", "place", "message", "hint"),
    [
        ('hold_words = ["a b", "liar*"]', 22, 'has a *, which stands for nothing', "each form"),
        ('hold_words = ["!!"]', 15, "holds no word", "write a word"),
        ('hold_words = ["ok", "x"]', 21, "one sign", "whole word"),
        ('hold_words = ["Été", "ete"]', 22, "stands in the list before", "once"),
        ('hold_words = ["Exams!"]', 15, "the letter itself says", "take it out"),
        ('hold_words = "liar"', 14, "is one text, where a list", '["liar"]'),
        ("hold_words = [7]", 15, "read as a number", '"7"'),
        ('hold_word = ["x"]', 1, "not a key", "did you mean hold_words"),
        ('banned_words = ["x"]', 1, "not a key", "write hold_words"),
        (f'hold_words = ["{"x" * 61}"]', 15, "61 characters", "under 60"),
    ],
)  # fmt: skip
def test_mistakes_are_told_at_their_place(line: str, place: int, message: str, hint: str) -> None:
    _, problems = load(page(line, letter=f"{OWN}\n\nMy exams are loud."))
    (found,) = problems
    assert (found.line, found.column) == (4, place)
    assert message in found.message
    assert hint in found.suggestion
