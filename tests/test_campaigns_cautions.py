"""What can be used and is hardly meant: told by the check of all files together."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.campaigns import checking
from mailer.campaigns.library import OFFICIALS, read_content
from mailer.problems import Problem, Severity

NOW = 1_795_000_000.0  # 18 November 2026
PEOPLE = """\
officials:
  - {id: ann, name: Ann Example, email: ann@office.example, tags: [member],
     salutation: {en: Ms Example}}
  - {id: ben, name: Ben Example, email: ben@office.example, salutation: Mx Example}
"""
HEAD = '+++\ntitle = "T"\nto = ["ann", "ben"]\n'
FRENCH = '+++\ntitle = "Un"\n'
LETTER = "+++\nThe page.\n***\nHello. {{ supporter.personal }}\n"


def told(main: str, french: str = "") -> list[Problem]:
    """Warnings and errors of a home with these letters."""
    files = {OFFICIALS: PEOPLE, "templates/letters/one.md": main}
    files |= {"templates/letters/one.fr.md": french} if french else {}
    found = checking.check(read_content(files), Path("/nowhere"), now=NOW, service=False)
    return [one for one in found if one.severity is not Severity.NOTE]


def test_letters_that_begin_in_another_language_are_told() -> None:
    (found,) = told(HEAD + LETTER, FRENCH + LETTER)
    assert found.file.endswith("one.fr.md")
    assert found.message == (
        'letters in fr begin with "Ms Example": no salutation in fr is given for ann'
    )
    named = 'salutation = "{{ official.name }},"\n'
    assert not told(HEAD + LETTER, FRENCH + named + LETTER), "whoever is named is not greeted"
    assert not told(HEAD + LETTER), "one language has no other"


def test_a_fallback_that_gets_everything_is_told_at_whom_it_stands_for() -> None:
    head = '+++\ntitle = "T"\nto = { tags = ["membre"] }\nfallback = "ben"\n'
    nobody, swallowed = told(head + LETTER)
    assert "nobody in officials.yaml has the tag" in nobody.message
    assert (swallowed.line, swallowed.message) == (
        3, 'nobody fits "to" today: every letter goes to the fallback, ben'
    )  # fmt: skip
    assert not told(head.replace("membre", "member") + LETTER)


def test_a_message_that_nobody_reads_is_told() -> None:
    (found,) = told(HEAD + 'except_message = "x"\n' + LETTER)
    assert (found.line, "never read" in found.message) == (4, True)


def test_a_version_that_is_all_letter_is_told() -> None:
    (found,) = told(
        HEAD + LETTER, FRENCH + 'salutation = "{{ official.name }},"\n+++\nLa page.\n\nSalut.'
    )
    assert (found.line, "all of this is sent" in found.message) == (5, True)
    only_letters = (
        HEAD + "+++\nHello.",
        FRENCH + 'salutation = "{{ official.name }},"\n+++\nSalut.',
    )
    assert not told(*only_letters), "pages without a story are alike"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("{% autoescape true %}x{% endautoescape %}", "known are"),
        ("{% with a = 1 %}x{% endwith %}", "known are"),
        ("{% if official.tags = 'x' %}a{% endif %}", "write =="),
        ("{% if official.tags && true %}a{% endif %}", "write and"),
        ("{% if !official.tags %}a{% endif %}", "write not"),
        ("{% if official.name == “Ann” %}a{% endif %}", "write \" or '"),
        ("{% if official.tags %}a{% else if official.name %}b{% endif %}", "write elif"),
        ("{% IF official.tags %}a{% ENDIF %}", "small letters"),
        ("{% if official.tags %}a{% end if %}", "endif"),
        ("{% if official.tags then %}a{% endif %}", "take it away"),
        ("{{ official.name || upper }}", "one | is enough"),
        ("{{ supporter-name }}", "write a dot"),
        ("{% else %}", "take it away"),
        ("{{ campaign.signatories | join(', ') }}", "attribute="),
    ],
)
def test_what_is_written_in_another_language_is_told_in_ours(code: str, hint: str) -> None:
    found = told(HEAD + LETTER.replace("Hello.", code))
    assert found[0].line == 7
    assert hint in found[0].suggestion
