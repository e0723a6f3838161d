"""The organizer's files on disk: which they are, their texts, and why one cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

from mailer.districts import encoding, reader
from mailer.problems import Problem, Severity

OFFICIALS = "officials.yaml"
DISTRICTS = reader.FILE
LETTERS = "templates/letters"
LARGEST = 4_000_000
"""Bytes of one file; nobody writes a larger one by hand."""

_ENDINGS = (".md", ".markdown", ".mdown", ".txt")

Files = dict[str, str]
"""Texts by name, relative to the home folder, with slashes."""


def read_files(home: Path) -> tuple[Files, tuple[Problem, ...]]:
    """The texts of the home folder, and a problem for each file that cannot be read."""
    files: Files = {}
    problems: list[Problem] = []
    names, fault = _names(home)
    if fault is not None:
        problems.append(_unreadable(LETTERS, fault))
    for name in names:
        if name.startswith(LETTERS) and not name.endswith(".md"):
            problems.append(_other_ending(name))
            continue
        try:
            files[name], told = _read(home, name)
            problems += told
        except (OSError, ValueError) as error:
            problems.append(_unreadable(name, error))
    return files, tuple(problems)


def marks(home: Path) -> tuple[object, ...]:
    """Changes whenever a file is written, replaced, added or removed, or may be read again."""
    found: list[object] = []
    for name in _names(home)[0]:
        try:
            stat = (home / name).stat()
        except OSError:
            found.append((name, None))
        else:
            found.append((name, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size))
    return tuple(found)


def _names(home: Path) -> tuple[list[str], OSError | None]:
    """The files that make up the content, officials.yaml always, and why others are not seen."""
    fault = None
    letters: list[str] = []
    try:
        letters = sorted(os.listdir(home / LETTERS))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        fault = error
    districts = [DISTRICTS] if (home / DISTRICTS).exists() else []
    wanted = [f"{LETTERS}/{name}" for name in letters
              if name[0] not in "._~" and name.lower().endswith(_ENDINGS)]  # fmt: skip
    return [OFFICIALS, *districts, *wanted], fault


def _other_ending(name: str) -> Problem:
    return Problem(
        file=name,
        message="this file is not read: letters end in .md",
        suggestion="rename it, or put it elsewhere",
        severity=Severity.WARNING,
    )


def _read(home: Path, name: str) -> tuple[str, tuple[Problem, ...]]:
    """A file's text, and what is to be told about its encoding; OSError or ValueError."""
    if name == DISTRICTS:
        return encoding.decode(_bytes(home / name, encoding.LARGEST), name)
    data = _bytes(home / name, LARGEST)
    if data[:400].count(0) > len(data[:400]) // 4:
        raise ValueError("it is UTF-16: save it as UTF-8")
    return data.decode("utf-8"), ()


def _bytes(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it is larger than {most // 1_000_000} MB")
    return data


def _unreadable(name: str, error: Exception) -> Problem:
    if isinstance(error, FileNotFoundError):
        return Problem(
            file=name,
            message="there is no such file",
            suggestion="make it, or set MAILER_HOME to the folder that holds it",
        )
    if isinstance(error, UnicodeDecodeError):
        before = error.object[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8")) + 1
        message = "the text is not UTF-8 from here on"
        return Problem(
            file=name, line=line, column=column, message=message, suggestion="save it as UTF-8"
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    what = "folder" if name == LETTERS else "file"
    allow = isinstance(error, PermissionError)
    hint = "let the user who runs the mailer read it, as with chmod a+rX" if allow else ""
    return Problem(file=name, message=f"the {what} cannot be read: {reason}", suggestion=hint)
