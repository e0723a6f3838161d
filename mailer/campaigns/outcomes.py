"""How the comparisons of a letter come out for an official, whoever writes to them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from jinja2 import nodes

from mailer.campaigns.filters import FILTERS
from mailer.campaigns.words import OfficialWords, SupporterWords
from mailer.errors import MergeError

Value = Callable[[OfficialWords], Any]
"""What a side of a comparison is for an official."""

_MOST = 40  # values of one side: a name that is set so often is compared by nobody
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "eq": operator.eq,
        "ne": operator.ne,
        "lt": operator.lt,
        "lteq": operator.le,
        "gt": operator.gt,
        "gteq": operator.ge,
        "in": lambda one, several: one in several,
        "notin": lambda one, several: one not in several,
    }
)
_TESTS = frozenset({"eq", "equalto", "==", "ne", "!=", "in"})
_PURE = frozenset({"upper", "lower", "title", "trim", "default", "wordwrap"})


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two sides, each with every value that it may have beside one official."""

    operator: str
    left: tuple[Value, ...]
    right: tuple[Value, ...]

    def outcomes(self, official: OfficialWords) -> tuple[bool | None, ...]:
        """What comes of it for an official; None where nothing can."""
        return tuple(
            _compare(self.operator, one, other, official)
            for one in self.left
            for other in self.right
        )


def _compare(name: str, one: Value, other: Value, official: OfficialWords) -> bool | None:
    try:
        return _OPERATORS[name](one(official), other(official))
    except (MergeError, TypeError):
        return None


@dataclass(frozen=True, kw_only=True, eq=False)
class Given:
    """What one {% set %} gives a name, and what the names in that were given before."""

    node: nodes.Node
    names: Names


Names = Mapping[str, tuple[Given, ...]]
"""What each name of a template may stand for."""


def sides(node: nodes.Compare | nodes.Test) -> list[tuple[str, nodes.Node, nodes.Node]]:
    """Each operator of a comparison with what stands on its sides; none for `is defined`."""
    if isinstance(node, nodes.Test):
        asked = {"in": "in", "ne": "ne", "!=": "ne"}.get(node.name, "eq")
        return [(asked, node.node, node.args[0])] if node.name in _TESTS and node.args else []
    found: list[tuple[str, nodes.Node, nodes.Node]] = []
    left: nodes.Node = node.expr
    for operand in node.ops:
        found.append((operand.op, left, operand.expr))
        left = operand.expr
    return found


class Values:
    """What expressions may be beside an official, whichever of the supporters writes."""

    def __init__(self, supporters: Sequence[SupporterWords]) -> None:
        self._supporters = supporters
        self._known: dict[Given, tuple[Value, ...] | None] = {}  # each is worked out once

    def of(self, node: nodes.Node, names: Names) -> tuple[Value, ...] | None:
        """All that an expression may be; None where that cannot be told."""
        found: Sequence[Value] | None = None
        if isinstance(node, nodes.Const):
            found = [_always(node.value)]
        elif isinstance(node, nodes.List | nodes.Tuple):
            found = [_always([one.value for one in node.items if isinstance(one, nodes.Const)])]
        elif isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            found = self._part(node.node.name, node.attr)
        elif isinstance(node, nodes.Name):
            several = [self._given(one) for one in names.get(node.name, ())]
            known = [one for each in several if each for one in each]
            found = known if None not in several else None
        elif isinstance(node, nodes.Filter) and node.node is not None:
            found = _filtered(node, self.of(node.node, names))
        return tuple(found) if found and len(found) <= _MOST else None

    def _given(self, given: Given) -> tuple[Value, ...] | None:
        if given not in self._known:
            self._known[given] = self.of(given.node, given.names)
        return self._known[given]

    def _part(self, owner: str, part: str) -> list[Value] | None:
        if owner == "official":
            return [operator.attrgetter(part)]
        if owner == "supporter":
            said = dict.fromkeys(getattr(one, part) for one in self._supporters)
            return [_always(one) for one in said]
        return None


def _filtered(node: nodes.Filter, inner: Sequence[Value] | None) -> list[Value] | None:
    given = {str(pair.key): pair.value for pair in node.kwargs}
    constant = all(isinstance(one, nodes.Const) for one in (*node.args, *given.values()))
    if inner is None or node.name not in _PURE or not constant:
        return None
    arguments = [one.value for one in node.args if isinstance(one, nodes.Const)]
    named = {name: one.value for name, one in given.items() if isinstance(one, nodes.Const)}

    def through(one: Value) -> Value:
        return lambda official: FILTERS[node.name](one(official), *arguments, **named)

    return [through(one) for one in inner]


def _always(value: object) -> Value:
    return lambda _: value
