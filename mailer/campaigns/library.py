"""The organizer's files: read from disk or from an approval, reread when they change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mailer.campaigns import reader
from mailer.campaigns.names import letter_name
from mailer.campaigns.values import Campaign
from mailer.districts import encoding
from mailer.districts import reader as districts_reader
from mailer.districts.values import Districts
from mailer.officials import reader as officials_reader
from mailer.officials.values import Officials
from mailer.problems import Problem, Severity

OFFICIALS = "officials.yaml"
DISTRICTS = districts_reader.FILE
LETTERS = "templates/letters"
LARGEST = 4_000_000
"""Bytes of one file; nobody writes a larger one by hand."""

Files = dict[str, str]
"""Texts by name, relative to the home folder, with slashes."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything the organizer's files say. Campaigns with errors are left out."""

    officials: Officials = field(default_factory=Officials)
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    districts: Districts = field(default_factory=Districts)
    problems: tuple[Problem, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def files_of(self, slug: str) -> Files:
        """All that a campaign is made from: officials.yaml and its letter files.

        Not districts.csv: it only tells which of the officials are somebody's own.
        """
        return {
            name: text
            for name, text in self.files.items()
            if name == OFFICIALS or _slug(name) == slug
        }


def read_files(home: Path) -> tuple[Files, tuple[Problem, ...]]:
    """The texts of the home folder, and a problem for each file that cannot be read."""
    files: Files = {}
    problems: list[Problem] = []
    for name in _names(home):
        try:
            files[name], told = _read(home, name)
            problems += told
        except (OSError, ValueError) as error:
            problems.append(_unreadable(name, error))
    return files, tuple(problems)


def _names(home: Path) -> list[str]:
    """The files that make up the content; officials.yaml is always wanted."""
    try:
        letters = sorted(path.name for path in (home / LETTERS).glob("*.md"))
    except OSError:
        letters = []
    districts = [DISTRICTS] if (home / DISTRICTS).exists() else []
    letters = [f"{LETTERS}/{name}" for name in letters if name[0] not in "._"]
    return [OFFICIALS, *districts, *letters]


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
    return Problem(file=name, message=f"the file cannot be read: {reason}")


def read_content(files: Mapping[str, str], problems: Iterable[Problem] = ()) -> Content:
    """What the texts say, wherever they come from; never raises for anything a text may hold."""
    found = list(problems)
    officials = Officials()
    if OFFICIALS in files:
        officials, told = officials_reader.read(files[OFFICIALS], OFFICIALS)
        found += told
    districts = Districts()
    if DISTRICTS in files:
        districts, told = districts_reader.read(files[DISTRICTS], DISTRICTS)
        found += told
    usable = OFFICIALS in files and not _errors(found, {OFFICIALS})
    campaigns: dict[str, Campaign] = {}
    for slug, parts in _letters(files, found).items():
        campaign, told = reader.read(slug, parts, officials if usable else None)
        found += told
        names = {name for name, _ in parts.values()}
        if usable and campaign is not None and not _errors(found, names):
            campaigns[slug] = campaign
    return Content(
        officials=officials,
        campaigns=campaigns,
        districts=districts,
        problems=tuple(found),
        files=dict(files),
    )


def _letters(
    files: Mapping[str, str], problems: list[Problem]
) -> dict[str, dict[str, tuple[str, str]]]:
    """By slug and language: name and text. Names that cannot be used are told."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for name in sorted(files):
        if not name.startswith(LETTERS + "/"):
            continue
        parsed = letter_name(name.removeprefix(LETTERS + "/"))
        if isinstance(parsed, str):
            problems.append(Problem(file=name, message=parsed))
        else:
            found.setdefault(parsed.slug, {})[parsed.language] = (name, files[name])
    return found


def _slug(name: str) -> str:
    if not name.startswith(LETTERS + "/"):
        return ""
    parsed = letter_name(name.removeprefix(LETTERS + "/"))
    return "" if isinstance(parsed, str) else parsed.slug


def _errors(problems: Iterable[Problem], names: Iterable[str]) -> bool:
    wanted = set(names)
    return any(one.severity is Severity.ERROR and one.file in wanted for one in problems)


class Library:
    """The content as it is now; while a file is broken, as it was when it last was good."""

    def __init__(self, home: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._clock = clock
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._seen: object = None
        self._content = Content()

    def current(self) -> Content:
        """The last good content; its problems are those of the newest files.

        The disk is asked at most once a second.
        """
        with self._lock:
            now = self._clock()
            if now - self._looked >= 1.0:
                self._looked = now
                seen = self._signature()
                if seen != self._seen:
                    self._seen = seen
                    self._content = _newer(self._content, *read_files(self._home))
            return self._content

    def _signature(self) -> tuple[object, ...]:
        """Changes whenever a file is written, replaced, added or removed."""
        marks: list[object] = []
        for name in _names(self._home):
            try:
                stat = (self._home / name).stat()
            except OSError:
                marks.append((name, None))
            else:
                marks.append((name, stat.st_ino, stat.st_mtime_ns, stat.st_size))
        return tuple(marks)


def _newer(old: Content, files: Files, unreadable: tuple[Problem, ...]) -> Content:
    """The new files where they are good, the old ones where they are not."""
    new = read_content(files, unreadable)
    broken = {one.file for one in new.problems if one.severity is Severity.ERROR}
    if not broken or not old.files:
        return new
    kept = _keep(old, files, broken)
    for candidate in (read_content(kept), old):
        still = {slug for slug in old.campaigns if _present(slug, kept)}
        if still <= set(candidate.campaigns):
            return Content(
                officials=candidate.officials,
                campaigns=candidate.campaigns,
                districts=candidate.districts,
                problems=new.problems,
                files=candidate.files,
            )
    return new


def _keep(old: Content, files: Files, broken: set[str]) -> Files:
    """The new texts, with those of every broken unit (a campaign is one) taken from the old."""
    known = {_unit(name) for name in old.files}
    taken_back = {_unit(name) for name in broken} & known
    return {
        **{name: text for name, text in files.items() if _unit(name) not in taken_back},
        **{name: text for name, text in old.files.items() if _unit(name) in taken_back},
    }


def _unit(name: str) -> str:
    """What is good or broken as a whole: a campaign's files, or a file by itself."""
    return _slug(name) or name


def _present(slug: str, files: Mapping[str, str]) -> bool:
    return any(_slug(name) == slug for name in files)
