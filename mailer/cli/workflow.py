"""Problems as a code host's workflow shows them: beside the line, in the change that made them.

The form is that of GitHub's workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from mailer.problems import Problem, Severity

ENVIRONMENT = "the environment"
"""Where settings stand, in the place of a file."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def line(problem: Problem, prefix: str = "") -> str:
    """One annotation; `prefix` is the path of the home folder in the repository."""
    words = f"{problem.message}; {problem.suggestion}" if problem.suggestion else problem.message
    place: dict[str, object] = {"title": "mailer check"}
    if problem.file == ENVIRONMENT:
        words = f"{ENVIRONMENT}: {words}"
    else:
        place["file"] = prefix + problem.file
        place |= {"line": problem.line, "col": problem.column} if problem.line else {}
    given = ",".join(f"{name}={_property(str(value))}" for name, value in place.items())
    return f"::{_COMMANDS[problem.severity]} {given}::{_data(words)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
