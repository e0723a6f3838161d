"""YAML text as a tree of values with places. Any text gives a tree or problems, never a crash."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.resolver import Resolver

from mailer.records import salvage
from mailer.records import text as texts
from mailer.records.findings import Findings, quoted
from mailer.records.tree import BROKEN, ODD, Entry, Item, Table, Value
from mailer.records.yaml_words import OF_INDENTATION, explain, tell_cut

DEEPEST = 12  # no file of ours needs more; a parser's stack is not for guests
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_resolve: Callable[..., str] = Resolver().resolve
_TRUE = frozenset({"yes", "true", "on"})
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def read(text: str, findings: Findings, *, first_line: int = 1) -> Item | None:
    """The root value, or None after telling why there is none.

    `text` has newlines only and no control characters (see mailer.records.text); `first_line` is
    the line of the file on which it begins. What cannot be read is told, and taken out where the
    rest can be read without it: `findings.partial` is true then.
    """
    tell_cut(text, findings, first_line)
    if odd := texts.reveal_indentation(text, findings, first_line=first_line):
        text = salvage.with_spaces(text, [line - first_line for line in odd])
        findings.partial = True
    met: set[str] = set()
    for _ in salvage.rounds(text):
        root, wrong = _read(text, findings, first_line, met)
        rest = text if wrong is None else salvage.without_entry(text, wrong)
        if rest == text:
            return root
        text, findings.partial = rest, True
    return None


def _read(
    text: str, findings: Findings, first_line: int, met: set[str]
) -> tuple[Item | None, int | None]:
    """The root value; None and the line (from 0) that keeps it from being read, if one does.

    `met` is what was told of columns: the same again follows from the first, and ends it.
    """
    reader = _Reader(findings, first_line - 1)
    try:
        root = reader.document(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        line, column, message, suggestion = explain(error, text)
        lines = text.rstrip().split("\n")
        if line >= len(lines):  # the parser meets the end, which is no line of the file
            line, column = len(lines) - 1, max(0, len(lines[-1]) - 1)
        if message in OF_INDENTATION and met:
            return None, None
        met |= {message} & OF_INDENTATION
        findings.error(line + first_line, column + 1, message, suggestion)
        return None, line
    except _TooDeep as deep:
        findings.error(*deep.place, "this is nested too deep", "write it on fewer levels")
        return None, None
    except (yaml.YAMLError, UnicodeError):
        findings.error(first_line, 1, "this text cannot be read", "save the file as UTF-8 text")
        return None, None
    for line, column in reader.folded:
        message = "this value goes on in the next line, and becomes one line"
        findings.note(line, column, message, "put it in quotes where that is meant")
    return root, None


class _TooDeep(Exception):  # noqa: N818 - it ends a reading
    def __init__(self, line: int, column: int) -> None:
        self.place = (line, column)
        super().__init__("nested too deep")


class _Reader:
    """Builds items from events. A class because the place arithmetic is wanted everywhere."""

    def __init__(self, findings: Findings, offset: int) -> None:
        self._findings = findings
        self._offset = offset
        self.folded: list[tuple[int, int]] = []

    def document(self, events: Iterator[Event]) -> Item | None:
        """The first document; a second one is a problem."""
        root: Item | None = None
        for event in events:
            if not isinstance(event, NodeEvent):
                continue
            if root is not None:
                line, column = self._place(event)
                self._findings.error(
                    line, column, "a second document begins here", "take the line --- away"
                )
                return root
            root = self._item(event, events, 1)
        return root

    def _item(self, event: NodeEvent, events: Iterator[Event], depth: int) -> Item:
        line, column = self._place(event)
        value: Value
        written = ""
        if isinstance(event, ScalarEvent):
            value, written = _scalar(event)
            if value is None and self._findings.partial:
                value = BROKEN  # what stood under it may have been taken out
            self._note_folded(event, line, column)
        elif isinstance(event, SequenceStartEvent):
            value = self._list(events, depth + 1)
        elif isinstance(event, MappingStartEvent):
            value = self._table(events, depth + 1)
        else:
            value = BROKEN
        if self._special(event, line, column):
            value = BROKEN
        return Item(value=value, line=line, column=column, written=written)

    def _note_folded(self, event: ScalarEvent, line: int, column: int) -> None:
        """Note text without quotes that goes on below: a lost key, perhaps."""
        begin, end = event.start_mark, event.end_mark
        if not event.style and begin and end and end.line > begin.line and event.value:
            self.folded.append((line, column))

    def _special(self, event: NodeEvent, line: int, column: int) -> bool:
        """True, and told, when a value begins with a sign that YAML keeps for itself."""
        sign = ""
        if isinstance(event, AliasEvent):
            sign = "*"
        elif event.anchor is not None:
            sign = "&"
        elif isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent) and event.tag:
            sign = "!"
        if sign:
            message = f"{sign} at the beginning of a value means something else in YAML"
            self._findings.error(line, column, message, "put the value in quotes")
        return bool(sign)

    def _list(self, events: Iterator[Event], depth: int) -> Value:
        items: list[Item] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            if isinstance(event, NodeEvent):
                self._check_depth(event, depth)
                items.append(self._item(event, events, depth))
        return tuple(items)

    def _table(self, events: Iterator[Event], depth: int) -> Value:
        table = Table()
        odd = False
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            if not isinstance(event, NodeEvent):
                continue
            self._check_depth(event, depth)
            line, column = self._place(event)
            item = self._item(_node(next(events)), events, depth) if _plain(event) else None
            if item is None:
                self._odd_key(event, events, depth)
                odd = True
            elif isinstance(event, ScalarEvent):
                self._add(table, event.value, Entry(item=item, line=line, column=column))
        return BROKEN if odd else table

    def _odd_key(self, event: NodeEvent, events: Iterator[Event], depth: int) -> None:
        key = self._item(event, events, depth)
        self._item(_node(next(events)), events, depth)
        if key.value is not BROKEN:
            braces = "{{" in self._findings.source(key.line)
            hint = "put text with {{ }} in quotes" if braces else "write key: value"
            self._findings.error(key.line, key.column, "a key must be one word", hint)

    def _add(self, table: Table, name: str, entry: Entry) -> None:
        if name in table:
            self._findings.error(
                entry.line,
                entry.column,
                f"{quoted(name)} is given twice, first on line {table[name].line}",
                "keep one of them",
            )
        else:
            table[name] = entry

    def _check_depth(self, event: NodeEvent, depth: int) -> None:
        if depth > DEEPEST:
            raise _TooDeep(*self._place(event))

    def _place(self, event: Event) -> tuple[int, int]:
        mark = event.start_mark
        if mark is None:  # only events made by hand have none
            return 0, 0
        return mark.line + 1 + self._offset, mark.column + 1


def _plain(event: NodeEvent) -> bool:
    return isinstance(event, ScalarEvent) and event.anchor is None and not event.tag


def _node(event: Event) -> NodeEvent:
    if not isinstance(event, NodeEvent):  # the parser always gives a value after a key
        raise yaml.YAMLError("no value")
    return event


def _scalar(event: ScalarEvent) -> tuple[Value, str]:
    """The value of a scalar, and how an unquoted one is written."""
    text: str = event.value
    if event.style:
        return text, ""
    kind = _resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    if kind == "str":
        return text, text
    if kind == "null":
        return None, text
    if kind == "bool":
        return text.lower() in _TRUE, text
    if kind == "int" and _WHOLE.fullmatch(text):
        return int(text), text
    if kind == "timestamp" and _DAY.fullmatch(text):
        return _day(text), text
    return ODD, text


def _day(text: str) -> Value:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return ODD
