"""Officials sorted by what a letter makes of them, so that a few letters stand for thousands.

Two officials are of one sort when every condition, loop and comparison of the templates comes out
alike for them. Their letters differ in words that are only written out, and nothing that goes well
for the longest of them goes wrong for another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jinja2 import nodes

from mailer import addresses
from mailer.campaigns import templates
from mailer.campaigns.words import OfficialWords

SHOWN, ASKED, VALUE = "shown", "asked", "value"
_LIKE_TEXT = frozenset({"upper", "lower", "title", "trim", "wordwrap", "join"})
_PLAIN_OPERATORS = frozenset({"eq", "ne", "in", "notin"})
_IN_A_LOOP = 10  # rounds, to find out whose letter is the longest


@dataclass(frozen=True, kw_only=True)
class Sort:
    """Officials alike, by their place in the list: the first, the longest, all of them."""

    first: int
    longest: int
    all: tuple[int, ...]


def sort(officials: Sequence[OfficialWords], texts: Iterable[str]) -> list[Sort]:
    """The sorts of officials that these templates, checked before, tell apart."""
    uses = _Uses()
    for text in texts:
        uses.template(templates.parsed(text))
    found: dict[object, list[int]] = defaultdict(list)
    for at, official in enumerate(officials):
        found[uses.signature(official)].append(at)
    lengths = [uses.length(official) for official in officials]
    return [
        Sort(first=all_[0], longest=max(all_, key=lengths.__getitem__), all=tuple(all_))
        for all_ in found.values()
    ]


class _Uses:
    """How templates use each part of `official`."""

    def __init__(self) -> None:
        self._how: dict[str, set[str]] = {"name": {SHOWN}, "honorific": {SHOWN}}  # the mail's To
        self._words: dict[str, set[str]] = defaultdict(set)  # what a part is compared with
        self._shown: Counter[str] = Counter()
        self._set: dict[str, list[nodes.Node]] = defaultdict(list)  # by {% set %}
        self._loops = 0

    def template(self, tree: nodes.Template) -> None:
        """Take in one template."""
        self._set.clear()
        self._walk(tree, VALUE)

    def signature(self, official: OfficialWords) -> object:
        """The same for two officials of whom all conditions come out alike."""
        return tuple(
            (
                tuple(_trait(kind, getattr(official, part)) for kind in sorted(kinds)),
                tuple(_holds(getattr(official, part), word) for word in sorted(self._words[part])),
            )
            for part, kinds in sorted(self._how.items())
        )

    def length(self, official: OfficialWords) -> int:
        """How many characters the official adds to the letters, more or less."""
        return sum(
            times * len("".join(getattr(official, part))) for part, times in self._shown.items()
        )

    def _walk(self, node: nodes.Node, how: str) -> None:
        """Note what a part of a template uses; `how` its value is wanted."""
        if isinstance(node, nodes.Getattr):
            self._part(node, how)
        elif isinstance(node, nodes.Name):
            for given in self._set.get(node.name, ()) if node.ctx == "load" else ():
                self._walk(given, how)
        elif isinstance(node, nodes.Output):
            self._each(node.nodes, SHOWN)
        elif isinstance(node, nodes.If | nodes.CondExpr):
            self._condition(node, how)
        elif isinstance(node, nodes.Not):
            self._walk(node.node, ASKED)
        elif isinstance(node, nodes.Compare):
            self._comparison(node)
        elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            self._set[node.target.name].append(node.node)
        elif isinstance(node, nodes.For):
            self._loop(node)
        else:
            self._other(node, how)

    def _other(self, node: nodes.Node, how: str) -> None:
        if isinstance(node, nodes.And | nodes.Or) and how == ASKED:
            self._each((node.left, node.right), ASKED)
        elif isinstance(node, nodes.Filter) and how != VALUE and _is_like_text(node):
            inner = [node.node] if node.node else []
            self._each(inner if node.name == "default" else [], ASKED)
            self._each(inner, how)
        else:
            self._each(node.iter_child_nodes(), VALUE)

    def _each(self, several: Iterable[nodes.Node], how: str) -> None:
        for node in several:
            self._walk(node, how)

    def _part(self, node: nodes.Getattr, how: str) -> None:
        if not _is_part(node):
            self._walk(node.node, VALUE)
            return
        self._how.setdefault(node.attr, set()).add(how)
        if how == SHOWN:
            self._shown[node.attr] += _IN_A_LOOP if self._loops else 1

    def _condition(self, node: nodes.If | nodes.CondExpr, how: str) -> None:
        self._walk(node.test, ASKED)
        if isinstance(node, nodes.CondExpr):
            self._each([one for one in (node.expr1, node.expr2) if one], how)
        else:
            self._each((*node.body, *node.elif_, *node.else_), VALUE)

    def _comparison(self, node: nodes.Compare) -> None:
        """Words in quotes tell officials apart by whether they fit; anything else by its value."""
        sides = [node.expr, *(operand.expr for operand in node.ops)]
        words = [word for side in sides for word in _words(side)]
        simple = all(operand.op in _PLAIN_OPERATORS for operand in node.ops)
        for side in sides:
            if simple and words and isinstance(side, nodes.Getattr) and _is_part(side):
                self._how.setdefault(side.attr, set())
                self._words[side.attr].update(words)
            else:
                self._walk(side, VALUE)

    def _loop(self, node: nodes.For) -> None:
        self._walk(node.iter, VALUE)
        self._loops += 1
        self._each((*node.body, *node.else_, *([node.test] if node.test else [])), VALUE)
        self._loops -= 1


def _is_part(node: nodes.Getattr) -> bool:
    """True for official.name and its kin."""
    return isinstance(node.node, nodes.Name) and node.node.name == "official"


def _is_like_text(node: nodes.Filter) -> bool:
    """True for filters that any text goes through well, with what stands in their brackets."""
    given = (*node.args, *(pair.value for pair in node.kwargs))
    return (node.name in _LIKE_TEXT or node.name == "default") and all(
        isinstance(one, nodes.Const) for one in given
    )


def _words(side: nodes.Node) -> list[str]:
    items = side.items if isinstance(side, nodes.List | nodes.Tuple) else [side]
    return [str(one.value) for one in items if isinstance(one, nodes.Const)]


def _trait(how: str, value: str | tuple[str, ...]) -> object:
    """What of a value matters where it is used so."""
    if how == VALUE:
        return value
    text = " ".join(value) if isinstance(value, tuple) else value
    if how == ASKED:
        return bool(value)
    return bool(value), text.isupper(), "http://" in text, bool(addresses.hostile(text))


def _holds(value: str | tuple[str, ...], word: str) -> object:
    """Whether a value is the word, has it among its own, or is a part of it."""
    return value == word, word in value, isinstance(value, str) and value in word
