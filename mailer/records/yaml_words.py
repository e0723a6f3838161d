"""What a YAML parser's complaint means, in words for people who do not write YAML for a living."""

from __future__ import annotations

import yaml

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
    if "\t" in lines[line][: column + 1] if line < len(lines) else False:
        return line, lines[line].index("\t"), *_MEANINGS[0][1:]
    for part, message, suggestion in _MEANINGS:
        if part in said:
            return line, column, message, suggestion
    return line, column, "this is not YAML", "check quotes, colons and indentation near here"
