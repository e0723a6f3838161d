"""Mistakes in a campaign's front matter: each is told once, at its line and column."""

from __future__ import annotations

import pytest

from mailer.problems import Severity
from tests.campaign_texts import ROLES, load, page

BROKEN = [
    ("almost ours", page("confrim = true"), "4:1", "confrim", "mean confirm"),
    ("dots", page("x." * 501 + "y = 1"), "4:1", "too many dots", "500 at most"),
    ("dots in quotes", page("goal = {" + '"x" . ' * 600 + "y=1}"), "4:9", "many dots", "500"),
    ("singular", page('close = "2020-12-31"'), "4:1", "close", "mean closes"),
    ("capital", page('Status = "live"'), "4:1", "Status", "mean status"),
    ("subject", page('subject = "x"'), "4:1", "subject", "subjects"),
    ("status", page('status = "life"'), "4:10", "not one of", "mean live"),
    ("text for flag", page('confirm = "no"'), "4:11", "is text", "without quotes"),
    ("text for number", page('goal = "many"'), "4:8", "not a whole number", "digits"),
    ("no goal", page("goal = 0"), "4:8", "out of range", "write 1"),
    ("date", page('opens = "2020-31-12"'), "4:9", "not a date", "no calendar"),
    (
        "closes first",
        page("opens = 2020-02-02", "closes = 2020-01-01"),
        "5:10",
        'before "opens"',
        "e",
    ),
    ("time zone", page('timezone = "Toronto"'), "4:12", "not a time zone", "Toronto"),
    ("colour", page('colour = "red"'), "4:10", "not a colour", "#7a1f3d"),
    ("hours", page('hours = "9-5"'), "4:9", "not hours", "09:00-17:00"),
    ("hours' day", page('hours = "mo-fr 09:00-17:00"'), "4:9", '"mo" where a day', "mon, tue"),
    ("contact", page('contact = "help@x,example"'), "4:11", "a comma", "mean help@x.example"),
    ("embed", page('embed = ["http://a.example"]'), "4:10", "not an https", "https://a.example"),
    ("embed path", page('embed = ["https://a.example/x"]'), "4:10", "more than", "https://a.exa"),
    ("embed slash", page('embed = ["https://a.example/"]'), "4:10", "more than", "https://a.exa"),
    ("embed user", page('embed = ["https://me@a.example"]'), "4:10", "more than", "https://a.exa"),
    ("embed star", page('embed = ["https://*.example"]'), "4:10", "more than", "https://example"),
    (
        "embed rule",
        page('embed = ["https://a.example;script-src"]'),
        "4:10",
        "more than",
        "https://example",
    ),
    ("embed two", page('embed = ["https://a.example https://b"]'), "4:10", "not an https", "https"),
    ("embed comma", page('embed = ["https://a.example,b"]'), "4:10", "more than", "https://ex"),
    ("embed quote", page("embed = [\"https://'none'\"]"), "4:10", "more than", "https://ex"),
    ("embed capital", page('embed = ["https://A.example"]'), "4:10", "more than", "https://a.exa"),
    ("embed letters", page('embed = ["https://é.example"]'), "4:10", "beyond a to z", "xn--"),
    (
        "consent to what",
        page('[[organisations]]\nid = "a"\nname = "A"\nconsent = true'),
        "7:11",
        "able to read",
        'privacy = "https',
    ),
    ("required field", page('require = ["postcode"]'), "4:12", "not one of", "mean postal_code"),
    ("role required", page('require = ["role"]'), "4:11", "there are none", "roles"),
    ("subjects as text", page('subjects = "x"'), "4:12", "is one text", '["x"]'),
    (
        "subject's field",
        page('subjects = ["a", "{{ oficial.name }}"]'),
        "4:22",
        "oficial",
        "official",
    ),
    (
        "salutation's field",
        page('salutation = "Dear {{ official.salutaton }},"'),
        "4:32",
        "no salutaton",
        "mean salutation",
    ),
    ("key twice", page("goal = 1", "goal = 2"), "5:1", "given twice", "keep one"),
    ("quote", page('contact = "x'), "4:13", "never closed", "close it"),
    ("no quotes", page("contact = x"), "4:11", "not understood", "in quotes"),
    ("no equals", page("contact"), "4:8", "no = after it", "key ="),
    (
        "role without label",
        page('[[roles]]\nid = "a"'),
        "4:1",
        '"label" is missing',
        'add label = "..."',
    ),
    ("role twice", page(ROLES, ROLES), "8:6", "taken, on line 5", "its own"),
    ("role's key", page(f'{ROLES}\nlable = "S"'), "7:1", "lable", "mean label"),
    ("role as table", page('[roles]\nid = "a"'), "4:1", "not a list", "dash"),
    (
        "http",
        page('[[organisations]]\nid = "a"\nname = "A"\nprivacy = "http://a.example"'),
        "7:11",
        "https",
        "https://a.example",
    ),
    (
        "signatory of nobody",
        page('[[signatories]]\nname = "A"\norganisation = "x"'),
        "6:16",
        "no organisation",
        "add it",
    ),
    (
        "no such office",
        page().replace("minister-labour", "minister-labor"),
        "3:7",
        "there is no post",
        "mean minister-labour",
    ),
    (
        "to as text",
        page().replace('["minister-labour"]', '"minister-labour"'),
        "3:6",
        "one text",
        "[",
    ),
    ("to nobody", page().replace('["minister-labour"]', "[]"), "3:6", '"to" is empty', "minister"),
    (
        "to unknown portfolio",
        page().replace('["minister-labour"]', '{ portfolios = ["labor"] }'),
        "3:22",
        "nobody",
        "mean labour",
    ),
    (
        "to unknown part",
        page().replace('["minister-labour"]', '{ portfolio = ["labour"] }'),
        "3:8",
        "not a key",
        "portfolios",
    ),
    ("fallback", page('fallback = "premier"'), "4:12", "no post", "known are"),
    (
        "no title",
        page().replace('title = "T"', ""),
        "2:1",
        '"title" is missing',
        'add title = "..."',
    ),
    (
        "no to",
        page().replace('to = ["minister-labour"]', ""),
        "2:1",
        '"to" is missing',
        'add to = ["minister-health"]',
    ),
    (
        "no to in yaml",
        "---\ntitle: T\n---\n{{ supporter.personal }}",
        "2:1",
        '"to" is missing',
        'add to: ["minister-health"]',
    ),
    (
        "a long subject",
        page('subjects = ["a", "' + "b" * 357 + '"]'),
        "4:18",
        'number 2 of "subjects" is 357 characters long',
        "under 300",
    ),
    (
        "stars twice",
        page(letter="Story\n\n***\n\nOne.\n***\n{{ supporter.personal }}"),
        "10:1",
        "a second line of ***",
        "take this away",
    ),
    ("no letter", page(letter="\n"), "5:1", "no letter", "***"),
    ("no front matter", "Dear Minister,\n", "1:1", "begin with front matter", "+++"),
    ("no end", "+++\ntitle = 'T'\n", "1:1", "never closed", "+++"),
    ("empty front matter", "---\n---\nx", "2:1", "holds nothing", "title"),
    ("yaml tab", "---\ntitle: T\nto:\n\t- a\n---\nx", "4:1", "tab", "spaces"),
    (
        "yaml norway",
        "---\ntitle: no\nto: [minister-labour]\n---\n{{ supporter.personal }}",
        "2:8",
        '"title": "no" is read as false',
        '"no"',
    ),
    (
        "other stars",
        page(letter="Story\n\n* * *\n\n{{ supporter.personal }}"),
        "7:1",
        "as the letter",
        "***",
    ),
]


