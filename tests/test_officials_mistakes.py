"""Mistakes in officials.yaml: each is told once, at its line and column, with what to do."""

from __future__ import annotations

import pytest

from mailer.officials.reader import read
from mailer.officials.values import Pace
from mailer.problems import Severity
from mailer.records.findings import printable


def official(*lines: str) -> str:
    """A file with one official, who has these lines from line 4 on."""
    return "\n".join(
        ["officials:", "  - id: ann", "    name: Ann Example", *(f"    {line}" for line in lines)]
    )


def with_post(*lines: str) -> str:
    """A file with one post and one official, who has these lines from line 7 on."""
    head = ["posts:", "  - id: post", "    email: post@office.example"]
    return "\n".join([*head, *official(*lines).split("\n")])


OK = "email: ann@office.example"
BROKEN = [
    ("comma", official("email: min@ontario,ca"), "4:12", "comma", "min@ontario.ca"),
    ("semicolon", official("email: min@ontario;ca"), "4:12", "semicolon", "min@ontario.ca"),
    ("space", official("email: min @ontario.ca"), "4:12", "space", "min@ontario.ca"),
    ("two addresses", official("email: a@x.example, b@x.example"), "4:12", "more than one", "a@x"),
    ("with a name", official("email: Ann <a@x.example>"), "4:12", "has", "mean a@x.example"),
    ("no at", official("email: office.example"), "4:12", "no @", "name@example.org"),
    ("double dot", official("email: a@x..example"), "4:12", "not a working", "a@x.example"),
    ("mistyped domain", official("email: a@gmial.com"), "4:12", "mistyped", "a@gmail.com"),
    ("unknown key", official(OK, "emial: x"), "5:5", '"emial" is not a key', "email"),
    ("key of a post held", official(OK, "until: 2021-01-01"), "5:5", "until", "under holds"),
    ("key twice", official(OK, OK), "5:5", "given twice, first on line 4", "keep one"),
    (
        "norway",
        official(OK, "language: no"),
        "5:15",
        '"language": "no" is read as false',
        '"no" in quotes',
    ),
    ("octal", official(OK, "phone: 0416"), "5:12", '"0416" is read as a number', '"0416"'),
    ("clock", official(OK, "district: 12:30"), "5:15", '"12:30" is read as', '"12:30"'),
    ("date as text", official(OK, "region: 2020-01-01"), "5:13", "read as a date", "in quotes"),
    ("empty", official(OK, "region:"), "5:12", '"region" is empty', "take the line away"),
    ("list for text", official(OK, "region: [a]"), "5:13", "is a list", "keep one"),
    ("text for list", official(OK, "tags: cabinet"), "5:11", "one text", '["cabinet"]'),
    ("number in list", official(OK, "tags: [a, 7]"), "5:15", '"7" is read as', '"7"'),
    ("flag as text", official(OK, 'do_not_mail: "no"'), "5:18", '"no" is text', "true or false"),
    ("language name", official(OK, "language: French"), "5:15", "not a language", "mean fr"),
    ("unknown language", official(OK, "language: xx"), "5:15", "not a language", "en or fr"),
    ("time zone", official(OK, "timezone: America/Torono"), "5:15", "time zone", "Toronto"),
    ("bare pace", official(OK, "pace: 900"), "5:11", "has no time", "900/hour"),
    ("wordy pace", official(OK, "pace: 20 per minute"), "5:11", "not a pace", "20/minute"),
    ("no pace", official(OK, "pace: 0/hour"), "5:11", "not a pace", "900/hour"),
    ("hours", official(OK, "hours: 9-5"), "5:12", "not hours", "09:00-17:00"),
    ("day of hours", official(OK, "hours: lun 09:00-17:00"), "5:12", '"lun" where', "mon, tue"),
    ("bare hour", official(OK, "hours: 9:00"), "5:12", "is read as a number", "in quotes"),
    ("hours as list", official(OK, "hours: [09:00-17:00]"), "5:12", "is a list", "keep one"),
    ("short hour", official(OK, "hours: mon 1:00-2:00"), "5:12", "not hours", "01:00-02:00"),
    ("words in two", official(OK, "title: {en: A, en: B}"), "5:20", "given twice", "keep one"),
    ("words of a language", official(OK, "title: {french: A}"), "5:13", "not a lang", "mean fr"),
    ("empty words", official(OK, "title: {en: A, fr: }"), "5:24", '"fr" is empty', "write a value"),
    ("header code", official(OK, 'region: "=?utf-8?q?x?="'), "5:13", "=?", "take it away"),
    ("no such post", with_post(OK, "holds:", "  - post: pots"), "9:15", "no post", "mean post"),
    ("holds no list", with_post(OK, "holds:", "  post: post"), "9:7", "not a list", "dash"),
    ("held badly", with_post(OK, "holds:", "  - pots: post"), "9:9", "pots", "mean post"),
    (
        "no such day",
        with_post("holds:", "  - post: post", "    until: 2021-02-30"),
        "9:16",
        "not a date",
        "no calendar",
    ),
    (
        "another order",
        with_post("holds:", "  - post: post", "    until: 18/06/2021"),
        "9:16",
        "not a date",
        "mean 2021-06-18",
    ),
    (
        "backwards",
        with_post("holds:", "  - {post: post, from: 2021-01-02, until: 2021-01-01}"),
        "8:47",
        'is before "from"',
        "correct",
    ),
    ("nobody there", official(), "2:5", "ann has no address", "email:"),
    ("bad id", "officials:\n  - id: Ann B\n    name: A\n    " + OK, "2:9", "small let", "ann-b"),
    (
        "no id",
        "officials:\n  - name: A\n    " + OK,
        "2:5",
        '"id" is missing',
        "add id: minister-health",
    ),
    (
        "no name",
        "officials:\n  - id: a\n    " + OK,
        "2:5",
        '"name" is missing',
        "add name: Ann Example",
    ),
    (
        "id twice",
        official(OK) + "\n  - id: ann\n    name: B\n    email: b@office.example",
        "5:9",
        "taken, on line 2",
        "its own",
    ),
    ("group of nobody", official(OK) + "\ngroups:\n  g: [anna]", "6:7", "no post and", "mean ann"),
    ("group that is a person", official(OK) + "\ngroups:\n  ann: [ann]", "6:3", "taken", "own"),
    ("section", official(OK) + "\ngruops: {}", "5:1", "gruops", "mean groups"),
    ("domain", official(OK) + "\ndomains: {a@b: {pace: 1/hour}}", "5:11", "not a dom", "behind"),
    ("domain's pace", official(OK) + "\ndomains: {office.example: 9/h}", "5:27", "keys", "key: "),
    ("no domain's pace", official(OK) + "\ndomains: {office.example: {}}", "5:27", "miss", "3000"),
    (
        "domain's key",
        official(OK) + "\ndomains: {office.example: {pce: 1/day}}",
        "5:28",
        "pce",
        "mean pace",
    ),
    (
        "domain twice",
        official(OK) + "\ndomains:\n  office.example: {pace: 1/day}\n"
        "  Office.Example: {pace: 1/day}",
        "7:3",
        "given twice",
        "keep one",
    ),
    ("domains as list", official(OK) + "\ndomains: [office.example]", "5:10", "keys", "key: "),
    (
        "nobody's domain",
        official(OK) + "\ndomains: {ofice.example: {pace: 1/day}}",
        "5:11",
        "no address in this file ends in @ofice.example",
        "mean office.example",
    ),
    (
        "no officials",
        "posts:\n  - id: a\n    email: a@x.example",
        "1:1",
        '"officials" is missing',
        "add officials: ",
    ),
    ("nothing", "# nothing yet\n", "1:1", "holds nothing", "officials:"),
    ("a list", "- a\n- b\n", "1:1", "must have keys", "key: value"),
    ("two documents", official(OK) + "\n---\na: b\n", "6:1", "second document", "---"),
    ("tab", "officials:\n\t- id: ann\n", "2:1", "tab", "spaces"),
    ("no-break space", "officials:\n\u00a0 - id: ann\n", "2:1", "no-break", "ordinary"),
    ("zero width", official(OK, "region: On\u200btario"), "5:15", "U+200B", "type the text again"),
    ("nul", official(OK, "region: On\0tario"), "5:15", "U+0000", "type the text again"),
    ("bidi", official(OK, "region: \u202etario"), "5:13", "U+202E", "type the text again"),
    ("open quote", official('email: "ann@office.example'), "4:12", "never closed", "close it"),
    ("open brace", official("title: {en: A", OK), "4:12", "never closed", "braces"),
    ("colon", official("title: Chair: Board", OK), "4:17", "a colon", "in quotes"),
    ("no colon", official("title Chair", OK), "4:5", "no colon", "key: value"),
    ("unfit line", official("title: A") + "\n   " + OK, "5:4", "does not fit", "one column"),
    ("at sign", official("title: @ann", OK), "4:12", "cannot begin", "in quotes"),
    ("anchor", official("title: &co Ann", OK), "4:12", "&", "in quotes"),
    ("alias", official("title: *co", OK), "4:12", "*", "in quotes"),
    ("tag", official("title: !!python/name:os.system x", OK), "4:12", "!", "in quotes"),
    ("template", official("title: {{ name }}", OK), "4:13", "one word", "in quotes"),
    ("depth", "officials: " + "[" * 400, "1:23", "too deep", "fewer levels"),
]


