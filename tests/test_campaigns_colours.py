"""Colours: whatever an organizer writes, links and buttons can be read."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailer.campaigns import colours, reader
from mailer.campaigns.colours import DARK, LIGHT, READABLE
from mailer.problems import Severity
from mailer.web import assets

EVERY = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    # As Chromium's and the WCAG's own examples have them.
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#ff0000", "#ffffff", 4.0)],
)
def test_contrast_is_the_wcags(one: str, other: str, wanted: float) -> None:
    assert colours.contrast(one, other) == pytest.approx(wanted, abs=0.01)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@given(EVERY)
@example("#ffffff")
@example("#000000")
@example("#FFDD00")
def test_every_colour_becomes_readable(colour: str) -> None:
    light, dark = colours.shades(colour)
    for shades, grounds in ((light, LIGHT), (dark, DARK)):
        for ground in grounds:
            assert colours.contrast(shades.accent, ground) >= READABLE
            assert colours.contrast(shades.deep, ground) >= READABLE
        assert colours.contrast(shades.on, shades.accent) >= READABLE
        assert colours.contrast(shades.on, shades.deep) >= READABLE


@given(EVERY)
def test_a_colour_that_can_be_read_is_left_alone(colour: str) -> None:
    light, _ = colours.shades(colour)
    assert (light.accent == colour) == (colours.worst(colour) >= READABLE)


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    sheet = (assets.FOLDER / "site.css").read_text(encoding="utf-8")
    light, dark = sheet.split("prefers-color-scheme: dark", 1)
    for text, grounds in ((light, LIGHT), (dark, DARK)):
        found = [
            re.search(rf"--{name}: (#\w+)", text)[1]  # type: ignore[index]  # it is there
            for name in ("paper", "sheet", "wash")
        ]
        whole = [one if len(one) == 7 else "#" + "".join(c * 2 for c in one[1:]) for one in found]
        assert tuple(whole) == grounds


PAGE = """\
+++
title = "Exams"
to = ["north"]
{line}
+++
Story.
***
Letter.
"""


def told(line: str) -> list[tuple[str, str, str]]:
    files = {"en": ("exams.md", PAGE.format(line=line))}
    _, problems = reader.read("exams", files)
    return [
        (f"{one.file}:{one.line}:{one.column}", one.message, one.suggestion)
        for one in problems
        if one.severity is Severity.WARNING
    ]


def test_check_says_what_is_used_in_the_place_of_a_pale_colour() -> None:
    ((place, message, suggestion),) = told('colour = "#ffdd00"')
    used = colours.shades("#ffdd00")[0].accent
    assert place == "exams.md:4:10"
    assert message == (
        '"colour": "#ffdd00" is too pale to be read on light pages (contrast 1.1 of 4.5)'
    )
    assert suggestion == f'{used} is used there instead: write colour = "{used}" to see it here'
    assert told(f'colour = "{used}"') == []
    assert told('colour = "#7a1f3d"') == []
