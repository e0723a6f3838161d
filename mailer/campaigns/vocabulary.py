"""Judges a letter's template before it is used: every name, filter, loop and sign in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from jinja2 import nodes

from mailer.campaigns.filters import FILTERS, takes
from mailer.campaigns.mentions import Mention, always, mentions, written
from mailer.campaigns.refusals import line_of, refusal, unjoined
from mailer.campaigns.words import NAMES, LoopWords, Shape, parts
from mailer.problems import did_you_mean

TESTS = frozenset({"defined", "undefined", "none", "in", "eq", "equalto", "ne", "==", "!="})
_DEEPEST = 30
_MOST_LOOPS = 3

Tell: TypeAlias = Callable[[int, str, str, str], None]
"""Takes the line (from 1), the word to point at, what is wrong, and what to do."""

Scope: TypeAlias = dict[str, Shape | None]
"""What each name is; None where something wrong was told, so that it is told once."""

_OWNERS = {shape: name for name, shape in NAMES.items()}


class _Stop(Exception):  # noqa: N818 - it ends a walk
    """Too deep to go on."""


class Judge:
    """Walks one template, knowing of each name what it is."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._loops = 0
        self._depth = 0
        self.uses: set[str] = set()  # as supporter.personal
        self.mentions: list[Mention] = []

    def template(self, tree: nodes.Template) -> None:
        """Tell everything that is wrong in a parsed template."""
        try:
            self._body(tree.body, dict(NAMES))
        except _Stop:
            self._tell(1, "", "the letter's code is nested too deep", "write it more simply")

    # Statements

    def _body(self, body: list[nodes.Node], scope: Scope) -> None:
        self._deeper()
        for node in body:
            if isinstance(node, nodes.Output):
                self._output(node, scope)
            elif isinstance(node, nodes.If):
                self._if(node, scope)
            elif isinstance(node, nodes.For):
                self._for(node, scope)
            elif isinstance(node, nodes.Assign):
                self._assign(node, scope)
            else:
                self._refuse(node)
        self._depth -= 1

    def _output(self, node: nodes.Output, scope: Scope) -> None:
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                continue
            shape = self._shape(part, scope)
            if isinstance(shape, tuple):
                self._tell(part.lineno, "", "a list cannot be written out", 'add |join(", ")')
            elif shape is not None and parts(shape):
                hint = "add a dot and one of " + ", ".join(parts(shape))
                self._tell(part.lineno, "", "this has parts, and cannot be written out whole", hint)

    def _if(self, node: nodes.If, scope: Scope) -> None:
        if word := always(node.test):
            hint = "compare it, too: or supporter.role == ..."
            self._tell(word.lineno, word.value, "a word alone is always true", hint)
        self._shape(node.test, scope)
        self._body(node.body, scope)
        for branch in node.elif_:
            self._if(branch, scope)
        self._body(node.else_, scope)

    def _for(self, node: nodes.For, scope: Scope) -> None:
        listed = self._shape(node.iter, scope)
        if listed is not None and not isinstance(listed, tuple):
            self._tell(node.lineno, "for", "for goes through a list, and this is none", "")
        self._loops += 1
        if self._loops > _MOST_LOOPS or node.recursive:
            self._tell(node.lineno, "for", "the loops stand too deep in each other", "")
        inner = dict(scope)
        inner["loop"] = LoopWords
        self._bind(node.target, listed[0] if isinstance(listed, tuple) else None, inner)
        if node.test is not None:
            self._shape(node.test, inner)
        self._body(node.body, inner)
        self._body(node.else_, dict(scope))
        self._loops -= 1

    def _assign(self, node: nodes.Assign, scope: Scope) -> None:
        self._bind(node.target, self._shape(node.node, scope), scope)

    def _bind(self, target: nodes.Node, shape: Shape | None, scope: Scope) -> None:
        if not isinstance(target, nodes.Name):
            self._tell(target.lineno, "", "one name at a time can be set", "")
        elif target.name in NAMES or target.name == "loop" or target.name.startswith("_"):
            self._tell(target.lineno, target.name, f"{target.name} cannot be set", "use a new name")
        else:
            scope[target.name] = shape

    # Expressions

    def _shape(self, node: nodes.Node, scope: Scope) -> Shape | None:
        """What an expression is, after telling what is wrong in it."""
        self._deeper()
        shape: Shape | None = None
        if isinstance(node, nodes.Const):
            shape = type(node.value)
        elif isinstance(node, nodes.Name):
            shape = self._name(node, scope)
        elif isinstance(node, nodes.Getattr):
            shape = self._part(node, scope)
        elif isinstance(node, nodes.Filter):
            shape = self._filter(node, scope)
        elif isinstance(node, nodes.List | nodes.Tuple):
            shape = self._listed(node)
        elif isinstance(node, nodes.CondExpr):
            shape = self._choice(node, scope)
        else:
            shape = self._logic(node, scope)
        self._depth -= 1
        return shape

    def _name(self, node: nodes.Name, scope: Scope) -> Shape | None:
        if node.name in scope:
            return scope[node.name]
        hint = did_you_mean(node.name, scope) or f"known are {', '.join(NAMES)}"
        self._tell(node.lineno, node.name, f"there is no {node.name}", hint)
        return None

    def _part(self, node: nodes.Getattr, scope: Scope) -> Shape | None:
        shape = self._shape(node.node, scope)
        whole = written(node.node)
        if shape is None:
            return None
        if isinstance(shape, tuple):
            self._tell(node.lineno, node.attr, f"{whole} is a list", "go through it with {% for %}")
            return None
        known = parts(shape)
        if node.attr in known:
            self.uses.add(f"{_OWNERS.get(shape, whole)}.{node.attr}")
            return known[node.attr]
        kind = f"has no {node.attr}" if known else "is one value and has no parts"
        listed = f"known are {', '.join(known)}" if known else ""
        hint = did_you_mean(node.attr, known) or listed
        self._tell(node.lineno, node.attr, f"{whole} {kind}", hint)
        return None

    def _filter(self, node: nodes.Filter, scope: Scope) -> Shape | None:
        given = self._shape(node.node, scope) if node.node is not None else None
        for argument in (*node.args, *(pair.value for pair in node.kwargs)):
            self._shape(argument, scope)
        if node.name not in FILTERS or node.dyn_args is not None or node.dyn_kwargs is not None:
            hint = did_you_mean(node.name, FILTERS) or f"known are {', '.join(FILTERS)}"
            self._tell(node.lineno, node.name, f"there is no filter {node.name}", hint)
            return None
        if not takes(node.name, len(node.args), [str(pair.key) for pair in node.kwargs]):
            message = f"the filter {node.name} does not take this"
            self._tell(node.lineno, node.name, message, "check what stands in its brackets")
        if node.name == "default":
            return given
        fits = isinstance(given, tuple) if node.name == "join" else given is str
        if given is not None and not fits:
            wanted = "a list" if node.name == "join" else "a text"
            self._tell(node.lineno, node.name, f"the filter {node.name} needs {wanted}", "")
        item = given[0] if isinstance(given, tuple) else str
        if node.name == "join" and (hint := unjoined(node, parts(item))):
            self._tell(node.lineno, "join", "join needs to know which part of each", hint)
        return str

    def _listed(self, node: nodes.List | nodes.Tuple) -> Shape | None:
        words = [item.value for item in node.items if isinstance(item, nodes.Const)]
        if len(words) != len(node.items):
            self._tell(node.lineno, "", "a list here holds words in quotes only", "")
        return (str,)

    def _choice(self, node: nodes.CondExpr, scope: Scope) -> Shape | None:
        self._shape(node.test, scope)
        shape = self._shape(node.expr1, scope)
        if node.expr2 is None:
            hint = 'add: else ""'
            self._tell(node.lineno, "if", "an if inside {{ }} needs an else", hint)
        else:
            self._shape(node.expr2, scope)
        return shape

    def _logic(self, node: nodes.Node, scope: Scope) -> Shape | None:
        if isinstance(node, nodes.And | nodes.Or):
            left, right = self._shape(node.left, scope), self._shape(node.right, scope)
            return left if left == right else None
        if isinstance(node, nodes.Not):
            self._shape(node.node, scope)
        elif isinstance(node, nodes.Compare):
            self._comparison(node, scope)
        elif isinstance(node, nodes.Test):
            self._test(node, scope)
        else:
            self._refuse(node)
            return None
        return bool

    def _comparison(self, node: nodes.Compare, scope: Scope) -> None:
        self.mentions += mentions(node)
        shapes = [self._shape(node.expr, scope)]
        shapes += [self._shape(operand.expr, scope) for operand in node.ops]
        lists = [shape for shape in shapes if isinstance(shape, tuple)]
        if lists and all(one.op in {"eq", "ne"} for one in node.ops):
            hint = f'write "..." in {written(node.expr)}'
            self._tell(node.lineno, "", "a list is never the same as this", hint)

    def _test(self, node: nodes.Test, scope: Scope) -> None:
        self._shape(node.node, scope)
        for argument in node.args:
            self._shape(argument, scope)
        if node.name not in TESTS or node.kwargs or node.dyn_args or node.dyn_kwargs:
            hint = did_you_mean(node.name, TESTS) or "compare with == instead"
            self._tell(node.lineno, node.name, f"there is no test {node.name}", hint)

    def _refuse(self, node: nodes.Node) -> None:
        self._tell(line_of(node), "", *refusal(node))

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Stop
