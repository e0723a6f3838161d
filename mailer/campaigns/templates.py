"""Templates of letters: checked, compiled once, rendered in bounded time and space."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.environment import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailer.campaigns.filters import FILTERS, LANGUAGE, LONGEST, ROUNDS, WORK, Work, rounds
from mailer.campaigns.mentions import Mention
from mailer.campaigns.template_words import explain
from mailer.campaigns.vocabulary import Judge, Tell
from mailer.campaigns.words import Words
from mailer.errors import MergeError

# Halves of surrogate pairs cannot be encoded, so no text that is stored or sent holds one. They
# carry the white space of inserted values past the tidying of the template's own. Each is replaced
# by itself: str.translate would look up every character, and take a hundred times as long.
_KEPT = (("\n", "\udc0a"), (" ", "\udc20"), ("\t", "\udc09"))
# A line of tags alone leaves no line behind. Jinja's trim_blocks would also join a line that ends
# in {% endif %} to the next one, which nobody who writes a letter expects.
_SOLO = re.compile(r"^[ \t]*((?:\{([%#])(?:(?![%#]\}).)*\2\}[ \t]*)+)$", re.MULTILINE)
_GONE = "\udc01"


class LetterError(MergeError):
    """A template cannot be used or merged; `line` counts from 1 in the template.

    `template` is the text of a subject or salutation, of which the line says nothing.
    """

    def __init__(self, line: int, message: str, *, template: str = "") -> None:
        self.line = line
        self.template = template
        super().__init__(message)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A template that may be used: what it speaks of, and how to render it."""

    template: Template
    uses: frozenset[str]
    mentions: tuple[Mention, ...]


def _keep_space(value: object) -> object:
    """The last step of every {{ }}: white space that was typed by people stays as it is."""
    if isinstance(value, tuple | list | dict):
        raise MergeError("a list cannot be written out")
    text = str(value)
    for space, kept in _KEPT:
        text = text.replace(space, kept)
    return text


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=False,  # letters are plain text; whoever makes HTML of them escapes it all
        undefined=StrictUndefined,
        finalize=_keep_space,
    )
    environment.globals.clear()
    environment.filters.clear()
    environment.filters.update({**FILTERS, ROUNDS: rounds})
    return environment


_ENVIRONMENT = _environment()


def parsed(text: str) -> nodes.Template:
    """The template as a tree; raises Jinja's errors for what has not been examined."""
    return _ENVIRONMENT.parse(_SOLO.sub(rf"\1{_GONE}", text))


def examine(text: str, tell: Tell) -> Checked | None:
    """The checked template, or None after telling everything that is wrong with it."""
    told: list[str] = []

    def note(line: int, word: str, message: str, suggestion: str) -> None:
        told.append(message)
        tell(line, word, message, suggestion)

    if len(text) > LONGEST:
        note(1, "", f"the text has more than {LONGEST} characters", "make it shorter")
        return None
    try:
        tree = parsed(text)
    except TemplateSyntaxError as error:
        note(*explain(error, text))
        return None
    except (ValueError, RecursionError, OverflowError):
        note(1, "", "the letter's code cannot be read", "check {{ }} and {% %}")
        return None
    judge = Judge(note)
    judge.template(tree)
    if told:
        return None
    try:
        template = _compiled(tree)
    except (TemplateError, MergeError):  # Jinja works out what it can while it compiles
        note(1, "", "the letter's code cannot work", "check {{ }} and {% %}")
        return None
    return Checked(template=template, uses=frozenset(judge.uses), mentions=tuple(judge.mentions))


def _compiled(tree: nodes.Template) -> Template:
    """The template as code, with every loop counted."""
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, ROUNDS, [], [], None, None, lineno=loop.lineno)
    globals_: dict[str, Any] = {}
    return Template.from_code(_ENVIRONMENT, _ENVIRONMENT.compile(tree), globals_)


@lru_cache(maxsize=512)
def checked(text: str) -> Checked:
    """The template of a text; raises LetterError with the first thing that is wrong."""
    wrong: list[LetterError] = []

    def tell(line: int, _: str, message: str, suggestion: str) -> None:
        wrong.append(LetterError(line, f"{message}; {suggestion}".rstrip("; ")))

    found = examine(text, tell)
    if found is None:
        raise wrong[0]
    return found


def render(text: str, words: Words) -> str:
    """A tidy text: no spaces at line ends, no two empty lines; inserted values stay as they are.

    Raises LetterError.
    """
    values = {
        "official": words.official,
        "supporter": words.supporter,
        "campaign": words.campaign,
        LANGUAGE: words.language,
        WORK: Work(),
    }
    tidy = _tidy(_rendered(checked(text).template, values))
    for space, kept in _KEPT:
        tidy = tidy.replace(kept, space)
    return tidy


def _rendered(template: Template, values: Mapping[str, object]) -> str:
    pieces: list[str] = []
    size = 0
    try:
        for piece in template.generate(**values):
            size += len(piece)
            if size > LONGEST:
                raise MergeError(f"the letter would have more than {LONGEST} characters")
            pieces.append(piece)
    except (MergeError, TemplateError, TypeError, ValueError) as error:
        raise LetterError(_line(error.__traceback__), str(error)) from None
    return "".join(pieces)


def _line(trace: TracebackType | None) -> int:
    """The template's line in a traceback that Jinja has rewritten."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in {"<template>", "<unknown>"}:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _tidy(text: str) -> str:
    text = text.replace(f"{_GONE}\n", "").replace(_GONE, "")
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")
