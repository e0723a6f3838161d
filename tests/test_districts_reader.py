"""districts.csv: read whatever program wrote it, and every mistake told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.campaigns.library import DISTRICTS, Library, read_content, read_files
from mailer.districts import encoding
from mailer.districts.codes import bare
from mailer.districts.names import folded
from mailer.districts.reader import read
from mailer.problems import Severity
from tests.campaign_texts import OWN

GOOD = "code,district,region\nK1A,Ottawa Centre,Ontario\nK1A 0B1,Ottawa South,Ontario\n"


def told(text: str) -> list[str]:
    return [str(problem) for problem in read(text)[1]]


def test_the_longest_beginning_wins() -> None:
    districts, problems = read(GOOD)
    assert problems == ()
    assert districts.find("k1a 0b1") == ("ottawa south",)
    assert districts.find("K1A 9Z9") == ("ottawa centre",)
    assert districts.find("K2A 0B1") == districts.find("") == ()
    assert districts.named["ottawa south"].name == "Ottawa South"
    assert districts.named["ottawa south"].region == "Ontario"
    assert districts.canadian


CODES = st.text("01AB", min_size=1, max_size=5)


@given(st.dictionaries(CODES, st.sets(st.sampled_from("PQRS"), min_size=1), min_size=1), CODES)
def test_a_lookup_is_what_a_slow_one_finds(rows: dict[str, set[str]], typed: str) -> None:
    lines = [f"{code},{name}" for code, names in rows.items() for name in sorted(names)]
    districts, _ = read("\n".join(["code,district", *lines]))
    begins = [code for code in rows if typed.startswith(code)]
    wanted = {name.casefold() for name in rows[max(begins, key=len)]} if begins else set()
    assert set(districts.find(typed)) == wanted


def test_one_code_may_lead_to_several_districts() -> None:
    districts, problems = read("code,district\nK1B,North\nk1b,South\n")
    assert districts.find("K1B 1A1") == ("north", "south")
    assert problems == ()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_spreadsheet_s_dialect_is_read(separator: str, end: str) -> None:
    rows = ["Region|CODE| District |more", 'Ontario|K1A|"Ottawa, the ""Centre"""|x', "|||", ""]
    text = end.join(row.replace("|", separator) for row in rows)
    districts, problems = read(text)
    assert problems == ()
    assert [one.name for one in districts.named.values()] == ['Ottawa, the "Centre"']
    assert read("sep=;\n\ncode;district\n1;A")[0].find("12") == ("a",)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "holds nothing yet; begin with code,district"),
        ("K1A,Ottawa\n", 1, 'does not name a column "code"; begin with a line code,district'),
        ("postal code,district\n", 1, "write code instead of postal code"),
        ("code,riding\nK1A,X", 1, "write district instead of riding"),
        ("code,district,code\nK1A,X", 1, 'names "code" twice'),
        ("code,district\n", 1, "no codes stand below the first line"),
        ("code,district\n,Ottawa", 2, "the code is missing"),
        ("code,district\nK1A,", 2, "the district is missing"),
        ("code,district\nK1A", 2, "the district is missing"),
        ("code,district\nK1A,...", 2, "is not the name of a district"),
        ("code,district\nK1A*,X", 2, "write K1A: it stands for every code that begins so"),
        ("code,district\n***,X", 2, "use letters and digits"),
        ("code,district\n75001-75020,X", 2, '"75001-75020" is a range of codes'),
        (f"code,district\n{'7' * 21},X", 2, "too long for a postal code"),
        (f"code,district\n75001,{'x' * 121}", 2, "the district has 121 characters"),
        ("code,district\n75001,Par\u200bis", 2, "invisible character"),
        ('code,district\n75001,"Paris', 2, "a quotation mark opens here"),
        ("code,district\n75001,Paris, 1er", 2, "this line has 3 columns, the first line 2"),
    ],
)
def test_a_mistake_is_an_error_at_its_line(text: str, line: int, words: str) -> None:
    found = read(text)[1]
    assert found[0].severity is Severity.ERROR
    assert (found[0].file, found[0].line) == ("districts.csv", line)
    assert words in str(found[0])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("code,district\nK1A,X\nK2A,X\nK1O,X", 4, "they never have D, F, I, O, Q, U"),
        ("code,district\nK1A,X\nK2A,X\n75001,X", 4, "they are like K1A 0B1"),
        ("code,district\nK1A,X\nk1a,x", 3, '"K1A" and "x" stand on line 2 already'),
        ("code,district,region\n1,X,Up\n2,X,Down", 3, '"X" is in Up on line 2, here in Down'),
        ("code,district\n75001,X\n75002,X\n1000,Y", 4, "did they begin with a zero?; write 01000"),
    ],
)
def test_what_looks_wrong_is_a_warning_at_its_line(text: str, line: int, words: str) -> None:
    found = read(text)[1]
    assert [one.severity for one in found] == [Severity.WARNING]
    assert found[0].line == line
    assert words in str(found[0])