@pytest.mark.parametrize(
    ("text", "place", "message", "suggestion"),
    [pytest.param(*case[1:], id=case[0]) for case in BROKEN],
)
def test_a_mistake_is_told_at_its_place(
    text: str, place: str, message: str, suggestion: str
) -> None:
    _, problems = load(text)
    assert len(problems) == 1, [str(problem) for problem in problems]
    found = problems[0]
    assert (f"{found.line}:{found.column}", found.severity is Severity.NOTE) == (place, False)
    assert message in found.message
    assert suggestion in found.suggestion


FRENCH_BROKEN = [
    ("ours alone", "goal = 5", "3:1", "goal", "only the main file"),
    ("almost ours", 'titel = "x"', "3:1", "titel", "mean title"),
    ("unknown role", '[[roles]]\nid = "studnt"\nlabel = "x"', "4:6", "no such entry", "student"),
    (
        "a role too many",
        '[[roles]]\nlabel = "x"\n[[roles]]\nlabel = "y"',
        "5:1",
        "too many",
        "there",
    ),
    ("another signatory", '[[signatories]]\nname = "Ben Example"', "4:8", "Ann Example", "order"),
    ("field", 'salutation = "{{ official.nme }},"', "3:27", "no nme", "mean name"),
]


@pytest.mark.parametrize(
    ("lines", "place", "message", "suggestion"),
    [pytest.param(*case[1:], id=case[0]) for case in FRENCH_BROKEN],
)
def test_a_mistake_in_a_language_version(
    lines: str, place: str, message: str, suggestion: str
) -> None:
    main = page(ROLES, '[[signatories]]\nname = "Ann Example"')
    _, problems = load(main, f"+++\ntitle = 'T'\n{lines}\n+++\n{{{{ supporter.personal }}}}")
    assert len(problems) == 1, [str(problem) for problem in problems]
    found = problems[0]
    assert (found.file, f"{found.line}:{found.column}") == ("x.fr.md", place)
    assert message in found.message
    assert suggestion in found.suggestion
