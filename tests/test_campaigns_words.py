"""What people read: the story's HTML, and the report of problems."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from mailer.campaigns import story
from mailer.campaigns.report import render
from mailer.officials.reader import read
from mailer.problems import Problem, Severity


def test_a_story_is_commonmark() -> None:
    made = story.html("# Why\n\nWe *ask* **both**:\n\n- [one](https://a.example/?a=1&b=2)\n- two\n")
    assert isinstance(made, Markup)
    assert made == (
        "<h2>Why</h2>\n<p>We <em>ask</em> <strong>both</strong>:</p>\n<ul>\n"
        '<li><a href="https://a.example/?a=1&amp;b=2">one</a></li>\n<li>two</li>\n</ul>\n'
    )
    assert story.html("###### six") == "<h6>six</h6>\n"


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<b onclick=x>a</b>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html,x)",
        "[a](//evil.example)",
        "[a](/staff/)",
        "<javascript:alert(1)>",
        "![a](https://other.example/pixel.png)",
        "![a](javascript:x)",
        "![<b>](data:image/png,x)",
        '[a](https://x.example/"onmouseover="x)',
    ],
)
def test_a_story_holds_nothing_dangerous(markdown: str) -> None:
    made = story.html(markdown)
    assert not re.search(r"<(?!/?(p|a href=\"https://x\.example/[^\"]*\"|a)>)", made)


def test_our_own_images_are_shown() -> None:
    assert story.html('![A "lake"](/media/lake.jpg)') == (
        '<p><img src="/media/lake.jpg" alt="A &#34;lake&#34;" loading="lazy"></p>\n'
    )


@given(st.text(st.sampled_from("<>&\"'[]()!#*_`\n \t-:/javscript:dt,x1."), max_size=80))
@settings(max_examples=300, deadline=None)
def test_a_story_has_no_other_tags_than_markdowns(markdown: str) -> None:
    made = story.html(markdown)
    tags = set(re.findall(r"</?([a-zA-Z0-9]+)", made))
    assert tags <= {
        "p", "em", "strong", "a", "ul", "ol", "li", "code", "pre", "br", "hr", "blockquote", "img",
        "h2", "h3", "h4", "h5", "h6",
    }  # fmt: skip
    assert not re.search(r'(href|src)="(?!https?:|mailto:|/media/)', made)


def test_a_report_shows_the_place_with_a_caret() -> None:
    _, problems = read("officials:\n  - id: ann\n    name: Ann\n    email: min@ontario,ca\n")
    assert render(problems, colour=False) == (
        'officials.yaml:4:12: error: "email": "min@ontario,ca" has a comma\n'
        "     4 |     email: min@ontario,ca\n"
        "       |            ^\n"
        "    did you mean min@ontario.ca?\n"
        "\n"
        "1 error\n"
    )


def test_a_report_counts_and_is_empty_for_nothing() -> None:
    kinds = [Severity.ERROR, Severity.NOTE, Severity.ERROR, Severity.WARNING]
    problems = [Problem(file="x", message="m", severity=kind) for kind in kinds]
    assert render(problems, colour=False).endswith("\n\n2 errors, 1 warning, 1 note\n")
    assert render([], colour=True) == ""


def test_a_report_in_colour_says_the_same() -> None:
    problems = [Problem(file="x", line=2, message="m", suggestion="s", source="text")]
    coloured = render(problems, colour=True)
    assert "\x1b[31merror\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == render(problems, colour=False)


def test_a_long_line_is_shown_near_the_place() -> None:
    source = "a" * 200 + "!" + "b" * 50
    problem = Problem(file="x", line=1, column=201, message="m", source=source)
    _, shown, caret, *_ = render([problem], colour=False).split("\n")
    assert shown[caret.index("^")] == "!"
    assert len(shown) < 120
