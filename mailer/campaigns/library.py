"""What the organizer's files say: from disk or from an approval, reread when they change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mailer.campaigns import reader
from mailer.campaigns.disk import (
    DISTRICTS,
    LARGEST,
    LETTERS,
    OFFICIALS,
    Files,
    marks,
    read_files,
)
from mailer.campaigns.names import letter_name
from mailer.campaigns.values import Campaign
from mailer.districts import reader as districts_reader
from mailer.districts.values import Districts
from mailer.officials import reader as officials_reader
from mailer.officials.values import Officials
from mailer.problems import Problem, Severity

__all__ = [
    "DISTRICTS",
    "LARGEST",
    "LETTERS",
    "OFFICIALS",
    "Content",
    "Files",
    "Library",
    "read_content",
    "read_files",
]


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
    unread = {one.file for one in found}
    for slug, parts in _letters(files, found).items():
        if reader.MAIN_LANGUAGE not in parts and f"{LETTERS}/{slug}.md" in unread:
            continue  # its versions wait for it
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
                seen = marks(self._home)
                if seen != self._seen:
                    self._seen = seen
                    self._content = _newer(self._content, *read_files(self._home))
            return self._content


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
    if LETTERS in broken:  # the folder itself
        taken_back |= known - {OFFICIALS, DISTRICTS}
    return {
        **{name: text for name, text in files.items() if _unit(name) not in taken_back},
        **{name: text for name, text in old.files.items() if _unit(name) in taken_back},
    }


def _unit(name: str) -> str:
    """What is good or broken as a whole: a campaign's files, or a file by itself."""
    return _slug(name) or name


def _present(slug: str, files: Mapping[str, str]) -> bool:
    return any(_slug(name) == slug for name in files)
