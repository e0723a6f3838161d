"""What is left of a text when a part of it is taken out: the same lines, at the same places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailer.records import salvage, toml_tree, yaml_tree
from mailer.records.findings import Findings

LIST = "a:\n  - id: x\n    name: y\n    more:\n      - z\n\n  - id: v\nb: 1\n"


def test_the_entry_around_a_line_is_taken_out_whole() -> None:
    for line in (1, 2, 3, 4):
        assert salvage.without_entry(LIST, line) == "a:\n#\n#\n#\n#\n#\n  - id: v\nb: 1\n"
    assert salvage.without_entry(LIST, 6).split("\n")[6] == "#"
    assert salvage.without_entry(LIST, 7).split("\n")[7] == "#"
    assert salvage.without_entry(LIST, 99) == LIST


def test_a_key_goes_with_its_lines_and_a_table_with_its_keys() -> None:
    text = 'a = 1\nb = [\n"x",\n]\n[[c]]\nd = 2\n[[c]]\nd = 3\n'
    assert salvage.without_pair(text, 1) == "a = 1\n#\n#\n#\n[[c]]\nd = 2\n[[c]]\nd = 3\n"
    assert salvage.without_pair(text, 4).split("\n")[4:7] == ["#", "#", "[[c]]"]


def test_odd_indentation_becomes_that_of_its_neighbours() -> None:
    text = "a:\n\t- id: x\n\t\tname: y\n\t- id: z"
    assert salvage.with_spaces(text, [1, 2, 3]) == "a:\n  - id: x\n    name: y\n  - id: z"


def test_long_texts_are_not_read_again_and_again() -> None:
    assert len(salvage.rounds("x")) > len(salvage.rounds("x" * 400_000)) == 2


YAML_LIKE = st.text("ab:-[]{}\"'#\n \t&*|>,", max_size=60)
TOML_LIKE = st.text("ab=[]{}\"'#\n \t.1,", max_size=60)


@given(YAML_LIKE, TOML_LIKE)
def test_any_text_ends_and_what_is_told_stands_in_it(yaml: str, toml: str) -> None:
    for read, text in ((yaml_tree.read, yaml), (toml_tree.read, toml)):
        findings = Findings("x", text)
        root = read(text, findings)
        assert root is not None or findings.failed or not findings.partial
        assert all(0 < one.line <= text.count("\n") + 1 for one in findings.problems())
