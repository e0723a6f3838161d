"""What a YAML parser's complaint means, in words for people who do not write YAML for a living."""

from __future__ import annotations

import re

import yaml

from mailer.records.findings import Findings, quoted

# What the parser says (a part of it), what we say, what to do. The first that fits is taken;
# libyaml and PyYAML's own parser use different words.
_MEANINGS = (
    ("'\\t'", "a tab stands where YAML wants spaces", "indent with spaces"),
    ("tab", "a tab stands where YAML wants spaces", "indent with spaces"),
    (
        "mapping values are not allowed",
        "a colon is not expected here",
        'put text that holds ": " in quotes, or check the indentation',
    ),
    ("could not find expected ':'", "a key has no colon after it", "write key: value"),
    ("escape", "the backslash is not understood here", "use single quotes, or write \\\\"),
    ("quoted scalar", "a quotation mark is opened and never closed", "close it"),
    (
        "cannot start any token",
        "this character cannot begin a value in YAML",
        "put the value in quotes",
    ),
    (
        "flow sequence",
        "a [ is opened and never closed, or a comma is missing",
        "check the brackets",
    ),
    ("flow mapping", "a { is opened and never closed, or a comma is missing", "check the braces"),
    ("flow node", "a bracket, brace or comma is out of place", "check the brackets"),
    (
        "block mapping",
        "this line does not fit the lines above it",
        "check its indentation, and the quotes before it",
    ),
    (
        "block collection",
        "this line does not fit the lines above it",
        "a list's items begin with a dash, all in one column",
    ),
    (
        "block sequence",
        "this line is not allowed here",
        "a list begins on a line of its own under its key",
    ),
    ("alias", "* at the beginning of a value means something else in YAML", "put it in quotes"),
    ("anchor", "& at the beginning of a value means something else in YAML", "put it in quotes"),
    ("tag", "! at the beginning of a value means something else in YAML", "put it in quotes"),
    (
        "block scalar",
        "text after | or > must begin on the next line",
        "put a text that begins with | or > in quotes",
    ),
    ("document start", "this does not belong to what stands above it", "check the indentation"),
    ("directive", "a line that begins with % means something else in YAML", "put it in quotes"),
)

# What the line at fault, or the one above it, looks like.
_SLIPS = (
    (
        re.compile(r"\s*(?:- +)?[\w-]+\s*=[^:]*$"),
        "= stands where YAML wants a colon",
        "write key: value",
    ),
    (re.compile(r"\s*(?://|/\*)"), "this is no comment in YAML", "begin comments with #"),
    (re.compile(r"\s*-\s+-\s"), "two dashes begin this entry", "keep one of them"),
    (
        re.compile(r"\s*(?:[\u2010-\u2015\u2212•·‣▪*]|-\u00a0)\s*[\w-]+:"),
        "this sign does not begin an entry",
        "write a hyphen and a space, as - id: ...",
    ),
    (re.compile(r"\s*-[\w-]+:(?:\s|$)"), "no space stands behind the dash", "write - id: ..."),
    (
        re.compile(r"\s*(?:- +)?[\w-]+:(?!//)[^\s:/][^:]*$"),
        "no space stands behind the colon",
        "write key: value",
    ),
    (re.compile(r"\.\.\.\s*$"), "three dots end a file in YAML", "take the line away"),
    (
        re.compile(r"\s*- +[\"'][\w-]+:.*[\"']\s*$"),
        "the quotes hold key and value",
        "write id: value",
    ),
    (re.compile(r"\s*```"), "this is Markdown, not YAML", "take the line away"),
)


_LONG = 400
_CUT = re.compile(r"[^#\"']*[:-] [^#\"'\s][^#\"']* (#[^\s#!].*)")

OF_INDENTATION = frozenset(
    {
        *(message for _, message, _ in _MEANINGS if message.startswith("this line does not fit")),
        "this does not belong to what stands above it",
        "this line stands further right than the one above it, which has a value already",
    }
)
"""What is told of lines that begin in a wrong column: once is enough, all below follow from it."""


def explain(error: yaml.MarkedYAMLError, text: str) -> tuple[int, int, str, str]:
    """Line and column (counted from 0), what is wrong, and what to do about it."""
    said = f"{error.problem or ''} {error.context or ''}"
    mark = error.problem_mark or error.context_mark
    # Where something was opened, or a key begun: where the parser gave up tells nobody anything.
    begun = any(part in said for part in ("end of stream", "parsing a flow", "expected ':'"))
    if begun and error.context_mark is not None:
        mark = error.context_mark
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    lines = text.split("\n")
    if not any(map(str.strip, lines[line:])) and (open_ := _open_bracket(lines)):
        sign = lines[open_[0]][open_[1]]
        return *open_, f"a {sign} is opened and never closed", "close it on its own line"
    if "\t" in lines[line][: column + 1] if line < len(lines) else False:
        return line, lines[line].index("\t"), *_MEANINGS[0][1:]
    before = max((at for at in range(line) if lines[at].strip()), default=-1)
    told = _slip(lines, (line, before)) or _empty(lines, before, line) or _outermost(lines, line)
    if told is None and "mapping values are not allowed" in said and before >= 0:
        told = _shifted(lines, before, line)
    if told is not None:
        return told
    open_ = _open_quote(text, line)
    if open_ is not None:
        return *open_, "a quotation mark is opened and never closed", "close it on its own line"
    for part, message, suggestion in _MEANINGS:
        if part in said:
            return line, column, message, suggestion
    return line, column, "this is not YAML", "check quotes, colons and indentation near here"


