"""The library: files from disk, the last good version while one is broken."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from mailer.campaigns.library import LARGEST, Library, read_content, read_files
from mailer.campaigns.names import RESERVED
from mailer.problems import Severity
from tests.campaign_texts import OWN, page

OFFICIALS = """\
posts:
  - {id: minister-labour, email: labour@office.example}
officials:
  - {id: ann, name: Ann Example, holds: [{post: minister-labour}]}
"""


class Clock:
    """A clock that jumps past the library's patience each time it is asked."""

    def __init__(self, step: float = 2.0) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "templates" / "letters").mkdir(parents=True)
    write(tmp_path, "officials.yaml", OFFICIALS)
    write(tmp_path, "one.md", page())
    return tmp_path


MOMENTS = itertools.count(1)


def write(home: Path, name: str, text: str) -> None:
    """Write a file so that its change cannot be missed, however coarse the disk's clock."""
    file = home / name if name == "officials.yaml" else home / "templates" / "letters" / name
    file.write_text(text, encoding="utf-8")
    moment = next(MOMENTS) * 10**9
    os.utime(file, ns=(moment, moment))


def messages(library: Library) -> str:
    return " ".join(str(one) for one in library.current().problems)


def test_the_shipped_home_has_nothing_to_tell(home: Path) -> None:
    content = read_content(*read_files(home))
    assert content.problems == ()
    assert list(content.campaigns) == ["proctoring"]
    assert list(content.files_of("proctoring")) == [
        "officials.yaml",
        "templates/letters/proctoring.fr.md",
        "templates/letters/proctoring.md",
    ]
    again = read_content(content.files_of("proctoring"))
    assert again.campaigns == content.campaigns
    assert again.officials == content.officials


def test_a_change_is_seen(house: Path) -> None:
    library = Library(house, clock=Clock())
    assert list(library.current().campaigns) == ["one"]
    before = library.current()
    assert library.current() is before
    write(house, "two.md", page())
    assert list(library.current().campaigns) == ["one", "two"]
    (house / "templates" / "letters" / "two.md").unlink()
    assert list(library.current().campaigns) == ["one"]
    write(house, "one.md", page("goal = 7"))
    assert library.current().campaigns["one"].goal == 7


def test_the_disk_is_asked_at_most_once_a_second(house: Path) -> None:
    library = Library(house, clock=Clock(0.4))
    library.current()
    write(house, "one.md", page("goal = 7"))
    goals = [library.current().campaigns["one"].goal for _ in range(4)]
    assert goals == [0, 0, 7, 7]


def test_a_broken_campaign_stays_as_it_was(house: Path) -> None:
    library = Library(house, clock=Clock())
    library.current()
    write(house, "one.md", page("goal = 7", "confrim = true"))
    write(house, "two.md", page())
    content = library.current()
    assert content.campaigns["one"].goal == 0
    assert list(content.campaigns) == ["one", "two"]
    assert content.files_of("one")["templates/letters/one.md"] == page()
    assert "did you mean confirm?" in messages(library)
    write(house, "one.md", page("goal = 7"))
    assert library.current().campaigns["one"].goal == 7
    assert library.current().problems == ()


def test_broken_officials_stay_as_they_were_and_campaigns_go_on(house: Path) -> None:
    library = Library(house, clock=Clock())
    library.current()
    write(house, "officials.yaml", OFFICIALS.replace("Ann Example", "Ben Example") + "x: y\n")
    write(house, "one.md", page("goal = 7"))
    content = library.current()
    assert content.officials.people["ann"].name == "Ann Example"
    assert content.campaigns["one"].goal == 7
    assert '"x" is not a key' in messages(library)


def test_officials_that_a_campaign_cannot_use_are_not_taken(house: Path) -> None:
    library = Library(house, clock=Clock())
    library.current()
    write(house, "officials.yaml", OFFICIALS.replace("minister-labour", "minister-health"))
    content = library.current()
    assert "minister-labour" in content.officials.posts
    assert list(content.campaigns) == ["one"]
    assert "there is no post, official or group" in messages(library)


def test_a_file_with_an_impossible_name_holds_nothing_up(house: Path) -> None:
    library = Library(house, clock=Clock())
    library.current()
    write(house, "My Letter.md", page())
    write(house, "officials.yaml", OFFICIALS.replace("Ann Example", "Ben Example"))
    assert library.current().officials.people["ann"].name == "Ben Example"
    assert "my-letter.md" in messages(library)


def test_a_file_that_vanishes_is_told(house: Path) -> None:
    library = Library(house, clock=Clock())
    library.current()
    (house / "officials.yaml").unlink()
    assert list(library.current().campaigns) == ["one"]
    assert "officials.yaml: there is no such file" in messages(library)


