"""Campaigns by district: who gets the letter of whom, and what `mailer check` tells of them."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailer.campaigns import coverage
from mailer.campaigns.constituencies import constituencies
from mailer.campaigns.library import Content, read_content
from mailer.campaigns.recipients import fallback, reachable, recipients
from mailer.campaigns.values import Target
from mailer.cli import main
from mailer.problems import Severity
from tests.web_public.ridings import MEMBERS, write_ridings

DAY, NOW = date(2026, 11, 24), 1_795_500_000.0
OFFICIALS = """\
officials:
  - {id: ann, name: Ann Example, email: ann@x.example, tags: [mpp],
     district: {en: Ottawa Centre, fr: Ottawa-Centre}}
  - {id: bea, name: Bea Example, email: bea@x.example, tags: [mpp],
     district: {en: James Bay, fr: Baie-James}, region: North}
  - {id: cy, name: Cy Example, email: cy@x.example, tags: [mpp], district: Sault Ste. Marie}
  - {id: dee, name: Dee Example, email: dee@x.example, tags: [mayor], district: Ottawa Centre}
  - {id: ed, name: Ed Example, email: ed@x.example, tags: [mpp]}
  - {id: premier, name: Pat Premier, email: pat@x.example}
"""
CSV = "code,district\nK1A,Ottawa-Centre\nP6A,Sault-Ste-Marie\nP0L,Baie-James\n"


def content(to: str, *lines: str, csv: str = CSV, officials: str = OFFICIALS) -> Content:
    """A home with one campaign; its `to` stands on line 3."""
    head = "\n".join(["+++", 'title = "T"', f"to = {to}", 'status = "live"', *lines, "+++"])
    letter = f"{head}\nHi.\n***\nI live here. {{{{ supporter.personal }}}}\n"
    files = {"officials.yaml": officials, "templates/letters/one.md": letter}
    return read_content(files | ({"districts.csv": csv} if csv else {}))


def whom(found: Content, district: str | None = None) -> list[str]:
    campaign = found.campaigns["one"]
    listed = recipients(campaign, found.officials, DAY, district=district)
    return [one.official for one in listed]


OWN = '{ tags = ["mpp"], district = "supporter" }'
ASKED = 'require = ["postal_code"]'


@pytest.mark.parametrize(
    ("district", "ids"),
    [
        ("Ottawa Centre", ["ann"]),
        ("ottawa-centre", ["ann"]),
        ("baie james", ["bea"]),
        ("James Bay", ["bea"]),
        ("SAULT STE MARIE", ["cy"]),
        ("Elsewhere", []),
        ("", []),
        ("...", []),
        (None, ["ann", "bea", "cy"]),
    ],
)
def test_supporters_write_to_their_own(district: str | None, ids: list[str]) -> None:
    assert whom(content(OWN), district) == ids


def test_their_own_without_more_is_everybody_of_the_district() -> None:
    found = content('{ district = "supporter" }')
    assert whom(found, "Ottawa Centre") == ["ann", "dee"]
    assert found.campaigns["one"].to == Target(own=True)


@pytest.mark.parametrize(
    ("to", "ids"),
    [
        ('{ district = "Ottawa centre" }', ["ann", "dee"]),
        ('{ tags = ["mpp"], district = "ottawa-centre" }', ["ann"]),
        ('{ district = ["Baie-James", "Sault Ste Marie"] }', ["bea", "cy"]),
        ('{ tags = ["mpp"] }', ["ann", "bea", "cy", "ed"]),
    ],
)
def test_districts_may_be_named(to: str, ids: list[str]) -> None:
    found = content(to)
    assert found.problems == ()
    assert whom(found) == whom(found, "Elsewhere") == ids


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ('{ district = "" }', '"district" is empty'),
        ("{ district = [] }", '"district" is empty'),
        ("{ district = 7 }", "is read as a number"),
        ('{ district = ["supporter", "James Bay"] }', "stands alone"),
        ('{ district = "Jmes Bay" }', "did you mean James Bay?"),
        ('{ district = ["James Bay", "Otawa Centre"] }', "did you mean Ottawa Centre?"),
        ('{ district = "suporter" }', "did you mean supporter?"),
        ('{ distrct = "supporter" }', "did you mean district?"),
    ],
)
def test_a_wrong_district_is_told_at_its_line(to: str, words: str) -> None:
    problems = content(to).problems
    assert [one.line for one in problems if words in str(one)] == [3]


def test_the_fallback_is_for_those_whom_nobody_represents() -> None:
    found = content(OWN, 'fallback = "premier"')
    assert whom(found, "Elsewhere") == ["premier"]
    assert whom(found, "James Bay") == ["bea"]
    assert whom(found) == ["ann", "bea", "cy"]
    campaign = found.campaigns["one"]
    listed = [one.official for one in reachable(campaign, found.officials, DAY)]
    assert listed == ["ann", "bea", "cy", "premier"]
    assert [one.official for one in fallback(campaign, found.officials, DAY)] == ["premier"]


def test_the_districts_that_supporters_may_name() -> None:
    found = content(OWN, csv=f"{CSV}K2A,Vacant Lake\n")
    known = constituencies(found.campaigns["one"], found.officials, found.districts, DAY)
    assert [one.name for one in known.all] == [
        "Ottawa Centre", "James Bay", "Sault Ste. Marie", "Vacant Lake",
    ]  # fmt: skip
    assert known.find("baie-james") is known.find("James Bay")
    assert known.find("vacant lake") is not None
    assert known.find("") is known.find("Elsewhere") is None


def told(found: Content, *, service: bool = False) -> list[str]:
    return [str(one) for one in coverage.check(found, now=NOW, service=service)]


def test_files_that_fit_have_nothing_to_tell() -> None:
    found = content(OWN, ASKED, officials=OFFICIALS.replace("  - {id: ed", "  #"))
    assert found.problems == ()
    assert told(found) == []


@pytest.mark.parametrize(
    ("csv", "lines", "place", "words"),
    [
        (f"{CSV}K2A,Otawa\n", [ASKED], "districts.csv:5:1: warning: ",
         'nobody in officials.yaml has the district "Otawa"'),
        (CSV.replace("P0L", "P0M").replace("Baie-James", "Bay"), [ASKED], "officials.yaml:5:1: ",
         'leads to "James Bay", the district of bea'),
        (CSV, [], "one.md:3:1: warning: ", 'a list of 3 districts; add require = ["postal_code"]'),
        ("", [ASKED], "one.md:3:1: note: ", "choose their district from a list of 3"),
        (CSV, [ASKED], "one.md:3:1: warning: ", "no supporter reaches ed"),
        (f"{CSV}K2A,Vacant Lake\n", [ASKED], "one.md:3:1: warning: ",
         "for Vacant Lake this campaign has nobody: supporters there cannot write"),
        (f"{CSV}K2A,Vacant Lake\n", [ASKED, 'fallback = "premier"'], "one.md:3:1: note: ",
         "supporters there write to premier"),
        (f"{CSV}K2A,Vacant Lake\n", [ASKED, 'fallback_message = "Wait."'], "one.md:3:1: note: ",
         "supporters there read the fallback_message"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_where_it_is(
    csv: str, lines: list[str], place: str, words: str
) -> None:
    found = told(content(OWN, *lines, csv=csv))
    assert [place in one for one in found if words in one] == [True], found


def test_a_service_answers_for_codes_that_the_list_has_not() -> None:
    found = content(OWN, ASKED, csv="code,district\nK1A,Ottawa Centre\n")
    assert any("leads to" in one for one in told(found))
    assert not any("leads to" in one for one in told(found, service=True))
    listless = content(OWN, ASKED, csv="")
    assert not any("from a list" in one for one in told(listless, service=True))


def test_a_list_that_nobody_uses_is_a_note() -> None:
    problems = coverage.check(content('["premier"]'), now=NOW, service=False)
    assert [one.severity for one in problems] == [Severity.NOTE]
    assert "no campaign goes by district" in str(problems[0])


@pytest.mark.parametrize(
    ("letter", "warned"),
    [
        ("You speak for {{ official.district }}.", True),
        ("{% if official.district %}You speak for {{ official.district }}.{% endif %}", False),
        ("You speak for us.", False),
    ],
)
def test_a_letter_that_names_what_the_fallback_has_not_is_told(letter: str, warned: bool) -> None:
    found = content(OWN, ASKED, 'fallback = "premier"')
    files = dict(found.files)
    name = "templates/letters/one.md"
    files[name] = files[name].replace("I live here.", letter)
    said = told(read_content(files))
    assert any("the fallback premier has not" in one for one in said) is warned


def test_hundreds_of_gaps_are_counted() -> None:
    rows = "".join(f"L{number % 10}A,Lake {number}\n" for number in range(300))
    found = told(content(OWN, ASKED, csv=CSV + rows))
    assert sum("nobody in officials.yaml" in one for one in found) == 11
    assert any("there are 290 more districts" in one for one in found)
    assert any("for Lake 0, Lake 1 and 298 more this campaign" in one for one in found)


@pytest.fixture
def ridings(tmp_path: Path) -> Path:
    return write_ridings(tmp_path / "ridings")


def run(home: Path, *words: str, **settings: str) -> tuple[int, str]:
    ended = CliRunner().invoke(main, words, env={"MAILER_HOME": str(home), **settings})
    return ended.exit_code, ended.output


def test_the_check_command_looks_at_districts_too(ridings: Path) -> None:
    code, said = run(ridings, "check")
    assert code == 0
    assert 'districts.csv:128:1: warning: nobody in officials.yaml has the district "Vacant' in said
    assert "cannot write" in said
    (ridings / "districts.csv").write_text("code,district\nK1A,\n")
    code, said = run(ridings, "check", MAILER_REPRESENT="on")
    assert code == 2
    assert "districts.csv:2:1: error: the district is missing" in said
    assert "from a list of" not in said


def test_the_preview_is_of_one_supporter_who_lives_somewhere(ridings: Path) -> None:
    code, said = run(ridings, "preview", "member")
    assert code == 0
    assert said.count("\nTo: ") == 1
    assert "I live in Riding of 0." in said
    assert "District: Riding of 0" in said
    _, said = run(ridings, "preview", "member", "--official", "member-9", "--language", "fr")
    assert "J'habite Comté de l'Étang 9." in said


def test_the_simulation_spreads_supporters_over_districts(ridings: Path) -> None:
    words = ("--supporters", str(MEMBERS * 10), "--hours", "1", "--json")
    code, said = run(ridings, "simulate", "member", *words)
    assert code == 0
    found = json.loads(said)
    assert [one["letters"] for one in found["officials"]] == [10] * MEMBERS
    assert any("every district" in one for one in found["assumed"])


def test_going_live_names_everybody_and_what_does_not_fit(
    ridings: Path, sqlite_template: Path
) -> None:
    (ridings / "var").mkdir()
    shutil.copy(sqlite_template, ridings / "var" / "mailer.db")
    code, said = run(ridings, "campaign", "go-live", "member", "--yes")
    assert code == 0
    assert "each supporter writes to their own district's, of 124 officials" in said
    assert "cannot write" in said
    assert "Member 123" in said
    _, said = run(ridings, "campaign", "list")
    assert "1 letter " in said
