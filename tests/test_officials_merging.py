"""A list made part of officials.yaml: who is who, ids that last, nothing lost."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from mailer.officials import naming, reader
from mailer.officials.merging import Merged, merge
from mailer.officials.sources.reader import read
from mailer.officials.sources.values import Ask, Row
from mailer.officials.values import Officials
from mailer.problems import Severity

DAY = date(2020, 7, 2)
FILE = """\
# Who can be written to.
posts:
  - id: minister
    email: office@ministry.example
officials:
  - id: ann   # stable
    name: Ann Example
    holds:
      - post: minister
  - id: ben-sample
    name: "Ben Sample"   # in quotes
    email: ben@parl.example
    district: {en: Bay, fr: Baie}
    tags: [Party A, cabinet]
groups:
  all: [ann, ben-sample]
"""


def merged(*rows: Row, text: str = FILE, **asked: Any) -> tuple[Merged, Officials]:
    officials, told = reader.read(text)
    assert not told
    found = merge(rows, officials, text, file="list", day=DAY, **asked)
    return found, reader.read(found.text)[0]


def row(name: str, email: str = "", line: int = 2, **values: Any) -> Row:
    id_, group = values.pop("id", ""), values.pop("group", "")
    return Row(line=line, name=name, email=email, id=id_, group=group, values=values)


def told(found: Merged) -> str:
    return "\n".join(map(str, found.problems))


def test_what_the_file_says_already_changes_nothing() -> None:
    found, _ = merged(
        row("Ann Example", "Office@Ministry.example"),
        row("Ben SAMPLE", "ben@parl.example", district="Baie", group="Party A"),
    )
    assert found.text == FILE
    assert (found.new, found.known, found.missing) == (0, 2, ())


def test_people_are_known_by_id_address_or_name_and_district() -> None:
    found, after = merged(
        row("A. Example", "new@ministry.example", id="ann"),
        row("Ben Sample", "moved@parl.example", line=3, district="Bay"),
    )
    assert (found.new, found.known) == (0, 2)
    assert after.people["ann"].email == "new@ministry.example"
    assert after.people["ann"].name == "A. Example"
    assert after.people["ben-sample"].email == "moved@parl.example"
    assert 'name: "Ben Sample"   # in quotes' in found.text
    found, after = merged(row("Benjamin Sample", "ben@parl.example"))
    assert after.people["ben-sample"].name == "Benjamin Sample"


def test_another_person_never_gets_an_id_that_was_somebodys() -> None:
    found, after = merged(row("Cy Other", "x@parl.example", id="ann"))
    assert "the id ann is Ann Example's" in told(found)
    assert found.problems[0].severity is Severity.ERROR
    assert set(after.people) == {"ann", "ben-sample"}
    found, after = merged(row("Cy Other", "ben@parl.example"))
    assert "is the address of Ben Sample (ben-sample) so far" in told(found)
    assert list(after.people) == ["ann", "ben-sample", "cy-other"]
    namesake = row("Ben Sample", "other@parl.example", district="Elsewhere")
    found, after = merged(namesake)
    assert after.people["ben-sample-2"].email == "other@parl.example"
    assert "the id ben-sample is taken: Ben Sample is ben-sample-2" in told(found)


def test_nobody_is_removed_but_with_prune_and_then_the_id_is_kept_from_others() -> None:
    found, after = merged(row("Ann Example", "office@ministry.example"))
    assert found.missing == ("ben-sample",)
    assert found.text == FILE
    text = FILE.replace(", ben-sample", "")
    found, after = merged(row("Ann Example", "office@ministry.example"), text=text, prune=True)
    assert list(after.people) == ["ann"]
    assert "  # never used again: ben-sample\n" in found.text
    again, after = merged(
        row("Ann Example", "office@ministry.example"),
        row("Ben Sample", "ben@else.example", line=3),
        text=found.text,
    )
    assert list(after.people) == ["ann", "ben-sample-2"]
    assert naming.retired(again.text) == {"ben-sample"}
    assert "never used again: ben-sample, x\n" in naming.retire(again.text, ["ben-sample", "x"])


def test_a_tag_limits_who_can_be_missing() -> None:
    found, _ = merged(row("Cy Other", "cy@x.example"), tag="Party A")
    assert found.missing == ("ben-sample",)


def test_another_group_takes_the_place_of_the_old_one() -> None:
    found, after = merged(
        row("Ben Sample", "ben@parl.example", group="Party B"),
        row("Cy Other", "cy@parl.example", line=3, group="Party A", tags=("x",)),
        tag="member",
    )
    assert after.people["ben-sample"].tags == ("Party B", "cabinet", "member")
    assert after.people["cy-other"].tags == ("Party A", "member", "x")
    assert "tags: [Party B, cabinet, member]" in found.text


def test_rows_that_stand_twice_or_lack_an_address_are_told() -> None:
    found, after = merged(
        row("Cy Other", "cy@parl.example"),
        row("CY OTHER", "CY@parl.example", line=3),
        row("Di Nobody", line=4),
        row("Benny Sample", "ben@parl.example", line=5),
        row("Ben Sample", "ben@parl.example", line=6),
    )
    assert [one.line for one in found.problems] == [3, 4, 6]
    assert "in the list twice" in told(found)
    assert "Di Nobody has no address: left out" in told(found)
    assert list(after.people) == ["ann", "ben-sample", "cy-other"]


def test_ids_are_made_of_names_and_fit() -> None:
    assert naming.made("Zoé d'Été-Ñandú", "", ()) == "zoe-d-ete-nandu"
    assert naming.made("Анна", "anna.b@x.example", ()) == "anna-b"
    assert naming.made("安", "", {"official"}) == "official-2"
    long = naming.made("x" * 80, "", {"x" * 60})
    assert long == "x" * 58 + "-2"


CELL = some.text(
    some.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=20
)
PEOPLE = some.lists(
    some.tuples(CELL, CELL, some.sampled_from(["A", "B", ""])), min_size=1, max_size=8
)


@settings(max_examples=60, deadline=None)
@given(PEOPLE, some.sampled_from(",;\t|"), some.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_list_that_was_imported_says_nothing_new(
    people: list[tuple[str, str, str]], separator: str, encoding: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(["Name", "Email", "District", "Party"])
    for number, (name, district, party) in enumerate(people):
        writer.writerow([f"P{number} {name}", f"p{number}@x.example", district, party])
    source = read(out.getvalue().encode(encoding), "list", Ask(day=DAY))
    first = merge(source.rows, Officials(), "# c\n", file="list", day=DAY)
    after, problems = reader.read(first.text)
    assert not [one for one in problems if one.severity is Severity.ERROR]
    by_address = {one.email: one for one in after.people.values()}
    assert len(by_address) == len(source.rows) == len(people)
    for one in source.rows:
        person = by_address[one.email]
        assert person.name == one.name
        assert tuple(person.district.values()) == one.district
        assert person.tags == ((one.group,) if one.group else ())
    second = merge(source.rows, after, first.text, file="list", day=DAY)
    assert second.text == first.text
    assert second.missing == ()
