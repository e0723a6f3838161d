"""The rehearsal: what it finds stands at its line, is told once, and says for whom."""

from __future__ import annotations

from dataclasses import replace

from mailer.campaigns.rehearsal import check
from mailer.campaigns.values import Campaign, Recipient, Version
from mailer.problems import Problem, Severity
from tests.campaign_texts import OWN, ROLES, load, page
from tests.merging import OFFICIAL, campaign

OTHER = replace(OFFICIAL, official="eve")


def rehearsed(text: str, *recipients: Recipient) -> tuple[Problem, ...]:
    """What the rehearsal of a campaign file finds."""
    read, problems = load(text)
    assert read is not None
    assert not [one for one in problems if one.severity is Severity.ERROR]
    return check(read, recipients or (OFFICIAL, OTHER), files={"x.md": text})


def test_a_rehearsal_tells_file_and_line() -> None:
    version = Version(
        language="en", title="T", letter="a\n\n{{ 'x'|date }}", file="x.md", letter_line=10
    )
    problems = check(Campaign(slug="x", versions={"en": version}), [OFFICIAL])
    assert [(one.file, one.line) for one in problems] == [("x.md", 12)]
    assert "date needs a day" in problems[0].message
    assert "for ben" in problems[0].message


def test_a_rehearsal_reads_the_letter_over() -> None:
    bad = campaign("{% if supporter.role %}{{ supporter.personal }}{% endif %} http://x.example",
                   subjects=("STOP THIS",), title="T")  # fmt: skip
    messages = " ".join(one.message for one in check(bad, [OFFICIAL]))
    assert "own words are left out (for ben)" in messages
    assert "all in capitals" in messages
    assert "not https" in messages
    assert "has 101 characters" in check(campaign("x", title="a" * 101), [OFFICIAL])[0].message


def test_a_subject_that_looks_like_an_answer_is_told() -> None:
    for subject in ("Re: your letter", "FW: exams", "Tr : examens"):
        (found,) = check(campaign("{{ supporter.personal }}", subjects=(subject,)), [OFFICIAL])
        assert "looks like an answer" in found.message
    assert not check(campaign("{{ supporter.personal }}", subjects=("Re-open it",)), [OFFICIAL])


def test_a_salutation_with_a_gap_is_told_for_whom() -> None:
    text = page(letter=OWN).replace("+++\n", '+++\nsalutation = "Dear {{ official.title }},"\n', 1)
    (found,) = rehearsed(text, OFFICIAL, replace(OTHER, title={}))
    assert (found.line, found.severity) == (2, Severity.WARNING)
    assert found.message == "the salutation has a gap: Dear , (for eve)"


def test_a_letter_that_nobody_gets_is_an_error() -> None:
    assert "nobody would get" in check(campaign("x"), [])[0].message
    text = page(letter=OWN)
    read, _ = load(text)
    assert read is not None
    (found,) = check(read, [], files={"x.md": text})
    assert found.source.startswith("to ="), "it stands at its place"
    told = campaign("x")
    version = replace(told.version("en"), fallback_message="Write to your council.")
    assert check(replace(told, versions={"en": version}), []) == ()


def test_a_letter_that_cannot_be_merged_is_told_once_with_its_line_and_for_whom() -> None:
    (found,) = rehearsed(page(ROLES, letter=f"One.\n\nOn {{{{ official.name | date }}}} {OWN}"))
    assert (found.line, found.column, found.severity) == (10, 23, Severity.ERROR)
    assert found.source == "On {{ official.name | date }} {{ supporter.personal }}"
    assert found.message.startswith("date needs a day as 2020-07-02")
    assert found.message.endswith("(for ben and eve, every role)")


def test_only_those_whose_letter_fails_are_named() -> None:
    dated = "{% if supporter.role == 'student' and official.id == 'eve' %}{{ 'x'|date }}{% endif %}"
    (found,) = rehearsed(page(ROLES, letter=OWN + dated))
    assert found.message.endswith("(for eve, student)")


def test_many_are_counted() -> None:
    many = [replace(OFFICIAL, official=f"o{number}") for number in range(5)]
    (found,) = rehearsed(page(letter=OWN + "{{ 'x'|date }}"), *many)
    assert found.message.endswith("(for o0, o1 and 3 more)")


def test_a_salutation_or_subject_that_fails_stands_at_its_own_line() -> None:
    for line in ('salutation = "{{ official.name|date }},"', "subjects = [\"{{ 'x'|date }}\"]"):
        (found,) = rehearsed(page("goal = 1", line))
        assert (found.line, found.source) == (5, line)
        assert found.column == line.index("date") + 1


def test_an_open_link_is_told_at_its_place_once() -> None:
    text = page(ROLES, letter=f"Look:\n\nat http://a.example/x, {OWN}\n\nhttp://b.example")
    found = rehearsed(text)
    assert [(one.line, one.column) for one in found] == [(10, 4), (12, 1)]
    assert found[0].source == "at http://a.example/x, {{ supporter.personal }}"
    assert {one.severity for one in found} == {Severity.WARNING}


def test_an_open_link_among_the_values_is_found_there() -> None:
    rows = '[[signatories]]\nname = "Ann, http://a.example"'
    listed = "{% for one in campaign.signatories %}{{ one.name }}{% endfor %}"
    (found,) = rehearsed(page(rows, letter=OWN + listed))
    assert (found.line, found.column) == (5, 14)


def test_a_subject_in_capitals_stands_at_its_line() -> None:
    (found,) = rehearsed(page('subjects = ["STOP THIS"]'))
    assert (found.line, found.column) == (4, 14)


def test_own_words_left_out_are_told_at_their_place_and_for_whom() -> None:
    (found,) = rehearsed(page(ROLES, letter=f"{{% if supporter.role %}}{OWN}{{% endif %}}"))
    assert found.message == "the supporter's own words are left out (for ben and eve, no role)"
    assert (found.line, found.column) == (8, 27)


def test_every_subject_is_rehearsed() -> None:
    found = rehearsed(
        page("subjects = [", '"STOP THIS",', '"A", "{{ \'x\'|date }}",', '"OR ELSE"]')
    )
    told = {(one.line, one.column) for one in found}
    assert told == {(5, 2), (6, 14), (7, 2)}
