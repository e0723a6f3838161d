"""Mistakes in a letter's own code: each is told once, at its line and column in the file."""

from __future__ import annotations

import pytest

from mailer.campaigns.report import render
from mailer.problems import Severity
from tests.campaign_texts import OWN, ROLES, load, page

FIRST_LINE = 8  # of the letter, in the file

MISTAKES = [
    ("zero width", "{{ supporter.personal }}\u200b", "1:25", "U+200B", "type"),
    ("name", "Hi {{ oficial.name }} ", "1:7", "no oficial", "official"),
    ("part", "x\n{{ official.salutaton }}", "2:13", "no salutaton", "salutation"),
    ("filter", "{{ supporter.personal|uper }}", "1:23", "no filter uper", "mean upper"),
    ("filter of list", "{{ official.tags|upper }}", "1:18", "needs a text", ""),
    ("join of text", "{{ supporter.personal|join }}", "1:23", "needs a list", ""),
    (
        "too many arguments",
        "{{ supporter.personal|upper(1) }}",
        "1:23",
        "does not take",
        "brackets",
    ),
    ("a list", "{{ official.portfolios }}", "1:1", "a list", "join"),
    ("a whole", "{{ official }}", "1:1", "has parts", "name"),
    ("part of a text", "{{ official.name.upper }}", "1:18", "one value", ""),
    ("part of a sum", "{% if true.__class__ %}{% endif %}", "1:12", "one value", ""),
    ("filter of a number", "{{ 5|upper }}", "1:6", "needs a text", ""),
    ("filter of a comparison", "{{ (1 == 2)|upper }}", "1:13", "needs a text", ""),
    ("call", "{{ range(9) }}", "1:1", "called", "brackets"),
    ("method", "{{ official.name.upper() }}", "1:1", "called", "brackets"),
    ("private", "{{ official.__class__ }}", "1:13", "has no __class__", "known"),
    ("sums", "{{ 'a' * 200000000 }}", "1:1", "nothing is reckoned", "the result"),
    ("tilde", "{{ official.name ~ 'a' }}", "1:1", "~", "one after the other"),
    ("index", "{{ official.tags[0] }}", "1:1", "square", "dot"),
    ("include", "{% include 'x' %}", "1:1", "include", "here"),
    ("macro", "{% macro a() %}{% endmacro %}", "1:1", "cannot be used", "for"),
    ("tag", "{% fi x %}", "1:1", "not known", "if"),
    ("no endif", "x\n{% if official.name %}\n", "2:1", "never closed", "endif"),
    ("no endfor", "x\n{% for a in official.tags %}\n", "2:1", "{% for %} is never", "{% endfor %}"),
    ("crossed", "{% for a in official.tags %}{% endif %}", "1:1", "does not fit", "{% endfor %}"),
    ("no end of tag", "{{ supporter.personal }", "1:1", "", "{{"),
    ("inline if", "{{ 'a' if official.name }}", "1:8", "needs an else", "else"),
    ("set ours", "{% set official = 'a' %}", "1:8", "cannot be set", "new name"),
    ("for a text", "{% for a in official.name %}{% endfor %}", "1:4", "goes through a list", ""),
    ("unknown test", "{% if official.name is callable %}{% endif %}", "1:24", "no test", "=="),
    (
        "no such role",
        "{% if supporter.role == 'studnt' %}x{% endif %}",
        "1:26",
        "studnt",
        "student",
    ),
    (
        "no such portfolio",
        "{% if 'labor' in official.portfolios %}x{% endif %}",
        "1:8",
        "labor",
        "labour",
    ),
]


@pytest.mark.parametrize(
    ("code", "place", "message", "suggestion"),
    [pytest.param(*case[1:], id=case[0]) for case in MISTAKES],
)
def test_a_mistake_is_told_at_its_place(
    code: str, place: str, message: str, suggestion: str
) -> None:
    letter = code if OWN.strip("{} ") in code else code + OWN
    _, problems = load(page(ROLES, letter=letter))
    assert len(problems) == 1, [str(problem) for problem in problems]
    found = problems[0]
    assert f"{found.line - FIRST_LINE + 1}:{found.column}" == place
    assert found.severity is not Severity.NOTE
    assert message in found.message
    assert suggestion in found.suggestion


def test_a_mistake_far_to_the_right_still_shows_its_line() -> None:
    _, (found,) = load(page(letter=OWN + " x" * 400 + " {{ official.salutaton }}"))
    assert "^" in render([found], colour=False)
    assert "salutaton }}" in render([found], colour=False)
