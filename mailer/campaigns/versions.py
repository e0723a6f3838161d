"""One file of a campaign, and the words that other languages give to its lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mailer.campaigns import frontmatter
from mailer.campaigns.schema import WORDS_OF
from mailer.campaigns.values import Organisation, Role, Signatory
from mailer.problems import did_you_mean
from mailer.records import text as texts
from mailer.records import toml_tree, yaml_tree
from mailer.records.findings import Findings, Wrong, quoted
from mailer.records.record import Record, items_of
from mailer.records.tree import Item, Table

Row = TypeVar("Row", Role, Organisation, Signatory)


@dataclass(frozen=True, kw_only=True)
class Page:
    """A file of a campaign with its front matter read as a tree."""

    file: str
    findings: Findings
    root: Item
    post: frontmatter.Post

    def item(self, name: str) -> Item | None:
        """The value of a key of the front matter."""
        entry = self.root.value.get(name) if isinstance(self.root.value, Table) else None
        return entry.item if entry else None


def open_page(file: str, text: str, findings: Findings) -> Page | None:
    """The file taken apart, or None after telling why it cannot be."""
    text = texts.reveal(text, findings)
    if texts.reveal_conflict(text, findings):
        return None
    post = frontmatter.split(text, findings)
    if post is None:
        return None
    first = post.matter_line
    findings.assigns = " = " if post.form == "toml" else ": "
    tree = toml_tree if post.form == "toml" else yaml_tree
    root = tree.read(post.matter, findings, first_line=first)
    if root is None:
        if not findings.failed:
            findings.error(first, 1, "the front matter holds nothing yet", "begin with a title")
        return None
    return Page(file=file, findings=findings, root=root, post=post)


def translate(
    name: str, rows: Sequence[Row], item: Item | None, language: str, findings: Findings
) -> tuple[Row, ...]:
    """The rows of a list with the words of one more language, found by id or by their order."""
    if item is None:
        return tuple(rows)
    record = WORDS_OF[name]
    translated = list(rows)
    try:
        given = items_of(item)
    except Wrong as wrong:
        findings.error(item.line, item.column, wrong.about(quoted(name)), wrong.suggestion)
        return tuple(rows)
    for order, part in enumerate(given):
        values = record.read(part, findings)
        at = _which(rows, values, order, part, record, findings)
        if at is not None:
            translated[at] = _with_words(translated[at], values, language)
    return tuple(translated)


def _which(
    rows: Sequence[Row],
    values: dict[str, Any],
    order: int,
    item: Item,
    record: Record,
    findings: Findings,
) -> int | None:
    """The index of the row that is meant, or None after telling that there is none."""
    own = values.get("id")
    known = [getattr(row, "id", "") for row in rows]
    if own is not None:
        if own in known:
            return known.index(own)
        hint = did_you_mean(own, known) or "add it to the main file first"
        message = f"the main file has no such entry: {quoted(own)}"
        findings.error(*_place(item, "id"), message, hint)
        return None
    if order >= len(rows):
        message = f"{record.name} too many: the main file has {len(rows)}"
        findings.error(item.line, item.column, message, "take it away, or add it there first")
        return None
    row = rows[order]
    if isinstance(row, Signatory) and values.get("name", row.name) != row.name:
        message = f"the main file has {row.name} in this place"
        findings.error(*_place(item, "name"), message, "keep the main file's order and names")
        return None
    return order


def _place(item: Item, name: str) -> tuple[int, int]:
    """Where the value of a key stands, else where its table does."""
    entry = item.value.get(name) if isinstance(item.value, Table) else None
    where = entry.item if entry else item
    return where.line, where.column


def _with_words(row: Row, values: dict[str, Any], language: str) -> Row:
    """The row with the words of `language` added to those it has."""
    skipped = {"id", "name"} if isinstance(row, Signatory) else {"id"}
    changes: dict[str, Any] = {
        name: {**getattr(row, name), language: text}
        for name, text in values.items()
        if name not in skipped
    }
    return replace(row, **changes)