def _slip(lines: list[str], where: tuple[int, ...]) -> tuple[int, int, str, str] | None:
    """What one of these lines looks like that is not YAML, if anything."""
    for at in where:
        for shape, message, suggestion in _SLIPS if 0 <= at < len(lines) else ():
            if shape.match(lines[at]):
                return at, _indent(lines[at]), message, suggestion
    return None


def _empty(lines: list[str], above: int, line: int) -> tuple[int, int, str, str] | None:
    """What to tell of entries below a list or table that is said to be empty."""
    found = re.search(r":\s*(\[\s*\]|\{\s*\})\s*$", lines[above]) if above >= 0 else None
    if not found or line >= len(lines) or _indent(lines[line]) < _indent(lines[above]):
        return None
    hint = f"take {found[1]} away"
    return above, found.start(1), "this says that nothing stands below, and something does", hint


def _outermost(lines: list[str], line: int) -> tuple[int, int, str, str] | None:
    """What to tell of a first line that is indented, where a later one is not."""
    filled = (at for at, text in enumerate(lines) if text.strip() and text.lstrip()[0] != "#")
    first = next(filled, 0)
    if first >= line or line >= len(lines) or not _indent(lines[first]) or _indent(lines[line]):
        return None
    message = "this line is indented, and those that belong beside it are not"
    return first, 0, message, "begin it in the first column"


def _shifted(lines: list[str], above: int, line: int) -> tuple[int, int, str, str] | None:
    """What to tell of a key that stands further in than a line above which has a value already."""
    inner, outer = _indent(lines[line]), _indent(lines[above])
    if inner <= outer or not re.match(r"\s*(?:- +)?[^\s:#]+:?(?:\s|$)", lines[above]):
        return None
    if re.fullmatch(r"\s*[\w-]+\s*", lines[above]):
        name = lines[above].strip()
        return above, outer, "a key has no colon after it", f"write {name}:"
    if re.match(r"\s*- +[^:]+$", lines[above]):
        message = "this entry has no key, and the line below adds one to it"
        return above, outer, message, "write - id: ..., or indent the line below as this one"
    around = _columns(lines[:above], min(inner, outer or inner))
    if inner in around and (not outer or outer not in around):
        message = "this line stands further left than those around it"
        return above, outer, message, "indent it as they are"
    message = "this line stands further right than the one above it, which has a value already"
    return line, inner, message, "begin both in one column; a list's entries begin with a dash"


def _columns(lines: list[str], least: int) -> set[int]:
    """The columns of the lines of an entry, up to where it begins left of `least`."""
    found: set[int] = set()
    for line in filter(str.strip, reversed(lines)):
        if line.lstrip().startswith("- ") and _indent(line) < least:
            break
        found.add(_indent(line))
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _open_bracket(lines: list[str]) -> tuple[int, int] | None:
    """The last bracket or brace that opens and that its line does not close."""
    for at in range(len(lines) - 1, -1, -1):
        for opens, closes in ("[]", "{}"):
            if lines[at].count(opens) > lines[at].count(closes):
                return at, lines[at].rindex(opens)
    return None


def _open_quote(text: str, line: int) -> tuple[int, int] | None:
    """Where the quoted text begins that ends, lines below, at the line that makes no sense.

    A text whose mark was forgotten goes on to the next one, wherever in the file that stands.
    """
    found: tuple[int, int] | None = None
    try:
        for token in yaml.scan(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            start, end = token.start_mark, token.end_mark
            if isinstance(token, yaml.ScalarToken) and token.style in {"'", '"'}:
                crosses = start.line < end.line and end.line == line
                found = (start.line, start.column) if crosses else found
    except yaml.YAMLError:
        return found
    return found


def tell_cut(text: str, findings: Findings, first_line: int) -> None:
    """Tell of values that end at a # which was hardly meant to begin a comment."""
    if " #" not in text:
        return
    for number, line in enumerate(text.split("\n"), start=first_line):
        found = _CUT.fullmatch(line) if " #" in line and len(line) < _LONG else None
        if found:
            message = f"the value ends before {quoted(found[1])}: # begins a comment"
            hint = "put the value in quotes, or a space behind the #"
            findings.warning(number, found.start(1) + 1, message, hint)
