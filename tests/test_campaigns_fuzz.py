"""No text of a campaign crashes the reader, and none takes long."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.campaigns.reader import read
from mailer.campaigns.recipients import recipients
from mailer.campaigns.rehearsal import check
from mailer.problems import Severity
from tests.campaign_texts import OFFICIALS, SHIPPED, load, page
from tests.hunting import times


@pytest.mark.parametrize(
    "text",
    [
        "+++\n" + "a = " + "[" * 50_000 + "\n+++\nx",
        "+++\n" + "a." * 5_000 + "a = 1\n+++\nx",
        "+++\na = " + "9" * 6_000 + "\n+++\nx",
        page(letter="{{ " + "(" * 20_000),
        page(letter="{{ " + "not " * 4_000 + "1 }}"),
        page(letter="{{ official.name" + "|upper" * 3_000 + " }}"),
        page(letter="{% if 1 %}" * 1_500),
        page(letter="{% for a in official.tags %}" * 600),
        page(letter="{{ " + "9" * 6_000 + " }}"),
        page(letter="{{ 10 ** 10 ** 10 }}"),
        page(letter="{{ '%0999999999d'|format(1) }}"),
        page(letter="{{" * 9_000),
        page(letter="x" * 100_000),
        page(letter="\ud800"),
        "---\n" * 10_000,
        "+++\n" + "k = 1\n" * 10_000 + "+++\nx",
        "",
        "+++",
        "\0+++\n\0\n+++\n\0",
    ],
    ids=range(19),
)
def test_no_text_crashes_or_takes_long(text: str) -> None:
    start = time.process_time()
    _, problems = load(text)
    assert time.process_time() - start < 5
    assert any(one.severity is Severity.ERROR for one in problems)


PIECES = ["+++\n", "---\n", "***\n", "\n", '"', "'", '"""', "[", "]", "[[roles]]\n", "{", "}"]
PIECES += ["{{ ", " }}", "{% ", " %}", "{#", "if ", "endif", "for a in ", "official", ".name"]
PIECES += ["supporter.personal", "|upper", "|join", "= ", "title", "to", "\ufeff", "\0", "\t", "#"]
ENGLISH = SHIPPED["en"][1]


@given(st.integers(0, len(ENGLISH)), st.integers(0, 60), st.lists(st.sampled_from(PIECES)))
@settings(max_examples=times(150, 2_000), deadline=None)
def test_the_shipped_campaign_with_a_mistake_never_crashes(
    at: int, cut: int, pieces: list[str]
) -> None:
    text = ENGLISH[:at] + "".join(pieces) + ENGLISH[at + cut :]
    campaign, problems = read("x", {"en": ("x.md", text)}, OFFICIALS)
    assert campaign is not None or problems
    for one in problems:
        assert str(one).isprintable() or "\u00a0" in str(one)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.booleans())
@settings(max_examples=times(300, 2_000), deadline=None)
def test_random_campaigns_never_crash(text: str, framed: bool) -> None:
    campaign, problems = load(page(letter=text) if framed else text)
    if campaign is not None and not any(one.severity is Severity.ERROR for one in problems):
        check(campaign, recipients(campaign, OFFICIALS, date(2026, 11, 23)))