@pytest.mark.parametrize(
    "rows",
    [
        [f"{number:05d},X" for number in range(1000, 1020)],
        ["SW1A,X", "M1,Y", "B33,Z", "E1W,Z"],
        ["12345-6789,X", "12346,Y"],
        ["100-0001,X", "00-001,Y", "1234 AB,Z"],
        ["H2X,Outremont", "h2x 1y4,Mount Royal", "G,Everywhere else"],
        ["750,Paris", "75001,Paris 1"],
    ],
)
def test_good_lists_of_many_countries_raise_no_alarm(rows: list[str]) -> None:
    districts, problems = read("\n".join(["code,district", *rows]))
    assert problems == ()
    for row in rows:
        code, name = row.split(",")
        assert folded(name) in districts.find(code.lower())


def test_thousands_of_doubts_are_counted_and_the_list_is_used() -> None:
    rows = ["75001,X"] * 1000
    districts, problems = read("\n".join(["code,district", *rows]))
    assert len(problems) == 21
    assert "there are 979 more" in str(problems[-1])
    assert districts.find("75001") == ("x",)


def test_thousands_of_mistakes_are_an_error_too() -> None:
    districts, problems = read("code,district\n" + ",X\n" * 1000)
    assert not districts
    assert any(one.severity is Severity.ERROR for one in problems)


@given(st.text(max_size=200))
def test_whatever_stands_in_it_it_is_read_or_told(text: str) -> None:
    districts, problems = read(text)
    failed = any(one.severity is Severity.ERROR for one in problems)
    assert failed or districts
    for code, keys in districts.codes.items():
        assert bare(code) == code
        assert set(keys) <= set(districts.named)


NAME = "Côte-Saint-Luc"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_without_a_word(codec: str) -> None:
    text, problems = encoding.decode(f"code,district\nH4V,{NAME}\n".encode(codec), DISTRICTS)
    assert read(text)[0].named[folded(NAME)].name == NAME
    assert problems == ()


def test_windows_1252_is_read_and_told() -> None:
    data = f"code,district\r\nH4V,X\r\nH4W,{NAME}\r\n".encode("cp1252")
    text, problems = encoding.decode(data, DISTRICTS)
    assert folded(NAME) in read(text)[0].named
    assert [(one.line, one.column, one.severity) for one in problems] == [(3, 6, Severity.WARNING)]
    assert problems[0].source == f"H4W,{NAME}"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04\x14\x00", "it is a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1", "it is a spreadsheet"),
        (b"code,district\n\x00", "not a text file"),
        (b"code,district\nH4V,\x81\n", "neither UTF-8 nor Windows-1252"),
        (b"\xff\xfec", "begins as UTF-16"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(
    tmp_path: Path, data: bytes, words: str
) -> None:
    (tmp_path / DISTRICTS).write_bytes(data)
    _, problems = read_files(tmp_path)
    assert [words in str(one) for one in problems if one.file == DISTRICTS] == [True]


class Clock:
    """A clock that jumps past the library's patience each time it is asked."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 2.0
        return self.now


OFFICIALS = """\
officials:
  - {id: ann, name: Ann Example, email: ann@office.example, district: Ottawa Centre}
"""
LETTER = f'+++\ntitle = "T"\nto = {{ district = "supporter" }}\n+++\n{OWN}\n'


def test_the_file_is_reloaded_and_the_last_good_version_stays(tmp_path: Path) -> None:
    (tmp_path / "templates" / "letters").mkdir(parents=True)
    (tmp_path / "officials.yaml").write_text(OFFICIALS)
    (tmp_path / "templates/letters/one.md").write_text(LETTER)
    library, file = Library(tmp_path, clock=Clock()), tmp_path / DISTRICTS
    assert not library.current().districts
    file.write_text(GOOD)
    good = library.current().districts
    assert good.find("K1A")
    file.write_text(GOOD + "K1B,\n")
    broken = library.current()
    assert broken.districts == good
    assert ["districts.csv:4:" in str(one) for one in broken.problems] == [True]
    file.write_text(GOOD + "K1B,Nepean\n")
    assert library.current().districts.find("K1B") == ("nepean",)
    assert list(library.current().campaigns) == ["one"]
    file.unlink()
    assert not library.current().districts


def test_a_broken_list_keeps_no_campaign_from_its_visitors(tmp_path: Path) -> None:
    letters = "templates/letters/one.md"
    files = {"officials.yaml": OFFICIALS, DISTRICTS: "x", letters: LETTER}
    content = read_content(files)
    assert list(content.campaigns) == ["one"]
    assert not content.districts
    assert DISTRICTS not in content.files_of("one")


def test_a_list_that_is_too_large_is_told(tmp_path: Path) -> None:
    with (tmp_path / DISTRICTS).open("wb") as file:
        file.truncate(encoding.LARGEST + 1)
    _, problems = read_files(tmp_path)
    assert any("it is larger than 32 MB" in str(one) for one in problems)
