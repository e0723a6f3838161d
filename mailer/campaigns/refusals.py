"""What a letter's template may not do, in words: loops without end, files, calls, sums."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from jinja2 import nodes

_WORDS: Mapping[type[nodes.Node], tuple[str, str]] = MappingProxyType(
    {
        nodes.Call: ("nothing can be called in a letter", "take the round brackets away"),
        nodes.Getitem: ("square brackets cannot be used here", "write a dot and the part's name"),
        nodes.Concat: ("~ cannot be used in a letter", "write the parts one after the other"),
        nodes.Include: ("a letter cannot include another file", "write the text here"),
        nodes.Import: ("a letter cannot include another file", "write the text here"),
        nodes.FromImport: ("a letter cannot include another file", "write the text here"),
        nodes.Extends: ("a letter cannot include another file", "write the text here"),
        nodes.AssignBlock: ("set takes one value", "write {% set name = value %}"),
        nodes.Sub: ("a hyphen takes one number from another", "write a dot: supporter.name"),
        nodes.FilterBlock: ("filters stand behind a value here", "write {{ value | upper }}"),
    }
)
_SUM = ("nothing is reckoned in a letter", "write the result, or the parts one after the other")
_OTHERWISE = ("this cannot be used in a letter", "known are {{ }}, {% if %}, {% for %}, {% set %}")


def refusal(node: nodes.Node) -> tuple[str, str]:
    """What is wrong with a part of a template that letters do not know, and what to do."""
    otherwise = _SUM if isinstance(node, nodes.BinExpr | nodes.UnaryExpr) else _OTHERWISE
    return _WORDS.get(type(node), otherwise)


def line_of(node: nodes.Node) -> int:
    """The line of a part of a template; some have none of their own, and take their first part's.

    Scopes, as {% with %} and {% autoescape %} make them, are such.
    """
    inside = (one.lineno for one in node.find_all(nodes.Node) if one.lineno)
    return node.lineno or next(inside, 1)


def unjoined(node: nodes.Filter, known: Collection[str]) -> str:
    """What to write when things that have the `known` parts are joined without naming one."""
    named = [pair.value for pair in node.kwargs if pair.key == "attribute"] or node.args[1:]
    wanted = named[0].value if named and isinstance(named[0], nodes.Const) else ""
    if not known or wanted in known:
        return ""
    return f'write join(", ", attribute="name"); known are {", ".join(known)}'
