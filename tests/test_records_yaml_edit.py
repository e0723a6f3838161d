"""Edits of YAML text: what was meant changes, and not one other character."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from ruamel.yaml import YAML

from mailer.officials import reader
from mailer.records.yaml_edit import Edits, edit
from mailer.records.yaml_write import flow, scalar
from tests.conftest import ROOT

SHIPPED = (ROOT / "officials.yaml").read_text(encoding="utf-8")
ORDER = ("id", "name", "title", "email", "phone", "district", "tags")


def made(text: str, **changes: Any) -> str:
    return edit(text, Edits(section="officials", order=ORDER, **changes))


def judged(text: str) -> Any:
    """What another program's reader, with newer rules, makes of the text."""
    return YAML(typ="safe", pure=True).load(text)


def test_no_edit_changes_nothing() -> None:
    assert made(SHIPPED) == SHIPPED
    assert made(SHIPPED, set={"romano": {}, "nobody": {"email": "x@y.example"}}) == SHIPPED


def test_a_value_changes_and_its_comment_stays() -> None:
    text = "officials:\n- id: a   # stable\n  name: 'Ann'   # her name\n  email: a@b.example\n"
    found = made(text, set={"a": {"name": "O'Ann", "email": "c@d.example"}})
    assert found == (
        "officials:\n- id: a   # stable\n  name: 'O''Ann'   # her name\n  email: c@d.example\n"
    )


def test_a_new_key_stands_behind_the_one_it_follows_and_below_its_comment() -> None:
    found = made(SHIPPED, set={"romano": {"email": "r@parl.example"}})
    added = [line for line in found.split("\n") if line not in SHIPPED.split("\n")]
    assert added == ["    email: r@parl.example"]
    assert found.replace("    email: r@parl.example\n", "", 1) == SHIPPED


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("officials: [{id: a, name: Ann}]\n", {"email": "a@b.example"},
         "officials: [{id: a, name: Ann, email: a@b.example}]\n"),
        ("officials:\n  - id: a\n    tags: [x, 'y']  # z\n", {"tags": ("x", "w", "v")},
         "officials:\n  - id: a\n    tags: [x, 'w', v]  # z\n"),
        ("officials:\n  - id: a\n    tags:\n      - x  # one\n    name: A\n", {"tags": ("x", "no")},
         'officials:\n  - id: a\n    tags:\n      - x  # one\n      - "no"\n    name: A\n'),
        ("officials:\n  - id: a\n    title:\n      en: A  # c\n    name: A\n",
         {"title": {"en": "B", "fr": "C"}},
         "officials:\n  - id: a\n    title:\n      en: B  # c\n      fr: C\n    name: A\n"),
        ("officials:\n  - id: a\n    phone: |\n      1\n      2\n\n  # tail\n", {"phone": "3"},
         'officials:\n  - id: a\n    phone: "3"\n\n  # tail\n'),
        ("officials:\n  - id: a\n    tags: [x, y]\n", {"tags": ("z",)},
         "officials:\n  - id: a\n    tags: [z]\n"),
    ],
)  # fmt: skip
def test_every_shape_of_a_value(text: str, values: dict[str, Any], expected: str) -> None:
    assert made(text, set={"a": values}) == expected


def test_records_are_added_as_the_others_are_written() -> None:
    one = {"id": "b", "name": "Ben", "district": {"en": "Bay", "fr": "Baie"}}
    tight = "posts: []\nofficials:\n- id: a\n  name: A  # c\n- {id: c, name: C}\ngroups: {}\n"
    assert made(tight, add=[one]) == tight.replace(
        "groups", "- id: b\n  name: Ben\n  district: {en: Bay, fr: Baie}\ngroups"
    )
    assert made("officials: []\n", add=[one]).startswith("officials:\n  - id: b\n")
    assert made("# only this\n", add=[one]).startswith("# only this\n\nofficials:\n  - id: b\n")
    inline = made("officials: [{id: a, name: A}]\n", add=[{"id": "b", "name": "no"}])
    assert inline == 'officials: [{id: a, name: A}, {id: b, name: "no"}]\n'
    spaced = made(SHIPPED, add=[one])
    assert "tags: [cabinet]\n\n  - id: b\n    name: Ben\n" in spaced
    assert spaced.endswith(SHIPPED[SHIPPED.index("\n# Names for several") :])


def test_removed_records_leave_the_comments_around_them() -> None:
    found = made(SHIPPED, remove=frozenset({"romano", "mulroney"}))
    officials, _ = reader.read(found)
    assert list(officials.people) == ["mcnaughton"]
    gone = set(SHIPPED.split("\n")) - set(found.split("\n"))
    assert not any(line.startswith("#") for line in gone)
    replaced = made(SHIPPED, remove=frozenset({"mulroney"}), add=[{"id": "b", "name": "Ben"}])
    assert [one["id"] for one in judged(replaced)["officials"]] == ["romano", "mcnaughton", "b"]


@given(some.text(some.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1))
def test_any_text_is_read_as_it_was_written(text: str) -> None:
    """By two readers with different rules, in a line of its own and within brackets."""
    for style in (None, "'", '"'):
        written = f"officials:\n- id: a\n  name: {scalar(text, style)}\n  tags: {flow((text,))}\n"
        found = judged(written)["officials"][0]
        assert (found["name"], found["tags"]) == (text, [text])
        ours = judged(made(written, set={"a": {"name": text + "!"}}))["officials"][0]
        assert (ours["name"], ours["tags"]) == (text + "!", [text])


def test_an_edited_file_reads_the_same_elsewhere(tmp_path: Path) -> None:
    found = made(
        SHIPPED,
        set={"romano": {"phone": "0416", "tags": ("cabinet", "yes"), "email": "1@x.example"}},
        add=[{"id": "12", "name": "12:30", "tags": ("on", "~", "1e3", "2020-01-01")}],
    )
    people = {one["id"]: one for one in judged(found)["officials"]}
    assert people["romano"]["tags"] == ["cabinet", "yes"]
    assert people["romano"]["phone"] == "0416"
    assert people["12"]["name"] == "12:30"
    assert people["12"]["tags"] == ["on", "~", "1e3", "2020-01-01"]
