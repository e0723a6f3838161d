"""Letters kept on this machine as files of a Maildir, for the outbox viewer and mail programs.

A file's name comes from the letter's id: written again after a crash it replaces itself, also where
a mail program has moved it to cur/. Lines end with a newline alone, as Maildirs have them.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from mailer.errors import Next, SendError, SettingsError
from mailer.transports.base import Answer, Connection, Lines, Parcel
from mailer.transports.limits import Limits
from mailer.transports.threads import ThreadLines

LEFT_OVER = 36 * 3600  # seconds after which a file in tmp/ belongs to nobody (maildir(5))
SUFFIX = ".mailer"

_FOLDERS = ("tmp", "new", "cur")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.,=+-]{0,199}")


def from_url(url: str, home: Path) -> MaildirTransport:
    """The transport of maildir:var/outbox (relative to `home`) or maildir:/path."""
    place = unquote(url.partition(":")[2])
    if place.startswith("//"):
        place = "/" + place.lstrip("/")
    if not place or "?" in place or "\0" in place:
        raise SettingsError(
            "MAILER_TRANSPORT: maildir takes a folder and no options, such as maildir:var/outbox"
        )
    return MaildirTransport(home / place)


class MaildirTransport:
    """The embedded way out: nothing leaves the machine."""

    delivers = False
    longest_wait = 30.0
    limits = Limits()
    label = ""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.account = f"maildir:{path}"

    def connect(self) -> Connection:
        """Make the folders where they are missing; raises SendError (STOP)."""
        connection = MaildirConnection(self.path)
        connection.prepare()
        return connection

    def lines(self, size: int) -> Lines:
        """Writers for the worker."""
        return ThreadLines(self.connect, size)

    def probe(self) -> str:
        """Write a file and take it away again; says how many letters lie there."""
        connection = MaildirConnection(self.path)
        connection.prepare()
        connection.stage(Parcel(letter="probe", sender="", recipient="", data=b"probe\r\n"))
        connection.abandon()
        return f"{self.path} can be written, letters in it: {len(Box(self.path).names())}"


class MaildirConnection:
    """Writes one file after another: stage puts it into tmp/, commit moves it to new/."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._staged: tuple[Path, str] | None = None
        self._moved: dict[str, str] = {}  # names in cur/ without flags -> with them
        self._moved_at = -1

    def prepare(self) -> None:
        """Make the folders and clear what crashes left in tmp/."""
        try:
            for folder in _FOLDERS:
                (self._path / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(self._path)
        except OSError as error:
            raise self._unwritable(error) from None
        for file in (self._path / "tmp").glob(f"*{SUFFIX}.*"):
            with suppress(OSError):  # another process may clear the same file
                if file.stat().st_mtime < time.time() - LEFT_OVER:
                    file.unlink()

    def stage(self, parcel: Parcel) -> None:
        """Write the letter to tmp/, down to the disk."""
        self.abandon()
        name = f"{parcel.letter}{SUFFIX}"
        if not _NAME.fullmatch(name):
            raise SendError("the letter's id cannot name a file", Next.FAIL)
        draft = self._path / "tmp" / f"{name}.{secrets.token_hex(8)}"
        self._staged = (draft, name)
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(parcel.data.replace(b"\r\n", b"\n"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self.abandon()
            raise self._unwritable(error) from None

    def commit(self) -> Answer:
        """Move the staged letter to new/, or over its older self in cur/."""
        if self._staged is None:
            raise SendError("no letter is staged")
        draft, name = self._staged
        renamed = False
        try:
            place = self._place(name)
            draft.replace(place)
            renamed = True
            _sync(place.parent)
        except OSError as error:
            self.abandon()
            raise self._unwritable(error, maybe_accepted=renamed) from None
        self._staged = None
        return Answer(text=f"kept in {place.parent.name}/", provider_id=name)

    def abandon(self) -> None:
        """Take the staged file away."""
        if self._staged is not None:
            draft, self._staged = self._staged[0], None
            with suppress(OSError):  # what stays is cleared when it is LEFT_OVER
                draft.unlink()

    def close(self) -> None:
        """Take away what was staged and not committed."""
        self.abandon()

    def _place(self, name: str) -> Path:
        cur = self._path / "cur"
        changed = cur.stat().st_mtime_ns
        if changed != self._moved_at:  # read again only when a mail program moved something
            self._moved = {_bare(file): file for file in os.listdir(cur)}
            self._moved_at = changed
        return cur / self._moved[name] if name in self._moved else self._path / "new" / name

    def _unwritable(self, error: OSError, *, maybe_accepted: bool = False) -> SendError:
        why = error.strerror or str(error)
        text = f"the outbox {self._path} cannot be written: {why}"
        return SendError(text, Next.STOP, maybe_accepted=maybe_accepted)


class Box:
    """The letters that lie in a Maildir, for looking at them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        """The names of all letters, newest first; empty where there is no Maildir yet."""
        found = {name: when for when, name in sorted(self._files())}
        return sorted(found, key=lambda name: (found[name], name), reverse=True)

    def read(self, name: str) -> bytes:
        """The letter of that name, as `names` tells it; raises KeyError where there is none."""
        if not _NAME.fullmatch(name):
            raise KeyError(name)
        for file in (self._path / "new" / name, *self._moved(name)):
            try:
                return file.read_bytes()
            except OSError:
                continue  # not here, or moved to cur/ this moment
        raise KeyError(name)

    def remove(self, letters: Collection[str]) -> int:
        """Take away the files of letters with these ids; returns how many there were."""
        ids, removed = frozenset(letters), 0
        for folder in filter(Path.is_dir, map(self._path.joinpath, _FOLDERS)):
            for file in os.listdir(folder):
                letter, ours, _ = file.partition(SUFFIX)
                if ours and letter in ids:
                    (folder / file).unlink(missing_ok=True)
                    removed += 1
        return removed

    def _moved(self, name: str) -> Iterator[Path]:
        """The file in cur/, looked for only when new/ did not have it."""
        with suppress(OSError):
            cur = self._path / "cur"
            yield from (cur / file for file in os.listdir(cur) if _bare(file) == name)

    def _files(self) -> Iterator[tuple[int, str]]:
        for folder in ("new", "cur"):
            with suppress(OSError):  # there is no Maildir yet
                for entry in list(os.scandir(self._path / folder)):
                    with suppress(OSError):  # taken away since
                        if _NAME.fullmatch(_bare(entry.name)):
                            yield entry.stat().st_mtime_ns, _bare(entry.name)


def remove(ways: Iterable[object], letters: Collection[str]) -> int:
    """Take away the files of letters from those `ways` that keep some; how many there were."""
    boxes = [Box(way.path) for way in ways if isinstance(way, MaildirTransport)]
    return sum(box.remove(letters) for box in boxes)


def _bare(file: str) -> str:
    """A file's name without the flags that mail programs add in cur/."""
    return file.partition(":")[0]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