@pytest.mark.parametrize(
    ("text", "place", "message", "suggestion"),
    [pytest.param(*case[1:], id=case[0]) for case in BROKEN],
)
def test_a_mistake_is_told_at_its_place(
    text: str, place: str, message: str, suggestion: str
) -> None:
    _, problems = read(text)
    assert len(problems) == 1, [str(problem) for problem in problems]
    found = problems[0]
    assert f"{found.line}:{found.column}" == place
    assert message in found.message
    assert suggestion in found.suggestion
    assert found.source == printable(text.split("\n")[found.line - 1])[:3000]


def test_all_mistakes_are_told_at_once_and_in_order() -> None:
    text = official("email: a,b", "emial: x", "language: no") + "\ngroups: {g: [x]}"
    _, problems = read(text)
    assert [problem.line for problem in problems] == [4, 5, 6, 7]


def test_two_holders_at_the_same_time() -> None:
    people = "".join(
        f"  - id: {name}\n    name: A\n    holds:\n      - {{post: p, {days}}}\n"
        for name, days in (("a", "until: 2021-06-18"), ("b", "from: 2021-06-18"))
    )
    text = "posts:\n  - {id: p, email: p@office.example}\nofficials:\n" + people
    _, problems = read(text)
    assert [(one.line, one.column) for one in problems] == [(11, 16)]
    assert "b and a (line 7) hold p at the same time" in problems[0].message
    _, problems = read(text.replace("from: 2021-06-18", "from: 2021-06-19"))
    assert problems == ()


