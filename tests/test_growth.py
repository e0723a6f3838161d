"""Nothing that reads what others write takes more calls than its length: counted, not timed."""

from __future__ import annotations

import pytest

from benchmarks import growth
from benchmarks.growth_subjects import SUBJECTS


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_number_of_calls_grows_with_the_length_alone(name: str) -> None:
    ask, pieces = SUBJECTS[name]
    for piece in pieces[::9]:
        assert growth.power_of_calls(ask, piece, (2_000, 4_000)) < 1.2, piece


def test_the_square_is_seen() -> None:
    def steep(text: str) -> int:
        return sum(len(text[at:]) for at in range(len(text)) for _ in range(len(text) // 100))

    assert growth.power_of_calls(steep, "a", (1_000, 2_000)) == pytest.approx(2.0, abs=0.1)


def test_every_regular_expression_is_found_and_asked() -> None:
    found = {name for name, _, _ in growth.patterns()}
    assert {"review.signs._LINK", "mailer.addresses"} & found == {"review.signs._LINK"}
    assert len(found) > 150
    assert {name.partition("[")[0] for name in found} >= set(growth.SHORT)
    for _, ask, _ in growth.patterns():
        ask("a text. <a@b.example>")