def test_broken_from_the_start(house: Path) -> None:
    write(house, "one.md", page("confrim = true"))
    write(house, "two.md", page())
    library = Library(house, clock=Clock())
    assert list(library.current().campaigns) == ["two"]
    write(house, "officials.yaml", "x")
    assert list(library.current().campaigns) == ["two"]
    write(house, "officials.yaml", OFFICIALS)
    write(house, "one.md", page())
    assert list(library.current().campaigns) == ["one", "two"]


def test_an_empty_home(tmp_path: Path) -> None:
    content = read_content(*read_files(tmp_path))
    assert content.campaigns == {}
    assert [one.file for one in content.problems] == ["officials.yaml"]
    assert "MAILER_HOME" in content.problems[0].suggestion


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        (b"officials:\n  - \xe9: a", "2:5", "not UTF-8"),
        ("é\nçç\xff".encode("latin-1"), "1:1", "not UTF-8"),
        ("é\nç".encode() + b"\xff", "2:2", "not UTF-8"),
        (b"a" * (LARGEST + 1), "0:0", "larger than 4 MB"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, data: bytes, place: str, message: str) -> None:
    (tmp_path / "officials.yaml").write_bytes(data)
    _, (problem,) = read_files(tmp_path)
    assert f"{problem.line}:{problem.column}" == place
    assert message in problem.message


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "officials.yaml").mkdir()
    _, (problem,) = read_files(tmp_path)
    assert "cannot be read" in problem.message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("My Letter.md", "call it my-letter.md"),
        ("Été.md", "call it ete.md"),
        ("a--b.md", "call it a-b.md"),
        ("staff.md", "a page of the program"),
        ("one.en.md", "the main file one.md"),
        ("one.french.md", "not a language's code"),
        ("one.xx.md", "not a language's code"),
        ("lost.fr.md", "lost.md is missing"),
    ],
)
def test_file_names(name: str, message: str) -> None:
    files = {"officials.yaml": OFFICIALS, f"templates/letters/{name}": page()}
    content = read_content(files)
    assert [one.severity for one in content.problems] == [Severity.ERROR]
    assert message in str(content.problems[0])
    assert content.campaigns == {}


def test_every_page_of_the_program_is_reserved() -> None:
    assert {"staff", "hooks", "outbox", "confirm", "receipt", "privacy", "static", "media",
            "healthz", "readyz", "metrics", "about", "look",
            "unsubscribe", "find", "erase", "data"} == RESERVED  # fmt: skip


def test_a_folder_that_cannot_be_read_closes_nothing(house: Path) -> None:
    library = Library(house, clock=Clock())
    assert set(library.current().campaigns) == {"one"}
    letters = house / "templates" / "letters"
    letters.rename(house / "away")
    letters.symlink_to(letters)  # nobody can look into it
    assert set(library.current().campaigns) == {"one"}
    assert "templates/letters: the folder cannot be read" in messages(library)
    letters.unlink()
    (house / "away").rename(letters)
    assert set(library.current().campaigns) == {"one"}
    assert library.current().problems == ()


def test_a_file_that_may_be_read_again_is_read(house: Path) -> None:
    library = Library(house, clock=Clock())
    first = library.current()
    (house / "officials.yaml").chmod(0o640)
    assert library.current() is not first


def test_what_waits_for_an_unreadable_file_is_not_told(house: Path) -> None:
    write(house, "one.fr.md", '+++\ntitle = "Un"\n+++\nBonjour.')
    (house / "templates" / "letters" / "one.md").write_bytes(b"\xff")
    (only,) = Library(house, clock=Clock()).current().problems
    assert "not UTF-8" in only.message


def test_letters_with_another_ending_are_told(house: Path) -> None:
    for name in ("two.txt", "three.markdown", "FOUR.MD", "five.md~", "six.png"):
        write(house, name, page())
    told = read_files(house)[1]
    assert [one.file.rpartition("/")[2] for one in told] == ["FOUR.MD", "three.markdown", "two.txt"]
    assert {one.severity for one in told} == {Severity.WARNING}


def test_hidden_files_are_left_alone(house: Path) -> None:
    write(house, ".one.md", "x")
    write(house, "_index.md", "x")
    assert list(read_files(house)[0]) == ["officials.yaml", "templates/letters/one.md"]


def test_wrong_officials_are_told_once_and_no_campaign_is_used() -> None:
    files = {
        "officials.yaml": "x: y",
        "templates/letters/one.md": page(letter=f"{OWN} {{{{ x }}}}"),
    }
    content = read_content(files)
    assert content.campaigns == {}
    assert [one.file for one in content.problems] == [
        "officials.yaml",
        "officials.yaml",
        "templates/letters/one.md",
    ]