def test_a_long_holder_is_not_hidden_by_a_short_one() -> None:
    days = ("from: 2000-01-01", "from: 2001-01-01, until: 2001-02-01", "from: 2010-01-01")
    people = "".join(
        f"  - id: p{n}\n    name: A\n    holds:\n      - {{post: p, {when}}}\n"
        for n, when in enumerate(days)
    )
    _, problems = read("posts:\n  - {id: p, email: p@x.example}\nofficials:\n" + people)
    assert [one.line for one in problems] == [11, 15]


def test_a_post_that_nobody_ever_holds_is_a_warning() -> None:
    officials, problems = read(with_post(OK))
    assert [problem.severity for problem in problems] == [Severity.WARNING]
    assert list(officials.people) == ["ann"]


def test_a_domain_that_nobody_uses_is_a_warning() -> None:
    officials, problems = read(official(OK) + "\ndomains: {else.example: {pace: 1/day}}")
    assert [problem.severity for problem in problems] == [Severity.WARNING]
    assert officials.domains == {"else.example": Pace(count=1, seconds=86400.0)}


def test_what_can_be_read_is_read() -> None:
    officials, problems = read(official(OK) + "\n  - id: b\n    name: [x]\n    " + OK)
    assert problems
    assert list(officials.people) == ["ann"]


def test_windows_line_ends_and_a_byte_order_mark_are_no_mistake() -> None:
    officials, problems = read("\ufeff" + official(OK).replace("\n", "\r\n"))
    assert problems == ()
    assert officials.people["ann"].email == "ann@office.example"


def test_joined_letters_are_no_invisible_characters() -> None:
    officials, problems = read(official(OK, "region: \u0646\u06cc\u0645\u200c\u0641"))
    assert problems == ()
    assert "\u200c" in officials.people["ann"].region
