"""Collects what is wrong in one file, each finding with its place and its line."""

from __future__ import annotations

import unicodedata

from mailer.problems import Problem, Severity

MOST = 500  # findings per file: whoever has more needs another kind of help
_LONGEST_SOURCE = 3000  # a paragraph of a letter is one line


class TooManyProblems(Exception):  # noqa: N818 - it ends a reading, it is not an error of the program
    """So much is wrong that reading on would not help anybody."""


class Wrong(Exception):  # noqa: N818 - a finding on its way to its place, not an error of the program
    """One value cannot be used. The message goes on after the key: '"region"' 'is empty'.

    Or it begins with the value in quotes, and a colon comes between: '"email": "x" has no @ sign'.
    """

    def __init__(self, message: str, suggestion: str = "") -> None:
        self.message = message
        self.suggestion = suggestion
        super().__init__(message)

    def about(self, key: str) -> str:
        """The whole message, about the value of `key`."""
        colon = ":" if self.message.startswith('"') else ""
        return f"{key}{colon} {self.message}"


class Findings:
    """The problems of one file, in the order they were met. Lines and columns count from 1."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.assigns = ": "  # what stands between key and value; " = " in TOML
        self.partial = False  # parts were taken out: what is missing may have stood there
        self.lines = text.split("\n")
        self._found: list[Problem] = []
        self._told: set[tuple[int, int, str]] = set()
        self._errors = 0

    def error(self, line: int, column: int, message: str, suggestion: str = "") -> None:
        """The file cannot be used as it is."""
        self._add(Severity.ERROR, line, column, message, suggestion)

    def warning(self, line: int, column: int, message: str, suggestion: str = "") -> None:
        """It can be used, but probably not as meant."""
        self._add(Severity.WARNING, line, column, message, suggestion)

    def note(self, line: int, column: int, message: str, suggestion: str = "") -> None:
        """Worth knowing."""
        self._add(Severity.NOTE, line, column, message, suggestion)

    def source(self, line: int) -> str:
        """A line as it stands in the file, or "" when there is no such line."""
        return self.lines[line - 1] if 0 < line <= len(self.lines) else ""

    @property
    def failed(self) -> bool:
        """True once there is an error."""
        return self._errors > 0

    def problems(self) -> tuple[Problem, ...]:
        """All of them, by place; of too many, the errors before all others."""
        errors = [one for one in self._found if one.severity is Severity.ERROR]
        others = [one for one in self._found if one.severity is not Severity.ERROR]
        told = errors + others[: max(0, MOST - len(errors))]
        found = sorted(told, key=lambda one: (one.line, one.column))
        if len(found) >= MOST:
            message = "there is more; this is where we stopped"
            severity = Severity.ERROR if errors else Severity.NOTE
            found.append(Problem(file=self.file, message=message, severity=severity))
        return tuple(found)

    def _add(
        self, severity: Severity, line: int, column: int, message: str, suggestion: str
    ) -> None:
        if severity is not Severity.ERROR and len(self._found) >= MOST:
            return  # remarks never keep a file from being used
        if (line, column, message) in self._told:
            return  # what is read twice is told once
        self._told.add((line, column, message))
        self._errors += severity is Severity.ERROR
        self._found.append(
            Problem(
                file=self.file,
                line=line,
                column=column,
                message=printable(message),
                suggestion=printable(suggestion),
                severity=severity,
                source=printable(self.source(line)[:_LONGEST_SOURCE]),
            )
        )
        if self._errors >= MOST:
            raise TooManyProblems


def printable(text: str) -> str:
    """Text fit for a terminal: one mark in the place of each character that nobody can see."""
    if text.isprintable():
        return text
    shown = text.replace("\t", " ")
    return "".join(character if _visible(character) else "\ufffd" for character in shown)


def _visible(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def quoted(text: str) -> str:
    """A value as it is quoted in a message, cut where it is long."""
    short = " ".join(text.split())
    return f'"{short[:60]}..."' if len(short) > 60 else f'"{short}"'
