"""Problems as text for a terminal: the place, the line with a caret, what to do."""

from __future__ import annotations

from collections.abc import Iterable

from mailer.problems import Problem, Severity

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}
_WIDEST = 100


def render(problems: Iterable[Problem], *, colour: bool) -> str:
    """All problems in the order given, and a last line that counts them; "" when there are none."""
    listed = list(problems)
    if not listed:
        return ""
    blocks = [_block(problem, colour=colour) for problem in listed]
    return "\n\n".join([*blocks, _count(listed)]) + "\n"


def _block(problem: Problem, *, colour: bool) -> str:
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
    kind = _paint(problem.severity.value, _COLOURS[problem.severity], colour=colour)
    lines = [f"{_paint(place, '1', colour=colour)}: {kind}: {problem.message}"]
    if problem.source.strip():
        lines += _excerpt(problem)
    if problem.suggestion:
        lines.append(f"    {problem.suggestion}")
    return "\n".join(lines)


def _excerpt(problem: Problem) -> list[str]:
    """The line, and a caret under the place; a long line is shown from near the place on."""
    source = problem.source.replace("\t", " ")
    start = max(0, problem.column - _WIDEST // 2) if len(source) > _WIDEST else 0
    shown = source[start : start + _WIDEST]
    number = f"{problem.line:>6} | "
    lines = [number + shown]
    if 0 < problem.column <= start + len(shown) + 1:
        lines.append("       | " + " " * (problem.column - 1 - start) + "^")
    return lines


def _count(problems: list[Problem]) -> str:
    counts = {kind: sum(one.severity is kind for one in problems) for kind in Severity}
    return ", ".join(
        f"{number} {kind}{'' if number == 1 else 's'}" for kind, number in counts.items() if number
    )


def _paint(text: str, code: str, *, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
