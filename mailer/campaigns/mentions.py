"""The words a letter compares its values with: a misspelt one is never true, and nobody sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes


@dataclass(frozen=True, kw_only=True)
class Mention:
    """A word that a letter compares one of its values with, as supporter.role == "student"."""

    value: str  # as supporter.role
    word: str
    line: int


def mentions(node: nodes.Compare) -> Iterator[Mention]:
    """Every quoted word of a comparison, with every value it is compared with."""
    sides: list[nodes.Node] = [node.expr, *(operand.expr for operand in node.ops)]
    values = [written(side) for side in sides if isinstance(side, nodes.Getattr)]
    for side in sides:
        items = side.items if isinstance(side, nodes.List | nodes.Tuple) else [side]
        for item in items:
            if isinstance(item, nodes.Const) and isinstance(item.value, str):
                for value in values:
                    yield Mention(value=value, word=item.value, line=item.lineno)


def always(test: nodes.Node) -> nodes.Const | None:
    """The word of a condition that stands there alone, as in: role == "a" or "b"."""
    if isinstance(test, nodes.And | nodes.Or):
        return always(test.left) or always(test.right)
    is_text = isinstance(test, nodes.Const) and isinstance(test.value, str)
    return test if is_text and isinstance(test, nodes.Const) else None


def written(node: nodes.Node) -> str:
    """An expression of names and dots as it was written, else "this"."""
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return f"{node.node.name}.{node.attr}"
    return "this"
