"""Changing a letter's own text: what is open, what stays, and that no word is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.campaigns import alike, changeable, editing
from mailer.campaigns.editing import Outline
from mailer.campaigns.letters import merge
from mailer.campaigns.values import MergedLetter, Recipient, Signatory
from mailer.problems import Severity
from tests.merging import ANN, OFFICIAL, campaign

URL = "https://c.example/x/"
LETTER = """\
Exams moved home.

{% if "a" in official.portfolios %}
They are in your care.

{% endif %}
{{ supporter.personal }}

I ask you to end it{% if "b" in official.portfolios %} soon{% endif %}.

Sincerely,"""
BEA = replace(OFFICIAL, official="bea", salutation={"": "Bea"}, portfolios=("c",))
CAMPAIGN = campaign(LETTER)
WRITER = replace(ANN, personal="My desk.\n\nMy room.")
ENDING = "\n\nAnn Example\nReply to: ann@supporter.example"


def letters(*readers: str) -> tuple[MergedLetter, ...]:
    chosen = {"ben": OFFICIAL, "bea": BEA}
    return tuple(merge(CAMPAIGN, chosen[one], WRITER, url=URL) for one in readers)


def outline(merged: tuple[MergedLetter, ...]) -> Outline:
    return editing.outline(CAMPAIGN, merged, WRITER, url=URL)


def test_of_one_letter_everything_but_salutation_and_closing_block_is_open() -> None:
    found = outline(letters("ben"))
    assert len(found.open) == 1
    assert found.open[0].startswith("Exams moved home.\n\nThey are in your care.\n\nMy desk.")
    assert found.open[0].endswith("Sincerely,")
    assert found.endings[0].startswith(ENDING.strip())
    assert found.fixed == (("", ""),)


def test_paragraphs_that_not_all_get_stay_between_the_open_texts() -> None:
    found = outline(letters("ben", "bea"))
    assert found.open == ("Exams moved home.", "My desk.\n\nMy room.", "Sincerely,")
    assert found.fixed == (
        ("", "They are in your care.", "I ask you to end it soon.", ""),
        ("", "", "I ask you to end it.", ""),
    )


def test_changed_texts_stand_in_every_letter_around_what_stays() -> None:
    merged = letters("ben", "bea")
    texts = ("{{ 7 * 7 }} {% if %}", "", "Yours,")
    ben, bea = editing.edited(merged, outline(merged), texts)
    assert ben.body.startswith(
        "{{ 7 * 7 }} {% if %}\n\nThey are in your care.\n\nI ask you to end it soon.\n\nYours,"
    )
    assert bea.body.startswith("{{ 7 * 7 }} {% if %}\n\nI ask you to end it.\n\nYours,\n\nAnn")
    same = [replace(one, body="") for one in (ben, bea)]
    assert same == [replace(one, body="") for one in merged], "nothing else changes"


def test_letters_with_nothing_alike_have_room_for_words_at_their_end() -> None:
    other = campaign("{{ official.id }}")
    merged = tuple(merge(other, one, ANN) for one in (OFFICIAL, BEA))
    found = editing.outline(other, merged, ANN)
    assert found.open == ("",)
    ben, bea = editing.edited(merged, found, ["My words."])
    assert ben.body.startswith("ben\n\nMy words.\n\nAnn")
    assert bea.body.startswith("bea\n\nMy words.\n\nAnn")


@pytest.mark.parametrize(
    ("texts", "fitted"),
    [
        (("a", "b", "c"), ("a", "b", "c")),
        (("a", " ", "c", "d"), ("a\n\nc\n\nd", "", "")),
        (("a",), ("a", "", "")),
    ],
)
def test_texts_of_other_letters_keep_every_word(
    texts: tuple[str, ...], fitted: tuple[str, ...]
) -> None:
    assert outline(letters("ben", "bea")).fit(texts) == fitted


def test_an_outline_is_known_by_what_is_open() -> None:
    both, one = outline(letters("ben", "bea")), outline(letters("ben"))
    assert both.key == outline(letters("bea", "ben")).key
    assert both.key != one.key


PARAGRAPHS = st.lists(st.sampled_from(["", "a", "b", "c", "\nd", "e f"]), min_size=1, max_size=9)


@settings(max_examples=200, deadline=None)
@given(st.lists(PARAGRAPHS, min_size=1, max_size=4), st.booleans())
def test_open_and_fixed_parts_put_together_are_the_letters(
    texts: list[list[str]], empty: bool
) -> None:
    """Whatever the paragraphs, but for empty ones beside a seam, which leave no gap."""
    if not empty:
        texts = [[part for part in text if part] or ["a"] for text in texts]
    merged = tuple(
        replace(letter, body="\n\n".join(text) + "\n\n" + outline(letters("ben")).endings[0])
        for text, letter in zip(texts, letters("ben") * len(texts), strict=True)
    )
    found = outline(merged)
    whole = [one.body for one in editing.edited(merged, found, found.open)]
    if empty:
        assert [one.split() for one in whole] == [one.body.split() for one in merged]
    else:
        assert whole == [one.body for one in merged]
    assert {len(fixed) for fixed in found.fixed} == {len(found.open) + 1}


@settings(max_examples=200, deadline=None)
@given(PARAGRAPHS, PARAGRAPHS)
def test_blocks_are_alike_and_in_order(first: list[str], other: list[str]) -> None:
    ends = (0, 0)
    for at, there, size in alike.blocks(first, other):
        assert at >= ends[0]
        assert there >= ends[1]
        assert first[at : at + size] == other[there : there + size]
        ends = (at + size, there + size)


class Counted(str):
    """A paragraph that counts how often one is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_thousands_of_paragraphs_are_compared_in_bounded_time() -> None:
    first = [Counted("x") for _ in range(5_000)]
    other = [Counted("y"), *(Counted("x") for _ in range(5_000)), Counted("z")]
    assert alike.blocks([Counted("w"), *first, Counted("v")], other) == []
    assert alike.blocks(first, [*first, Counted("z")]) == [(0, 0, 5_000)]
    assert Counted.compared < 50_000


def told(letter: str, *recipients: Recipient, **changes: Any) -> list[tuple[Severity, int, str]]:
    """What an organizer is told of a campaign whose text may be changed."""
    one = replace(campaign(letter), editable="body", **changes)
    found = changeable.check(one, recipients or (OFFICIAL, BEA))
    return [(problem.severity, problem.line, problem.message) for problem in found]


def test_organizers_are_told_what_cannot_be_changed() -> None:
    ((severity, line, message),) = told(LETTER)
    assert (severity, line) == (Severity.NOTE, 1)
    assert message == (
        "supporters can change the text, but not all of it: one place stays as it is"
    )
    assert "2 places stay as they are" in told("{{ official.id }}\n\nOne.\n\n" + LETTER)[0][2]
    assert told(LETTER, OFFICIAL) == []
    assert told(LETTER, choose="one") == []
    signed = told("One.\n\nBo Example signs.", signatories=(Signatory(name="Bo Example"),))
    assert "one place" in signed[0][2]


def test_organizers_are_warned_when_nothing_can_be_changed() -> None:
    ((severity, _, message),) = told("{{ official.id }}")
    assert severity is Severity.WARNING
    assert "supporters can only add" in message


def test_nothing_is_told_where_the_text_stays_or_cannot_be_merged() -> None:
    assert changeable.check(campaign(LETTER), (OFFICIAL, BEA)) == ()
    assert told("{{ official.id|date }}") == []
    assert changeable.check(replace(campaign(LETTER), editable="body"), ()) == ()
