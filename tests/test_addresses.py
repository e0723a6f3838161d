"""Names and addresses: what is refused, what is cleaned, what counts as the same person."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer import addresses
from mailer.errors import FieldError

PEPPER = b"p" * 32


@pytest.mark.parametrize(
    "text",
    [
        "Ann\r\nBcc: v@x.example",
        "Ann\nExample",
        "Ann\x00",
        "Ann\x1b[31m",
        "Ann\u2028Example",
        "Ann\u202eelpmaxE",
        "Ann\u200bExample",
        "Ann\u2066Example",
        "Ann\ufeff",
        "Ann\u200d",
        "=?utf-8?q?Jo=0d=0aBcc=3a_v=40x=2eorg?=",
        "=?UTF-8?B?SGk=?=",
        "\ud800",
        "\ue000",
    ],
)
def test_a_line_that_could_hide_something_is_refused(text: str) -> None:
    with pytest.raises(FieldError):
        addresses.line(text, 100)


@pytest.mark.parametrize(
    "text",
    [
        "Ann Example",
        "Zoë Müller-O'Brien, PhD",
        'Ann "Nan" <Example>',
        "{{7*7}}",
        "李小龍",
        "محمد علی",
        "می\u200cخواهم",
        "👩\u200d🔬 Ann",
        "a@b, c@d; e",
        "100% = ?",
    ],
)
def test_real_names_pass_unchanged(text: str) -> None:
    assert addresses.line(text, 100) == unicodedata.normalize("NFC", text)


def test_white_space_is_folded_and_length_counted_after() -> None:
    assert addresses.line("  Ann \t  Example ", 11) == "Ann Example"
    with pytest.raises(FieldError) as caught:
        addresses.line("x" * 101, 100)
    assert caught.value.code == "long"


@given(st.text())
def test_a_line_is_clean_or_refused(text: str) -> None:
    try:
        clean = addresses.line(text, 1000)
    except FieldError:
        return
    assert not addresses.hostile(clean)
    assert clean == addresses.line(clean, 1000)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_paragraphs_keep_every_word_or_are_refused(text: str) -> None:
    try:
        clean = addresses.paragraphs(text, 1000)
    except FieldError:
        return
    assert "\r" not in clean
    assert clean.split() == unicodedata.normalize("NFC", text).replace("\ufeff", "").split()
    assert clean == addresses.paragraphs(clean, 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann@supporter.example", "ann@supporter.example"),
        (" Ann.B+c@SUPPORTER.example ", "Ann.B+c@supporter.example"),
        ("ann@münchen.example", "ann@münchen.example"),
    ],
)
def test_working_addresses(text: str, expected: str) -> None:
    assert addresses.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "ann", "ann@", "@b.example", "a b@c.example", "ann@b,example", "ann@b",
        "ann@b.example;x@y.example", "ann@@b.example", "ann@b.example\nBcc: x@y.example",
        "Ann <ann@b.example>", "é@b.example", '"a b"@c.example', "ann@[127.0.0.1]",
        ".ann@b.example", "x" * 65 + "@b.example", "a@" + "b" * 260 + ".example",
        "ann@b..example", "=?utf-8?q?a?=@b.example", "ann@-b.example",
    ],
)  # fmt: skip
def test_addresses_that_cannot_work(text: str) -> None:
    with pytest.raises(FieldError):
        addresses.parse(text)


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_a_field_error(text: str) -> None:
    try:
        found = addresses.parse(text)
    except FieldError:
        return
    assert found.count("@") == 1
    assert not addresses.hostile(found)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ann@gmial.com", "ann@gmail.com"),
        ("ann@gmail.con", "ann@gmail.com"),
        ("ann@hotnail.com", "ann@hotmail.com"),
        ("ann@gmail.com", ""),
        ("ann@ymail.com", ""),
        ("ann@university.example", ""),
        ("ann@mail.com", ""),
    ],
)
def test_a_likely_slip_is_noticed_and_nothing_else(typed: str, meant: str) -> None:
    assert addresses.likely(typed) == meant


def test_one_person_is_one_key_however_they_write_themselves() -> None:
    same = {
        addresses.person_key(email, name, PEPPER)
        for email, name in (
            ("ann.example@gmail.com", "Zoë Example"),
            ("AnnExample+letters@googlemail.com", "zoe  EXAMPLE"),
        )
    }
    assert len(same) == 1
    others = {
        addresses.person_key("annexample@gmail.com", "Ben Example", PEPPER),
        addresses.person_key("ann.example@supporter.example", "Zoë Example", PEPPER),
        addresses.person_key("annexample@supporter.example", "Zoë Example", PEPPER),
        addresses.person_key("annexample@gmail.com", "Zoë Example", b"q" * 32),
    }
    assert len(same | others) == 5


@pytest.mark.parametrize("size", [1_000, 50_000])
def test_long_text_is_judged_and_not_kept_from_being_judged(size: int) -> None:
    for text in ("a" * size, "=?" * size, "a@" * size, " " * size, "\u200d" * size):
        for judge in (addresses.hostile, addresses.likely, addresses.mailbox, addresses.folded):
            judge(text)
