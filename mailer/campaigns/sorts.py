"""Officials sorted by what a letter makes of them, so that a few letters stand for thousands.

Two officials are of one sort when every condition, loop and comparison of the templates comes out
alike for them. Their letters differ in words that are only written out, and nothing that goes well
for the longest of them goes wrong for another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from jinja2 import nodes

from mailer import addresses
from mailer.campaigns import templates
from mailer.campaigns.outcomes import Comparison, Given, Names, Values, sides
from mailer.campaigns.words import OfficialWords, SupporterWords

SHOWN, ASKED, DAY, EACH, VALUE = "shown", "asked", "day", "each", "value"
_LIKE_TEXT = frozenset({"upper", "lower", "title", "trim", "wordwrap", "join", "default"})
_IN_A_LOOP = 10  # rounds, to find out whose letter is the longest


@dataclass(frozen=True, kw_only=True)
class Sort:
    """Officials alike, by their place in the list: the first, the longest, all of them."""

    first: int
    longest: int
    all: tuple[int, ...]


def sort(
    officials: Sequence[OfficialWords],
    texts: Iterable[str],
    supporters: Sequence[SupporterWords] = (),
) -> list[Sort]:
    """The sorts of officials that these templates, checked before, tell apart.

    `supporters` are those for whom letters will be merged: what they say is compared, too.
    """
    uses = _Uses(supporters)
    try:
        for text in texts:
            uses.template(templates.parsed(text))
    except RecursionError:  # names set from names, hundreds deep: each official for themselves
        return [Sort(first=at, longest=at, all=(at,)) for at in range(len(officials))]
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

    def __init__(self, supporters: Sequence[SupporterWords]) -> None:
        self._values = Values(supporters)
        self._how: dict[str, set[str]] = {"name": {SHOWN}, "honorific": {SHOWN}}  # the mail's To
        self._compared: list[Comparison] = []
        self._shown: Counter[str] = Counter()
        self._names: Names = {}  # by {% set %}
        self._met: set[tuple[Given, str]] = set()  # what {% set %} gave, and how that was wanted
        self._loops = 0

    def template(self, tree: nodes.Template) -> None:
        """Take in one template."""
        self._names = {}
        self._met.clear()
        self._walk(tree, VALUE)

    def signature(self, official: OfficialWords) -> object:
        """The same for two officials of whom all conditions come out alike."""
        traits = tuple(
            tuple(_trait(kind, getattr(official, part)) for kind in sorted(kinds))
            for part, kinds in sorted(self._how.items())
        )
        return traits, tuple(one.outcomes(official) for one in self._compared)

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
            self._name(node, how)
        elif isinstance(node, nodes.Output):
            self._each(node.nodes, SHOWN)
        elif isinstance(node, nodes.If | nodes.CondExpr):
            self._condition(node, how)
        elif isinstance(node, nodes.Not):
            self._walk(node.node, ASKED)
        elif isinstance(node, nodes.Compare | nodes.Test):
            self._comparison(node)
        elif isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
            name, given = node.target.name, Given(node=node.node, names=self._names)
            self._names = {**self._names, name: (*self._names.get(name, ()), given)}
        elif isinstance(node, nodes.For):
            self._loop(node)
        else:
            self._other(node, how)

    def _other(self, node: nodes.Node, how: str) -> None:
        if isinstance(node, nodes.And | nodes.Or) and how in {SHOWN, ASKED}:
            self._each((node.left, node.right), ASKED)
            self._each((node.left, node.right), how)
        elif isinstance(node, nodes.Filter) and node.node is not None:
            self._filter(node, node.node, how)
        else:
            self._each(node.iter_child_nodes(), VALUE)

    def _filter(self, node: nodes.Filter, inner: nodes.Node, how: str) -> None:
        given = (*node.args, *(pair.value for pair in node.kwargs))
        constant = all(isinstance(one, nodes.Const) for one in given)
        if node.name == "default" and how in {SHOWN, ASKED}:
            self._each((inner, *given), ASKED)
            self._each((inner, *given), how)
        elif node.name in _LIKE_TEXT and how in {SHOWN, ASKED} and constant:
            self._walk(inner, how)
        elif node.name == "date" and how in {SHOWN, ASKED} and constant:
            self._walk(inner, DAY)
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
        if how in {SHOWN, EACH}:
            self._shown[node.attr] += _IN_A_LOOP if self._loops else 1

    def _name(self, node: nodes.Name, how: str) -> None:
        now = self._names
        for given in now.get(node.name, ()) if node.ctx == "load" else ():
            if (given, how) not in self._met:
                self._met.add((given, how))
                self._names = given.names
                self._walk(given.node, how)
        self._names = now

    def _condition(self, node: nodes.If | nodes.CondExpr, how: str) -> None:
        self._walk(node.test, ASKED)
        if isinstance(node, nodes.CondExpr):
            self._each([one for one in (node.expr1, node.expr2) if one], how)
        else:
            self._each((*node.body, *node.elif_, *node.else_), VALUE)

    def _comparison(self, node: nodes.Compare | nodes.Test) -> None:
        """Officials for whom it comes out alike are alike; else each value is another."""
        for name, one, other in sides(node):
            left, right = (self._values.of(side, self._names) for side in (one, other))
            if left and right:
                self._compared.append(Comparison(operator=name, left=left, right=right))
            else:
                self._each((one, other), VALUE)

    def _loop(self, node: nodes.For) -> None:
        inside = (*node.body, *node.else_, *([node.test] if node.test else []))
        self._walk(node.iter, EACH if _only_shown(node) else VALUE)
        self._loops += 1
        self._each(inside, VALUE)
        self._loops -= 1


def _is_part(node: nodes.Getattr) -> bool:
    """True for official.name and its kin."""
    return isinstance(node.node, nodes.Name) and node.node.name == "official"


def _only_shown(loop: nodes.For) -> bool:
    """True for a loop that does nothing with its items but write them out."""
    name = loop.target.name if isinstance(loop.target, nodes.Name) else ""
    used = [one for one in loop.find_all(nodes.Name) if one.name == name and one.ctx == "load"]
    shown = {id(one) for output in loop.find_all(nodes.Output) for one in output.nodes}
    return all(id(one) in shown for one in used)


def _trait(how: str, value: str | tuple[str, ...]) -> object:
    """What of a value matters where it is used so."""
    if how == VALUE:
        return value
    if how == EACH:
        return tuple(_trait(SHOWN, one) for one in value)
    text = " ".join(value) if isinstance(value, tuple) else value
    if how == ASKED:
        return bool(value)
    if how == DAY:
        return _is_day(text)
    return bool(value), text.isupper(), "http://" in text, bool(addresses.hostile(text))


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text[:10]))
    except ValueError:
        return False
