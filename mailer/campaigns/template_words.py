"""What a template engine's complaint means, in words for people who do not write programs."""

from __future__ import annotations

import re

from jinja2 import TemplateSyntaxError

_WRITE = "write {{ name.part }} or {% if ... %}"

# What Jinja says (a part of it), what we say, what to do. The first that fits is taken.
_MEANINGS = (
    ("Unknown tag 'end", "an {% end... %} without its beginning", ""),
    ("unknown tag 'end", "an {% end... %} does not fit what it closes", "add {% end... %}"),
    ("nknown tag 'else'", "an {% else %} stands where no {% if %} waits for it", "take it away"),
    ("nknown tag 'elif'", "an {% elif %} stands where no {% if %} waits for it", "take it away"),
    ("nknown tag", "this tag is not known here", "known are if, elif, else, for and set"),
    ("nexpected end of template", "an {% if %} or {% for %} is never closed", "add {% end... %}"),
    ("end of print statement", "this {{ is not closed as it should be", "write {{ name.part }}"),
    ("end of statement block", "this {% is not closed as it should be", "close it with %}"),
    ("Missing end of", "a {# is opened and never closed", "close it with #}"),
    ("expected token 'in'", "this {% for %} has no in", "write {% for one in official.tags %}"),
    ("unexpected '", "a sign is out of place", _WRITE),
    ("expected token", "a word or a sign is out of place", _WRITE),
    ("expected name or number", "a dot has no name behind it", "write {{ name.part }}"),
)

# What people write who know another language, and what it is here.
_SLIPS = (
    (re.compile(r"[“”„«»‘’]"), "{} is no quotation mark in {{{{ }}}} and {{% %}}", "write \" or '"),
    (re.compile(r"\belse\s+if\b|\belse?if\b"), "{} is not known here", "write elif"),
    (re.compile(r"\bend\s+(?:if|for)\b"), "{} is two words", "write endif or endfor, in one word"),
    (
        re.compile(r"\b(?:IF|ELSE|ELIF|ENDIF|FOR|ENDFOR|SET)\b"),
        "{} is in capitals",
        "write it in small letters",
    ),
    (re.compile(r"&&"), "{} is not known here", "write and"),
    (re.compile(r"\|\|"), "{} is not known here", "write or; for a filter one | is enough"),
    (re.compile(r"!(?!=)"), "{} is not known here", "write not"),
    (re.compile(r"==="), "{} is not known here", "write =="),
    (re.compile(r"\b(?:el)?if\b[^=]{0,300}[^=!<>]=(?!=)"), "= does not compare", "write =="),
    (re.compile(r"\bis\s+[\"']"), "{} does not compare", "write =="),
    (re.compile(r"\bcontains\b"), "{} is not known here", 'write "word" in official.tags'),
    (re.compile(r"\bthen\b"), "{} is not needed here", "take it away"),
)

_INNERMOST = re.compile(r"needs to be closed is '(if|for)'")
_SIGNS = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}")
_CODE = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}")
_BLOCKS = re.compile(r"\{%-?\s*(if|for|endif|endfor)\b")


def explain(error: TemplateSyntaxError, text: str) -> tuple[int, str, str, str]:
    """The line, the word to point at, what is wrong, and what to do."""
    line = _opened(error, text) or error.lineno
    return _slip(line, text) or (line, *_plain(error))


def _slip(line: int, text: str) -> tuple[int, str, str, str] | None:
    """What of the code on a line is written as in another language, if anything."""
    lines = text.split("\n")
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    for code in _CODE.finditer(source):
        for shape, message, suggestion in _SLIPS:
            if found := shape.search(_without_words(code[0])):
                word = found[0].split()[-1] if shape.pattern.startswith(r"\bis") else found[0]
                pointed = word if word.replace(" ", "").isalpha() else ""
                return line, pointed, message.format(word), suggestion
    return None


def _without_words(code: str) -> str:
    """The code with what stands in quotation marks blanked out, but for the marks."""
    return re.sub(r"\"[^\"]*\"|'[^']*'", lambda one: f'"{" " * (len(one[0]) - 2)}"', code)


def _plain(error: TemplateSyntaxError) -> tuple[str, str, str]:
    """The word to point at, what is wrong, what to do."""
    said = error.message or ""
    open_ = _INNERMOST.search(said)
    for part, message, suggestion in _MEANINGS:
        if part in said:
            if open_:
                message = message.replace("{% if %} or {% for %}", f"{{% {open_[1]} %}}")
                suggestion = suggestion.replace("end...", f"end{open_[1]}")
            return "", message, suggestion
    return "", f"the letter's code cannot be read: {said[:120]}", "check {{ }} and {% %}"


def _opened(error: TemplateSyntaxError, text: str) -> int:
    """The line on which the code begins that is not closed, or 0 where it is something else."""
    said = error.message or ""
    if "end of print statement" in said or "end of statement block" in said:
        begun = None
        for sign in _SIGNS.finditer(text):
            opens = sign[0].startswith("{")
            if opens and begun is not None:
                break
            begun = sign if opens else None
        odd = next((code for code in _CODE.finditer(text) if _has_odd_quotes(code[0])), None)
        first = min((one.start() for one in (begun, odd) if one), default=len(text))
        line = text.count("\n", 0, first) + 1
        return line if line <= error.lineno else 0
    if "nexpected end of template" in said:
        stack: list[int] = []
        for block in _BLOCKS.finditer(text):
            if not block[1].startswith("end"):
                stack.append(block.start())
            elif stack:
                stack.pop()
        return text.count("\n", 0, stack[-1]) + 1 if stack else 0
    return 0


def _has_odd_quotes(code: str) -> bool:
    """True where a quotation mark is opened and another kind closes it, or none."""
    return bool(re.search("[\"']", re.sub(r"\"[^\"']*\"|'[^\"']*'", "", code)))
