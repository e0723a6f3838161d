"""Takes a post apart: front matter, the story for the page, and the letter."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailer.records.findings import Findings

STARS = "***"
_FORESTRY = re.compile(r"\s*(?:#.*|_[\w-]+\s*:.*)?")
_ALMOST_STARS = re.compile(
    r"\s*(?:(?:[*\-_+=~.·•∗⁎✱✻⁂⸻—–#](?:[ \t]*)){3,}|\*[ \t]*\*|[⁂⸻~=_]{1,9}|[ \t]\*{3}"
    r"|(?:\\\*){3}|\*{3}[ \t]+\S.*|<hr ?/?>|(?:the |la )?lett(?:er|re)\s*:)\s*",
    re.IGNORECASE,
)
_TOML, _YAML = re.compile(r"[\w.-]+\s*="), re.compile(r"[\w-]+:(?:\s|$)")
_ALMOST_FENCE = re.compile(r"\s*(?:[+\-–—=~_]{2,}|\.{3}|[+\-]{3}\S{1,9})\s*")


@dataclass(frozen=True, kw_only=True)
class Post:
    """A file's three parts. Lines count from 1 and are where each part begins."""

    form: str  # "toml" or "yaml"
    matter: str
    matter_line: int
    story: str
    letter: str
    letter_line: int


def split(text: str, findings: Findings) -> Post | None:
    """The parts of a post, or None after telling what is missing.

    A block of keys that begin with an underscore, as Forestry writes it, may stand above the front
    matter.
    """
    lines = text.split("\n")
    fence = _first_line(lines, 0)
    if fence < len(lines) and lines[fence].strip() == "---":
        after = _behind_forestry(lines, fence)
        fence = after if after is not None else fence
    sign = lines[fence].strip() if fence < len(lines) else ""
    if sign not in {"+++", "---"}:
        findings.error(fence + 1, 1, "the file does not begin with front matter", "write +++ first")
        return None
    end = _next(lines, fence + 1, sign)
    if end is None:
        _tell_open(lines, fence, sign, findings)
        return None
    story, letter, letter_line = _body(lines, end + 1, findings)
    return Post(
        form="toml" if sign == "+++" else "yaml",
        matter="\n".join(lines[fence + 1 : end]),
        matter_line=fence + 2,
        story=story,
        letter=letter,
        letter_line=letter_line,
    )


def _tell_open(lines: list[str], fence: int, sign: str, findings: Findings) -> None:
    """Tell of front matter without an end: at the line that was meant to be it, if there is one."""
    below = range(fence + 1, len(lines))
    almost = next((at for at in below if _ALMOST_FENCE.fullmatch(lines[at])), None)
    other = {"+++": "---", "---": "+++"}[sign]
    shape = _TOML if sign == "---" else _YAML
    if (
        almost is not None
        and lines[almost].strip() == other
        and any(shape.match(lines[at]) for at in range(fence + 1, almost))
    ):
        kind = "TOML" if sign == "---" else "YAML"
        message = f"this opens with {sign}, and the keys below are {kind}, which {other} closes"
        findings.error(fence + 1, 1, message, f"write {other} on this line")
    elif almost is None:
        message = f"the front matter that begins here is never closed by another {sign}"
        findings.error(fence + 1, 1, message, f"write {sign} on a line of its own, above the text")
    else:
        message = f"this does not close the front matter, which began on line {fence + 1}"
        findings.error(almost + 1, 1, message, f"write {sign} and nothing else on this line")


def _first_line(lines: list[str], start: int) -> int:
    """The next line that holds something."""
    while start < len(lines) and not lines[start].strip():
        start += 1
    return start


def _next(lines: list[str], start: int, sign: str) -> int | None:
    return next((at for at in range(start, len(lines)) if lines[at].rstrip() == sign), None)


def _behind_forestry(lines: list[str], fence: int) -> int | None:
    """Where the real front matter begins behind a Forestry block, or None when there is none."""
    end = _next(lines, fence + 1, "---")
    if end is None or not all(_FORESTRY.fullmatch(line) for line in lines[fence + 1 : end]):
        return None
    after = _first_line(lines, end + 1)
    is_matter = after < len(lines) and lines[after].strip() in {"+++", "---"}
    return after if is_matter else None


def _body(lines: list[str], start: int, findings: Findings) -> tuple[str, str, int]:
    """Story, letter, and the line the letter begins on."""
    stars = _next(lines, start, STARS)
    if stars is None:
        almost = next((at for at in range(start, len(lines)) if _rule(lines, at, start)), None)
        if almost is not None:
            findings.warning(
                almost + 1,
                1,
                "everything in this file is sent as the letter, this line too",
                f"between the page's text and the letter write {STARS}",
            )
    again = None if stars is None else _next(lines, stars + 1, STARS)
    if again is not None:
        message = f"a second line of {STARS} stands in the letter, and is sent with it"
        findings.warning(again + 1, 1, message, "the first one begins the letter: take this away")
    below = start if stars is None else stars + 1
    first = _first_line(lines, below)
    if first >= len(lines):
        first = min(below, len(lines) - 1)
    story = "\n".join(lines[start : stars or start]).strip()
    return story, "\n".join(lines[first:]).rstrip(), first + 1


def _rule(lines: list[str], at: int, start: int) -> bool:
    """True for a line that separates, and probably was meant to part story and letter."""
    return at > start and bool(_ALMOST_STARS.fullmatch(lines[at]))
