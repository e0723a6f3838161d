"""Lists from elsewhere: every shape, separator and encoding; nothing taken in silence."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mailer.officials.sources import columns
from mailer.officials.sources.reader import Source, read
from mailer.officials.sources.values import Ask, NotAList, Row
from mailer.problems import Severity
from tests.official_lists import (
    BY_POSTCODE,
    EVERYPOLITICIAN,
    MP,
    PARLPARSE,
    POPIT,
    REPRESENT,
)

DAY = date(2020, 7, 2)
FRENCH = "Nom;Prénom;Courriel;Circonscription\nBélanger;Zoé;zoe@parl.example;Côte-à-l’Île\n"


def listed(data: str | bytes | object, **ask: Any) -> Source:
    if not isinstance(data, str | bytes):
        data = json.dumps(data)
    raw = data.encode() if isinstance(data, str) else data
    return read(raw, "list", Ask(day=DAY, **ask))


def told(source: Source, severity: Severity | None = None) -> str:
    return "\n".join(str(one) for one in source.problems if severity in (None, one.severity))


def one(source: Source) -> Row:
    assert len(source.rows) == 1, told(source)
    return source.rows[0]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 with a mark"), ("utf-16", "UTF-16"),
     ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("cp1252", "Windows-1252"),
     ("mac-roman", "Mac Roman")],
)  # fmt: skip
def test_the_encoding_is_found_out_and_told(encoding: str, name: str) -> None:
    found = listed(FRENCH.encode(encoding))
    row = one(found)
    assert (row.name, row.email) == ("Zoé Bélanger", "zoe@parl.example")
    assert row.values == {"district": "Côte-à-l’Île"}
    assert name in told(found)
    assert (found.problems[0].severity is Severity.WARNING) == (
        name in {"Windows-1252", "Mac Roman"}
    )


def test_an_encoding_may_be_named() -> None:
    assert one(listed(FRENCH.encode("mac-roman"), encoding="mac-roman")).name == "Zoé Bélanger"
    with pytest.raises(NotAList, match="line 1 cannot be read so"):
        listed(FRENCH.encode("cp1252"), encoding="utf-8")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_and_any_order_of_columns(separator: str) -> None:
    lines = [
        ["Phone", "Email Address", "Riding", "Full name", "Political Affiliation", "Shoe size"],
        ["0416 555", "ann@parl.example", f"A{separator} B", "Ann Example", "Party A", "7"],
    ]
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(lines)
    found = listed(out.getvalue())
    row = one(found)
    assert (row.name, row.email, row.group) == ("Ann Example", "ann@parl.example", "Party A")
    assert row.values == {"phone": "0416 555", "district": " ".join(f"A{separator} B".split())}
    assert "columns not read: Shoe size" in told(found)


def test_the_separator_that_a_spreadsheet_names() -> None:
    assert one(listed("sep=^\nname^email\nAnn^a@b.example\n")).email == "a@b.example"


@pytest.mark.parametrize(
    ("header", "fields"),
    [("Honorific Title,First Name,Last Name,Constituency,Province / Territory,"
      "Political Affiliation,Start Date,End Date",
      "honorific first last district region group from until"),
     ("Prénom,Nom,Courriel,Comté,Parti politique", "first last email district group"),
     ("Nom,Adresse courriel,Circonscription électorale", "name email district"),
     ("id,name,sort_name,email,group,group_id,area_id,area,start_date,end_date",
      "id name sort email group district from until"),
     ("Député,Mél,Groupe parlementaire,Département", "name email group region"),
     ("name,email,District (fr),district_en,TITLE FR",
      "name email district.fr district.en title.fr")],
)  # fmt: skip
def test_columns_are_known_by_their_english_and_french_names(header: str, fields: str) -> None:
    found, _ = columns.assign(header.split(","), {})
    assert [found[index] for index in sorted(found)] == fields.split()


def test_what_a_column_is_may_be_said() -> None:
    text = "Kürzel,Wer,Wo,Email\nx,Ann Example,a@b.example,\n"
    found = listed(text, columns={"wer": "name", "Wo": "email", "Email": "", "Kurzel": "tags"})
    assert one(found).values == {"tags": ("x",)}
    assert one(found).email == "a@b.example"
    with pytest.raises(columns.NoColumn, match='"Were"; did you mean Wer'):
        listed(text, columns={"Were": "name"})
    with pytest.raises(columns.NoColumn, match='"emial"; did you mean email'):
        listed(text, columns={"Wo": "emial"})


def test_two_languages_of_a_district() -> None:
    found = listed("name,email,district_en,district_fr\nAnn,a@b.example,Bay,Baie\n")
    assert one(found).values == {"district": {"en": "Bay", "fr": "Baie"}}


def test_what_is_cleaned_is_told_with_its_lines() -> None:
    text = (
        "name,email,riding\n"
        "\u200bAnn\u00a0Example ,mailto:ann@b.example;,\"  'Bay',  \"\n"
        'Ben &amp; Co,"Ben <ben@b.example>",Ward\u00ad 1\n'
        '"Example, Cy",cy@b.example,"Two\nlines"\n'
        '"Cy Example, MP",mp@b.example,\n'
    )
    found = listed(text)
    assert [row.name for row in found.rows] == [
        "Ann Example", "Ben & Co", "Cy Example", "Cy Example, MP",
    ]  # fmt: skip
    assert [row.email for row in found.rows] == [
        "ann@b.example", "ben@b.example", "cy@b.example", "mp@b.example",
    ]  # fmt: skip
    assert [row.values.get("district") for row in found.rows] == [
        "Bay", "Ward 1", "Two, lines", None,
    ]  # fmt: skip
    notes = told(found)
    for what in ("invisible characters were taken out: lines 2, 3",
                 "odd spaces were made ordinary ones: line 2", "stray commas", "quotation marks",
                 "codes of web pages (such as &amp;) were made letters: line 3",
                 "addresses were taken out of what stood around them: lines 2, 3",
                 "names with the last name first were turned round: line 4",
                 "values of several lines were made one: line 4"):  # fmt: skip
        assert what in notes


@pytest.mark.parametrize(
    ("cell", "message"),
    [('"ann@b,example"', "has a comma; did you mean ann@b.example?"), ("ann", "has no @ sign"),
     ('"a@b.example; c@d.example"', "holds more than one address"),
     ("=cmd|' /C calc'!A1", "is a spreadsheet's formula"), ("a@b", "not a working"),
     ("ann(at)b.example", "did you mean ann@b.example?")],
)  # fmt: skip
def test_impossible_addresses_are_refused_with_their_line(cell: str, message: str) -> None:
    found = listed(f"name,email\nBen,ben@b.example\nAnn,{cell}\n")
    assert [row.name for row in found.rows] == ["Ben"]
    assert found.refused == 1
    assert message in told(found, Severity.ERROR)
    assert "list:3" in told(found, Severity.ERROR)


def test_other_values_that_cannot_be_used_are_left_out_and_told() -> None:
    found = listed(f"name,email,region,language\nAnn,a@b.example,{'x' * 121},Klingon\n")
    assert one(found).values == {}
    assert "list:2: warning: " in told(found)
    assert told(found, Severity.WARNING).count("left out") == 2


def test_whose_time_is_over_is_left_out_and_told() -> None:
    text = "name,email,start date,end date\nAnn,a@b.example,2019-01-01,2020-07-01\n"
    found = listed(text + "Ben,b@b.example,2019,2020-07-02 00:00\nCy,c@b.example,2020-08,\n")
    assert [row.name for row in found.rows] == ["Ben"]
    assert "2 are no members on 2020-07-02" in told(found)


@pytest.mark.parametrize(
    ("data", "message"),
    [("", "holds nothing"), ("\n \n", "holds nothing"), ("name,email\n", "names nobody"),
     ("Ann,ann@b.example\n", "its first line names no columns"), ("a,b\n1,2\n", "there are a, b"),
     (b"PK\x03\x04rest", "save it as CSV"), (b"\x00\x01\x02\x03", "not a text file"),
     ('{"a": ', "not JSON: line 1"), ('{"a": 1}', "neither Popolo nor Represent"),
     ("[" * 100_000, "no list of people"), ("[]", "neither"), ('[{"name": 5}]', "neither"),
     ("[1" + "0" * 5000 + "]", "no list of people")],
)  # fmt: skip
def test_what_is_no_list_says_so(data: str | bytes, message: str) -> None:
    with pytest.raises(NotAList, match=message):
        listed(data)


def test_ragged_and_broken_lines() -> None:
    found = listed('name,email\nAnn,a@b.example,more,and more\nBen\n,\nCy,"c@b.example\n')
    errors = told(found, Severity.ERROR)
    assert "list:2:1: this line has 4 columns, the first line 2" in errors
    assert "list:5:1: the quotation marks of this line do not match" in errors


def test_spoilt_accents_are_told() -> None:
    assert "spoilt before it came here" in told(listed("name,email\nZoÃ©,z@b.example\n"))


def test_represent_answers() -> None:
    found = listed(REPRESENT)
    assert (found.format, found.partial) == ("represent", False)
    ann, ben = found.rows
    assert (ann.name, ann.email, ann.group) == (
        "Ann Example",
        "ann.example@parl.example",
        "Party A",
    )
    assert ann.values == {
        "title": "MP", "phone": "1 613 555 0100", "address": "House, Ottawa ON K1A 0A6",
        "district": "Example East—Bay", "language": "en",
    }  # fmt: skip
    assert (ben.email, ben.values) == (
        "ben@town.example", {"title": "Councillor", "district": "Ward 1"},
    )  # fmt: skip
    assert [row.name for row in listed(BY_POSTCODE).rows] == ["Ann Example", "Ben Sample"]
    assert one(listed(MP)) == one(listed([MP]))
    page = REPRESENT | {"meta": {"next": "/representatives/?limit=20&offset=20"}}
    assert listed(page).partial
    assert "one page of several" in told(listed(page))


def test_people_of_json_are_told_with_their_line() -> None:
    people = [MP, MP | {"name": "Zoé Wrong", "email": "zoe@parl,example"}]
    text = json.dumps({"objects": people}, indent=1)
    found = listed(text)
    line = text[: text.index("Zo\\u00e9")].count("\n") + 1
    assert f"list:{line}: " in told(found, Severity.ERROR)


def test_popolo_of_everypolitician() -> None:
    found = listed(EVERYPOLITICIAN)
    ann, ben = found.rows
    assert (ann.name, ann.email, ann.group) == ("Ann Example", "ann@parl.example", "Party A")
    assert ann.values == {
        "honorific": "Dr", "phone": "+1 613 555 0100", "district": "Example Bay",
    }  # fmt: skip
    assert (ben.group, ben.values) == ("Party B", {"title": "Speaker"})
    assert "1 people are no members on 2020-07-02" in told(found)
    earlier = read(json.dumps(EVERYPOLITICIAN).encode(), "list", Ask(day=date(2016, 1, 1)))
    assert [(row.name, row.group) for row in earlier.rows] == [("Ann Example", "Party B")]
    with pytest.raises(NotAList, match="--date says when"):
        read(json.dumps(EVERYPOLITICIAN).encode(), "list", Ask(day=date(2012, 1, 1)))


def test_popolo_of_mysociety_and_popit() -> None:
    ann = one(listed(PARLPARSE))
    assert (ann.name, ann.group) == ("Ann Example", "Party A")
    assert ann.values == {"title": "MP", "district": "Example Bay"}
    embedded = one(listed(POPIT))
    assert (embedded.email, embedded.group) == ("ann@parl.example", "Party A")
    assert embedded.values == {
        "title": "Minister", "phone": "555 0100", "district": "Example Bay",
    }  # fmt: skip
    assert one(listed(POPIT["result"], format="popolo")) == embedded


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(
                [
                    "persons",
                    "memberships",
                    "organizations",
                    "posts",
                    "areas",
                    "events",
                    "id",
                    "name",
                    "email",
                    "person_id",
                    "objects",
                    "meta",
                    "next",
                    "elected_office",
                    "district_name",
                    "offices",
                    "extra",
                    "area",
                    "post",
                    "contact_details",
                    "other_names",
                    "note",
                    "type",
                    "value",
                    "preferred_languages",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(JSON, some.sampled_from(["", "popolo", "represent"]))
def test_no_json_crashes(value: object, form: str) -> None:
    try:
        found = listed(value if not isinstance(value, str) else [value], format=form)
    except NotAList:
        return
    assert all(row.name for row in found.rows)


@settings(max_examples=150, deadline=None)
@given(some.binary(max_size=80) | some.text(max_size=80).map(lambda text: f"name,email\n{text}"))
def test_no_bytes_crash(data: bytes | str) -> None:
    try:
        found = listed(data)
    except NotAList:
        return
    assert all(row.name for row in found.rows)
