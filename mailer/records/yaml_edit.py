"""Changes records in YAML text and nothing else: comments, order, quotation marks stay.

A writer that reads the file and prints it again would move comments and indentation; here every
character that is not part of a change is the one that was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from mailer.records.yaml_write import Plain, block, flow, scalar

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Edits:
    """What is to become of the records of one list, each known by its `id`."""

    section: str  # the key of the list
    set: Mapping[str, Mapping[str, Plain]] = field(default_factory=dict)
    add: Sequence[Mapping[str, Plain]] = ()
    remove: frozenset[str] = frozenset()
    order: Sequence[str] = ()  # of keys in a record: a new one stands behind those before it


@dataclass(frozen=True, kw_only=True)
class _Change:
    start: int
    end: int
    text: str


def edit(text: str, edits: Edits) -> str:
    """The text with the edits made. It must be good YAML, without anchors and tags."""
    root = yaml.compose(text, Loader=_LOADER)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    section = next((value for key, value in pairs if key.value == edits.section), None)
    if not isinstance(section, yaml.SequenceNode):
        whole = text.rstrip("\n") + "\n\n" if text.strip() else text
        return f"{whole}{edits.section}:\n" + _new(edits.add, blank=True) if edits.add else text
    editor = _Editor(text, edits)
    changes = sorted(editor.changes(section), key=lambda one: (one.start, one.end))
    for change in reversed(changes):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def _new(records: Iterable[Mapping[str, Plain]], *, blank: bool) -> str:
    between = "\n\n" if blank else "\n"
    return between.join(block(one, "  ", "    ") for one in records) + "\n"


class _Editor:
    """One list in one text. A class because every step needs both."""

    def __init__(self, text: str, edits: Edits) -> None:
        self._text = text
        self._edits = edits

    def changes(self, section: yaml.SequenceNode) -> Iterator[_Change]:
        """What to put where; places are those of the text as it was."""
        for record in section.value:
            name = _id(record)
            if name in self._edits.remove:
                yield self._removed(record, section)
            elif name in self._edits.set:
                yield from self._set(record, self._edits.set[name])
        if self._edits.add:
            yield self._added(section)

    def _set(self, record: yaml.MappingNode, values: Mapping[str, Plain]) -> Iterator[_Change]:
        """Keys that are there get their value, others a line behind the key they follow."""
        nodes = {key.value: (key, value) for key, value in record.value}
        missing: dict[str, Plain] = {}
        for name, value in values.items():
            if name not in nodes:
                missing[name] = value
            elif isinstance(value, Mapping) and isinstance(nodes[name][1], yaml.MappingNode):
                yield from self._set(nodes[name][1], value)
            elif isinstance(value, tuple) and _holds_texts(nodes[name][1], at_most=len(value)):
                yield from self._listed(nodes[name][1], value)
            else:
                yield self._replaced(*nodes[name], value)
        behind: dict[str, list[str]] = {}
        for name, value in missing.items():
            behind.setdefault(self._before(name, list(nodes)), []).append(f"{name}: {flow(value)}")
        for name, lines in behind.items():
            yield self._inserted(record, nodes[name][1], lines)

    def _listed(self, old: yaml.SequenceNode, values: Sequence[str]) -> Iterator[_Change]:
        """A list that is as long as before or longer, text by text."""
        for node, value in zip(old.value, values, strict=False):
            if node.value != value:
                new = scalar(value, node.style)
                yield _Change(start=node.start_mark.index, end=node.end_mark.index, text=new)
        more, at = values[len(old.value) :], self._end(old.value[-1])
        if more and old.flow_style:
            yield _Change(start=at, end=at, text="".join(f", {scalar(one)}" for one in more))
        elif more:
            at, indentation = self._line_end(at), " " * old.start_mark.column
            new = "".join(f"\n{indentation}- {scalar(one)}" for one in more)
            yield _Change(start=at, end=at, text=new)

    def _before(self, name: str, present: Sequence[str]) -> str:
        """The key of the record behind which a new one stands."""
        order = list(self._edits.order)
        earlier = order[: order.index(name)] if name in order else []
        known = [one for one in earlier if one in present]
        return known[-1] if known else present[-1]

    def _replaced(self, key: yaml.Node, old: yaml.Node, value: Plain) -> _Change:
        if isinstance(old, yaml.ScalarNode) and old.style not in {"|", ">"}:
            new = scalar(value, old.style) if isinstance(value, str) else flow(value)
            return _Change(start=old.start_mark.index, end=old.end_mark.index, text=new)
        start = self._text.index(":", key.end_mark.index) + 1
        return _Change(start=start, end=self._end(old), text=" " + flow(value))

    def _inserted(
        self, record: yaml.MappingNode, behind: yaml.Node, lines: Sequence[str]
    ) -> _Change:
        at = self._end(behind)
        if record.flow_style:
            return _Change(start=at, end=at, text="".join(f", {line}" for line in lines))
        at = self._line_end(at)
        indentation = " " * record.start_mark.column
        return _Change(start=at, end=at, text="".join(f"\n{indentation}{line}" for line in lines))

    def _removed(self, record: yaml.Node, section: yaml.SequenceNode) -> _Change:
        """All of a record's lines, and the empty ones below it; comments above it stay."""
        if section.flow_style:
            return self._removed_inline(record, section)
        dash = self._text.rindex("-", 0, record.start_mark.index)
        start = self._text.rfind("\n", 0, dash) + 1
        end = min(self._line_end(self._end(record)) + 1, len(self._text))
        while self._text[end : end + 1] == "\n" and record is not section.value[-1]:
            end += 1
        return _Change(start=start, end=end, text="")

    def _removed_inline(self, record: yaml.Node, section: yaml.SequenceNode) -> _Change:
        start, end = record.start_mark.index, record.end_mark.index
        if record is section.value[-1]:
            start = self._text.rfind(",", section.start_mark.index, start)
            return _Change(start=max(start, section.start_mark.index + 1), end=end, text="")
        return _Change(start=start, end=self._text.index(",", end) + 1, text="")

    def _added(self, section: yaml.SequenceNode) -> _Change:
        records = section.value
        if section.flow_style:
            return self._added_inline(section)
        last, first = records[-1], records[0]
        at = self._line_end(self._end(last))
        indentation = " " * section.start_mark.column
        inner = " " * (first.start_mark.column if not first.flow_style else len(indentation) + 2)
        between = "\n\n" if self._is_spaced(records) else "\n"
        made = (block(one, indentation, inner) for one in self._edits.add)
        return _Change(start=at, end=at, text="".join(between + one for one in made))

    def _added_inline(self, section: yaml.SequenceNode) -> _Change:
        if not section.value:
            made = "\n" + _new(self._edits.add, blank=True).rstrip("\n")
            start = len(self._text[: section.start_mark.index].rstrip(" "))
            return _Change(start=start, end=section.end_mark.index, text=made)
        at = self._end(section.value[-1])
        made = "".join(f", {_inline(one)}" for one in self._edits.add)
        return _Change(start=at, end=at, text=made)

    def _is_spaced(self, records: Sequence[yaml.Node]) -> bool:
        """True where an empty line parts the last two records, or there is only one."""
        if len(records) < 2:
            return True
        between = self._text[self._end(records[-2]) : records[-1].start_mark.index]
        return "\n\n" in between

    def _end(self, node: yaml.Node) -> int:
        """Behind the last character of a value; the parser counts comments below it in."""
        if isinstance(node, yaml.ScalarNode):
            start, end = node.start_mark.index, node.end_mark.index
            return start + len(self._text[start:end].rstrip())
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(last, tuple) else last)
        return int(node.end_mark.index)

    def _line_end(self, at: int) -> int:
        """The end of the line, so that a comment behind a value stays behind it."""
        end = self._text.find("\n", at)
        return len(self._text) if end < 0 else end


def _id(record: yaml.Node) -> str:
    pairs = record.value if isinstance(record, yaml.MappingNode) else []
    return next((str(value.value) for key, value in pairs if key.value == "id"), "")


def _holds_texts(node: yaml.Node, *, at_most: int) -> bool:
    """True for a list of one text or more, each on its own."""
    return (
        isinstance(node, yaml.SequenceNode)
        and 0 < len(node.value) <= at_most
        and all(
            isinstance(one, yaml.ScalarNode) and one.style not in {"|", ">"} for one in node.value
        )
    )


def _inline(record: Mapping[str, Plain]) -> str:
    return "{" + ", ".join(f"{name}: {flow(value)}" for name, value in record.items()) + "}"
