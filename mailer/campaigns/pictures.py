"""The pictures that campaigns name: files in templates/media/, their sizes, and what is amiss."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import imagesize

from mailer.campaigns.library import Content
from mailer.campaigns.values import Version
from mailer.problems import Problem, Severity, did_you_mean
from mailer.records import text as texts
from mailer.records.findings import printable, quoted

FOLDER = "templates/media"
HEAVY = 100_000
"""Bytes of a picture above which a phone waits for it."""

NARROW = 700
"""Pixels of width below which a thumbnail looks coarse on the page."""

_ENDINGS = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
_HOSTS = ("https://", "http://")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture of the organizer's."""

    name: str  # below templates/media/
    width: int  # pixels
    height: int
    bytes: int


def find(home: Path, named: str) -> Picture | None:
    """The picture that a campaign names, or None: it has none, or no browser could show it."""
    folder = (home / FOLDER).resolve()
    name = named.removeprefix("/").removeprefix("media/")
    try:
        file = (folder / name).resolve()
        stat = file.stat()
    except (OSError, ValueError):
        return None
    if not file.is_relative_to(folder) or file.suffix.lower() not in _ENDINGS:
        return None
    width, height = _size(str(file), stat.st_mtime_ns, stat.st_size)
    if width < 1 or height < 1:
        return None
    return Picture(name=name, width=width, height=height, bytes=stat.st_size)


@lru_cache(maxsize=64)
def _size(file: str, *_: int) -> tuple[int, int]:
    """Width and height; the file is read again when its time or size is another."""
    try:
        width, height = imagesize.get(file)
    except Exception:  # noqa: BLE001 - whatever a broken picture does to its reader, there is none
        return -1, -1
    return round(width), round(height)


def check(content: Content, home: Path) -> tuple[Problem, ...]:
    """Pictures that campaigns name and nobody would see, or would wait for."""
    found: list[Problem] = []
    for campaign in content.campaigns.values():
        told: set[str] = set()
        for version in campaign.versions.values():
            for key in ("thumbnail", "logo"):
                named = getattr(version, key)
                if named and f"{key} {named}" not in told:
                    told.add(f"{key} {named}")
                    found += _remarks(key, named, version, content, home)
    return tuple(found)


def _remarks(
    key: str, named: str, version: Version, content: Content, home: Path
) -> Iterator[Problem]:
    if named.startswith(_HOSTS):
        message = f"{quoted(named)} is on another host: our pages show only files of {FOLDER}/"
        yield _at(key, version, content, Severity.NOTE, message, "put a copy there")
        return
    picture = find(home, named)
    if picture is None:
        yield _at(key, version, content, Severity.WARNING, *_missing(home, named))
        return
    if picture.bytes > HEAVY:
        message = f"{quoted(named)} has {picture.bytes / 1000:,.0f} kB: a phone waits for it"
        hint = f"save it smaller: {HEAVY // 1000} kB are plenty, as WebP or JPEG"
        yield _at(key, version, content, Severity.NOTE, message, hint)
    if key == "thumbnail" and picture.width < NARROW and not named.lower().endswith(".svg"):
        message = f"{quoted(named)} is {picture.width} pixels wide, and looks coarse on the page"
        yield _at(key, version, content, Severity.NOTE, message, "1200 by 630 is best")
    if key == "thumbnail" and not version.thumbnail_alt:
        message = "a thumbnail without words: screen readers pass it over"
        hint = 'say what it shows: thumbnail_alt = "..."; leave it so where it only decorates'
        yield _at(key, version, content, Severity.NOTE, message, hint)


def _missing(home: Path, named: str) -> tuple[str, str]:
    """What is wrong with a picture that cannot be shown, and the repair."""
    file = home / FOLDER / named.removeprefix("/").removeprefix("media/")
    if file.is_file():
        kinds = ", ".join(sorted(ending[1:] for ending in _ENDINGS))
        return f"{quoted(named)} is no picture that browsers show", f"save it as one of: {kinds}"
    there = [one.name for one in (home / FOLDER).glob("*")]
    repair = did_you_mean(Path(named).name, there) or "put it there, or take the line away"
    return f"{FOLDER}/ has no file {quoted(named)}", repair


def _at(
    key: str, version: Version, content: Content, severity: Severity, message: str, hint: str
) -> Problem:
    lines = texts.clean(content.files.get(version.file, "")).split("\n")
    given = re.compile(rf"\s*{key}\s*[=:]\s*")
    number, column = next(
        ((at, found.end() + 1) for at, line in enumerate(lines, 1) if (found := given.match(line))),
        (0, 0),
    )
    return Problem(
        file=version.file,
        line=number,
        column=column,
        message=f'"{key}": {printable(message)}',
        suggestion=printable(hint),
        severity=severity,
        source=printable(lines[number - 1]) if number else "",
    )
