"""Names and domains that look like others are found; people's names in two alphabets are names."""

from __future__ import annotations

import pytest

from mailer.review import scripts


@pytest.mark.parametrize(
    "name",
    [
        "Аnn Example", "Ann Ехample", "Αnna Example", "O'Соnnor", "Joseph Ꮪmith", "Ann Сох",
        "Ann ΧΟΧ", "A\u0301n\u043d Example", "Ann Eхаmple (Ann)",
    ],
)  # fmt: skip
def test_look_alikes_are_found(name: str) -> None:
    assert scripts.are_mixed(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "Ann Example", "Zoë Müller-Łukasz", "Ελένη (Eleni)", "Ελένη Παπαδοπούλου (Eleni)",
        "ΑΝΝΑ (ANNA)", "Νίκος Papas", "Иван Петров", "Иван / Ivan", "Мария Example", "Ђорђе",
        "山田 タロウ", "山田ゆき", "김민준 Kim", "金正 김", "李小龙 Bruce Lee", "Ｂｏｂ",
        "שלום Cohen", "Ann 4µ", "Արմեն (Armen)", "نور Noor", "😀", "Ⅳ",
    ],
)  # fmt: skip
def test_names_in_one_or_two_alphabets_are_names(name: str) -> None:
    assert not scripts.are_mixed(name)


@pytest.mark.parametrize(
    ("domain", "imitates"),
    [
        ("gmail.com", False), ("müller.example", False), ("xn--mller-kva.example", False),
        ("почта.рф", False), ("россия.com", False), ("сосо.рф", False), ("例え.jp", False),
        ("xn--", False), ("xn--99999999999999", False), ("xn--é", False), ("", False),
        ("gооgle.com", True), ("xn--ggle-55da.com", True), ("аррӏе.com", True),
        ("xn--80ak6aa92e.com", True), ("mail.сосо.com", True), ("αpple.gr", True),
    ],
)  # fmt: skip
def test_domains_drawn_like_others(domain: str, imitates: bool) -> None:
    assert scripts.is_imitation(domain) is imitates
