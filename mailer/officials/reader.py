"""Reads officials.yaml: frozen values, and everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailer.officials import domains, proofread
from mailer.officials.crosscheck import Held, check_addresses, check_holdings
from mailer.officials.schema import OFFICIAL, POST, ROOT
from mailer.officials.values import Official, Officials, Post
from mailer.problems import Problem, did_you_mean
from mailer.records import text as texts
from mailer.records import yaml_tree
from mailer.records.findings import Findings, TooManyProblems, Wrong, quoted
from mailer.records.kinds import identifier
from mailer.records.record import Key, Record, items_of, table_of, value_of
from mailer.records.tree import Item, Table

_ID = Key(name="id", kind=identifier)
_GROUP = Key(name="a group's name", kind=identifier)


def read(text: str, file: str = "officials.yaml") -> tuple[Officials, tuple[Problem, ...]]:
    """What the file says and what is wrong with it. With an ERROR among them, do not use it."""
    text = texts.clean(text)
    findings = Findings(file, text)
    try:
        officials = _read(text, findings)
    except TooManyProblems:
        officials = Officials()
    return officials, findings.problems()


def _read(text: str, findings: Findings) -> Officials:
    text = texts.reveal(text, findings)
    if texts.reveal_conflict(text, findings):
        return Officials()
    root = yaml_tree.read(text, findings)
    if root is not None:
        failed = findings.failed
        sections = ROOT.read(root, findings)
        findings.partial |= findings.failed and not failed  # a section goes by another name
        return _File(findings).officials(sections)
    if not findings.failed:
        findings.error(1, 1, "the file holds nothing yet", "begin with a line officials:")
    return Officials()


class _File:
    """The whole file: every id in it, wrong records included, so that one mistake is told once."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._lines: dict[str, int] = {}  # where each id, of whatever kind, was given first
        self._posts: dict[str, Item] = {}
        self._people: dict[str, Item] = {}

    def officials(self, sections: dict[str, Any]) -> Officials:
        """Everything that could be read."""
        posts = dict(self._records(sections.get("posts"), "posts", POST, self._posts))
        people = dict(self._records(sections.get("officials"), "officials", OFFICIAL, self._people))
        if self._findings.partial:  # who is meant elsewhere may stand in what cannot be read
            return Officials()
        held = [
            Held(person=name, holding=holding, place=place)
            for name, values in people.items()
            for holding, place in values.pop("holds", ())
        ]
        check_holdings(held, self._posts, self._findings)
        found = Officials(
            posts={name: Post(**values) for name, values in posts.items()},
            people={
                name: Official(
                    **values, holds=tuple(one.placed for one in held if one.person == name)
                )
                for name, values in people.items()
            },
            groups=self._groups(sections.get("groups")),
            domains=domains.read(sections.get("domains"), self._findings),
        )
        check_addresses(found, self._people, self._posts, self._findings)
        domains.check(sections.get("domains"), found, self._findings)
        proofread.check(found, self._posts, self._people, sections.get("groups"), self._findings)
        return found

    def _records(
        self, section: Item | None, name: str, record: Record, places: dict[str, Item]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The records of a section that have all they need, by id."""
        for item in self._entries(section, name):
            own = self._register(item, places)
            values = record.read(item, self._findings)
            complete = all(key.target in values for key in record.keys if key.required)
            if own and complete:
                yield own, values

    def _entries(self, section: Item | None, name: str) -> tuple[Item, ...]:
        if section is None:
            return ()
        try:
            return items_of(section)
        except Wrong as wrong:
            place = (section.line, section.column)
            self._findings.error(*place, wrong.about(quoted(name)), wrong.suggestion)
            return ()

    def _register(self, item: Item, places: dict[str, Item]) -> str:
        """The record's id when it is the first to have it, else ""; told when taken."""
        entry = item.value.get("id") if isinstance(item.value, Table) else None
        if entry is None or not isinstance(entry.item.value, str):
            return ""
        name = entry.item.value.strip()
        if not self._claim(name, entry.item.line, entry.item.column):
            return ""
        places[name] = item
        return name

    def _claim(self, name: str, line: int, column: int) -> bool:
        first = self._lines.setdefault(name, line)
        if first == line:
            return True
        message = f"the id {quoted(name)} is taken, on line {first}"
        self._findings.error(line, column, message, "every post, official and group needs its own")
        return False

    def _groups(self, section: Item | None) -> dict[str, tuple[str, ...]]:
        table = table_of(section, "groups", self._findings) if section is not None else None
        found: dict[str, tuple[str, ...]] = {}
        for name, entry in (table or {}).items():
            key = Item(value=name, line=entry.line, column=entry.column)
            if value_of(_GROUP, key, self._findings) is not None:
                self._claim(name, entry.line, entry.column)
                members = self._entries(entry.item, f"the group {name}")
                found[name] = tuple(filter(None, (self._member(item) for item in members)))
        return found

    def _member(self, item: Item) -> str:
        """A member's id when there is such a post or official, else ""."""
        name: str = value_of(_ID, item, self._findings) or ""
        if name and name not in self._posts and name not in self._people:
            hint = did_you_mean(name, [*self._posts, *self._people])
            message = f"there is no post and no official {quoted(name)}"
            self._findings.error(item.line, item.column, message, hint or "add it above")
            return ""
        return name
