"""Reads a campaign's templates before anybody is written to: places, greetings, forgotten words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mailer.campaigns import templates
from mailer.campaigns.frontmatter import STARS
from mailer.campaigns.templates import Checked
from mailer.campaigns.values import Version
from mailer.campaigns.versions import Page
from mailer.campaigns.vocabulary import Tell
from mailer.officials.values import Official, Officials, Post
from mailer.problems import did_you_mean
from mailer.records.findings import Findings, quoted
from mailer.records.formats import is_language
from mailer.records.tree import Item

_NOT_A_GREETING = re.compile(r"\{%|[*#>0-9-]")
_LONGEST_GREETING = 150
_DEFAULTS = {"en": "Dear {{ official.salutation }},"}
_OTHERWISE = "{{ official.salutation }},"


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How a letter begins: the line that addresses, then the rest of the text."""

    salutation: str
    letter: str
    letter_line: int


def opening(page: Page, language: str, given: str | None, *, several: bool) -> Opening:
    """Tells salutation and letter apart.

    The `salutation` key comes first; without it a greeting at the head of the letter is taken;
    without either, the default of the language. `several`: more than one official is addressed.
    """
    post = page.post
    lines = post.letter.split("\n")
    greeting = _greeting(lines)
    if given and several and "{{" not in given:
        _warn_of_one_for_all(given, page)
    if not greeting:
        salutation = given or _DEFAULTS.get(language, _OTHERWISE)
        return Opening(salutation=salutation, letter=post.letter, letter_line=post.letter_line)
    if given:
        message = f"the greeting {quoted(greeting)} is replaced by the salutation above"
        page.findings.note(post.letter_line, 1, message, "it can be taken out of the letter")
    elif several and "{{" not in greeting:
        message = f"every official would be addressed as {quoted(greeting)}"
        hint = 'add salutation = "Dear {{ official.salutation }}," to the front matter'
        page.findings.warning(post.letter_line, 1, message, hint)
    rest = next((at for at in range(1, len(lines)) if lines[at].strip()), len(lines))
    return Opening(
        salutation=given or greeting,
        letter="\n".join(lines[rest:]),
        letter_line=post.letter_line + rest,
    )


def _warn_of_one_for_all(given: str, page: Page) -> None:
    item = page.item("salutation")
    if item is not None:
        message = f'"salutation": every official would be addressed as {quoted(given)}'
        hint = 'write "Dear {{ official.salutation }},"'
        page.findings.warning(item.line, item.column, message, hint)


def _greeting(lines: list[str]) -> str:
    """The first line when it is a paragraph of its own that ends in a comma, else ""."""
    first = lines[0].strip()
    alone = len(lines) == 1 or not lines[1].strip()
    is_one = first.endswith(",") and alone and len(first) <= _LONGEST_GREETING
    return first if is_one and not _NOT_A_GREETING.match(first) else ""


def proofread_letter(page: Page, version: Version) -> Checked | None:
    """The checked template of a letter, or None after telling what is wrong with it."""
    if not version.letter.strip():
        line = page.post.letter_line
        page.findings.error(line, 1, "there is no letter", f"write it below the line {STARS}")
        return None
    return templates.examine(version.letter, in_letter(page.findings, version.letter_line))


def proofread_greeting(greeting: str, page: Page) -> None:
    """Tell what is wrong with a greeting that stands in the letter itself."""
    templates.examine(greeting, in_letter(page.findings, page.post.letter_line))


def in_letter(findings: Findings, first_line: int) -> Tell:
    """Tells of a template that is part of the file, from `first_line` on."""

    def tell(line: int, word: str, message: str, suggestion: str) -> None:
        at = first_line + line - 1
        findings.error(at, column_of(findings.source(at), word), message, suggestion)

    return tell


def in_value(findings: Findings, item: Item) -> Tell:
    """Tells of a template that is a value of the front matter."""

    def tell(_: int, word: str, message: str, suggestion: str) -> None:
        behind = findings.source(item.line)[item.column - 1 :]
        column = item.column + column_of(behind, word) - 1
        findings.error(item.line, column, message, suggestion)

    return tell


def column_of(source: str, word: str) -> int:
    """Where the word stands in a line, else where the line's code begins."""
    found = re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", source) if word else None
    inside = re.search(r"\{[{%#]", source)
    if found and inside and found.start() < inside.start():
        found = re.compile(rf"(?<![\w]){re.escape(word)}(?![\w])").search(source, inside.start())
    where = found or inside
    return where.start() + 1 if where else 1


def proofread_value(item: Item | None, findings: Findings) -> None:
    """Tell what is wrong with a template in the front matter."""
    if item is not None and isinstance(item.value, str):
        templates.examine(item.value, in_value(findings, item))


def check_mentions(
    found: Checked,
    first_line: int,
    roles: Collection[str],
    officials: Officials | None,
    findings: Findings,
) -> None:
    """Tell of roles, portfolios and tags that a letter asks for and nobody can have."""
    known: dict[str, Collection[str]] = {"supporter.role": roles}
    if officials is not None:
        everybody: list[Post | Official] = [*officials.posts.values(), *officials.people.values()]
        known["official.portfolios"] = _all(one.portfolios for one in everybody)
        people = officials.people.values()
        known["official.id"] = officials.people
        known["official.region"] = {one.region for one in people}
        known["official.tags"] = _all(one.tags for one in people)
        known["official.name"] = {one.name for one in people}
        known["official.district"] = _all(tuple(one.district.values()) for one in people)
        known["official.title"] = _all(tuple(one.title.values()) for one in everybody)
        known["official.salutation"] = _all(
            (one.name, *one.salutation.values()) for one in people
        )  # fmt: skip
        known["official.honorific"] = _all(tuple(one.honorific.values()) for one in people)
    for mention in found.mentions:
        words = known.get(mention.value)
        if mention.value.endswith(".language") and not is_language(mention.word):
            words = ("en", "fr")
        if words is None or not mention.word or mention.word in words:
            continue
        line = first_line + mention.line - 1
        column = column_of(findings.source(line), mention.word)
        name = mention.value.rpartition(".")[2].rstrip("s")
        message = f"there is no {name} {quoted(mention.word)}, so this is never true"
        hint = did_you_mean(mention.word, words) or "correct it, or take the paragraph away"
        findings.warning(line, column, message, hint)


def _all(lists: Iterable[tuple[str, ...]]) -> set[str]:
    return {word for words in lists for word in words}
