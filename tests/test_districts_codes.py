"""Postal codes as people type them."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.districts.codes import (
    FIRST,
    LETTERS,
    CodeError,
    bare,
    canadian,
    looks_canadian,
    part_of_canadian,
)
from mailer.districts.names import folded


@pytest.mark.parametrize(
    "typed",
    ["K1A 0B1", "k1a0b1", " k1a-0b1 ", "K1A.0B1", "k 1 a 0 b 1", "K1A\u20130B1", "Ｋ１Ａ ０Ｂ１"],
)
def test_a_code_is_written_as_canada_post_does(typed: str) -> None:
    assert canadian(typed) == "K1A 0B1"


@pytest.mark.parametrize(
    ("typed", "code", "letter", "meant"),
    [
        ("K1O 0B1", "code-letter", "O", ""),
        ("D1A 0B1", "code-letter", "D", ""),
        ("K1A 0U1", "code-letter", "U", ""),
        ("W1A 0B1", "code-first", "W", ""),
        ("Z1A 0B1", "code-first", "Z", ""),
        ("KIA OBI", "code-digit", "I", "K1A 0B1"),
        ("K1A OB1", "code-digit", "O", "K1A 0B1"),
        ("KXA 0B1", "code-shape", "X", ""),
        ("K1A", "code-short", "", ""),
        ("K1A 0B", "code-shape", "", ""),
        ("K1A 0B12", "code-shape", "", ""),
        ("12345", "code-shape", "", ""),
        ("1K2A3B", "code-shape", "", ""),
        ("K1A\u06600B1", "code-shape", "", ""),
        ("", "code-shape", "", ""),
        ("🙂" * 6, "code-shape", "", ""),
    ],
)
def test_what_is_no_code_is_refused_with_its_reason(
    typed: str, code: str, letter: str, meant: str
) -> None:
    with pytest.raises(CodeError) as caught:
        canadian(typed)
    assert (caught.value.code, caught.value.letter, caught.value.meant) == (code, letter, meant)


@given(st.text(max_size=30))
def test_a_code_is_canadian_or_refused_and_nothing_else(typed: str) -> None:
    try:
        written = canadian(typed)
    except CodeError:
        return
    assert written[0] in FIRST
    assert {written[2], written[5]} <= LETTERS
    assert canadian(written) == written
    assert looks_canadian(written)
    assert all(part_of_canadian(bare(written)[:length]) for length in range(1, 7))


def test_the_letters_are_those_of_canada_post() -> None:
    assert set(string.ascii_uppercase) == LETTERS | set("DFIOQU")
    assert not LETTERS & set("DFIOQU")
    assert not FIRST & set("WZ")
    assert FIRST | set("WZ") == LETTERS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sault Ste. Marie", "sault-ste-marie"),
        ("Algoma—Manitoulin—Kapuskasing", "Algoma-Manitoulin-Kapuskasing"),
        ("L’Île-d’Orléans", "l'ile d'orleans"),
        ("Sacré-Cœur", "SACRE COEUR"),
        ("Weißensee", "WEISSENSEE"),
    ],
)
def test_names_of_one_district_are_alike(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_names_of_different_districts_stay_different() -> None:
    names = ("Ottawa Centre", "Ottawa South", "Ottawa—Vanier", "हिन्दी", "हिन्द", "9e", "19e")
    assert len({folded(name) for name in names}) == len(names)
    assert folded("—.’") == ""
