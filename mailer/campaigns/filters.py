"""The filters of letters. Each knows what it may be given and how long its answer may become."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from babel.dates import format_date
from jinja2 import pass_context
from jinja2.runtime import Context, Undefined

from mailer.errors import MergeError

LONGEST = 20_000
"""Characters in a merged letter, and in anything on the way to one."""

WORK = "_work"
LANGUAGE = "_language"
ROUNDS = "_rounds"  # a name no template can write


class Work:
    """How many rounds a letter's loops may still go."""

    def __init__(self, rounds: int = 2000) -> None:
        self.left = rounds


@pass_context
def rounds(context: Context, value: object) -> Any:
    """The items of a list, as long as the letter's work lasts."""
    if not isinstance(value, tuple | list):
        raise MergeError("{% for %} needs a list")
    work = context[WORK]
    work.left -= len(value)
    if work.left < 0:
        raise MergeError("the loops of this letter go on for too long")
    return value


def _text(value: object, name: str) -> str:
    if isinstance(value, Undefined):
        str(value)  # raises, naming what is not defined
    if not isinstance(value, str):
        raise MergeError(f"{name} needs a text")
    return value


def _trim(value: object) -> str:
    return _text(value, "trim").strip()


def _default(value: object, otherwise: str = "", boolean: bool = False) -> object:
    """`otherwise` for nothing at all: an empty text too, since every field here is a text.

    `boolean` is taken because Jinja's own filter has it; here it changes nothing.
    """
    del boolean
    return otherwise if isinstance(value, Undefined) or not value else value


def _join(values: object, between: str = "", attribute: str = "") -> str:
    if not isinstance(values, tuple | list):
        raise MergeError("join needs a list")
    if attribute.startswith("_"):
        raise MergeError("join knows no such part")
    joint = _text(between, "join")
    texts = [_text(getattr(one, attribute, None) if attribute else one, "join") for one in values]
    if sum(map(len, texts)) + len(joint) * len(texts) > LONGEST:
        raise MergeError(f"join gives more than {LONGEST} characters")
    return joint.join(texts)


@pass_context
def _date(context: Context, value: object, shape: str = "long") -> str:
    """A day in the letter's language; `shape` is short, medium, long or full."""
    if shape not in {"short", "medium", "long", "full"}:
        raise MergeError("date knows short, medium, long and full")
    try:
        day = date.fromisoformat(_text(value, "date")[:10])
    except ValueError:
        raise MergeError("date needs a day as 2020-07-02") from None
    return format_date(day, shape, locale=context[LANGUAGE].replace("-", "_"))


def _wordwrap(value: object, width: int = 72) -> str:
    if not isinstance(width, int) or not 20 <= width <= 200:
        raise MergeError("wordwrap goes from 20 to 200")
    lines = _text(value, "wordwrap").split("\n")
    wrapped = [textwrap.wrap(line, width, break_long_words=False) or [""] for line in lines]
    return "\n".join("\n".join(part) for part in wrapped)


FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "upper": lambda value: _text(value, "upper").upper(),
        "lower": lambda value: _text(value, "lower").lower(),
        "title": lambda value: _text(value, "title").title(),
        "trim": _trim,
        "default": _default,
        "join": _join,
        "date": _date,
        "wordwrap": _wordwrap,
    }
)


def takes(name: str, count: int, names: Sequence[str]) -> bool:
    """True when the filter takes `count` arguments after its value, and others by these names."""
    signature = inspect.signature(FILTERS[name])
    values = [None] * (count + (2 if "context" in signature.parameters else 1))
    named: dict[str, None] = dict.fromkeys(names)
    try:
        signature.bind(*values, **named)
    except TypeError:
        return False
    return True
