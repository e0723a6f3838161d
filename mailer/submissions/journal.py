"""The journal of erasures, and of who wants no more mail: a file outside the database, so that a
restore can repeat them.

A line is a moment and a mailbox's keyed hash, never an address, or a submission's id, which is
random; what stands before a hash is a wish, else it is an erasure (before it, so that no line that
a crash cuts off can become one). The key comes with the database, so the hashes of a backup are
those of the journal.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mailer.errors import MailerError
from mailer.records.appending import append

log = logging.getLogger("mailer.submissions")

_LINE = re.compile(
    r"(\d+\.\d+) (?:(?:(unsubscribed|subscribed|not-me) )?([0-9a-f]{40})|([0-9a-z]{26}))"
)


class What(StrEnum):
    """What the owner of a mailbox can wish of our mail."""

    UNSUBSCRIBED = "unsubscribed"
    SUBSCRIBED = "subscribed"  # again
    NOT_ME = "not-me"  # others typed the address


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """At a moment, all that was known of a mailbox was erased, or of one submission."""

    at: float
    mailbox: str = ""  # as addresses.mailbox_key makes it
    submission: str = ""  # its id: then nothing else of the mailbox


@dataclass(frozen=True, kw_only=True)
class Wish:
    """At a moment, the owner of a mailbox said whether it wants mail of ours."""

    at: float
    mailbox: str  # as addresses.mailbox_key makes it
    what: What


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What a journal says."""

    erasures: tuple[Erasure, ...] = ()
    wishes: tuple[Wish, ...] = ()
    unreadable: int = 0  # lines; one that a crash cut off belongs to an erasure never made


def note(file: Path, erasure: Erasure) -> None:
    """Write an erasure down to the disk; raises MailerError when that cannot be done."""
    _append(file, f"{erasure.at!r} {erasure.submission or erasure.mailbox}")


def note_wish(file: Path | None, wish: Wish) -> None:
    """Write a wish down to the disk; into no `file`, nothing.

    It counts all the same where that cannot be done, and the log says so: nobody is to get mail
    because a disk of ours is full.
    """
    if file is None:
        return
    try:
        _append(file, f"{wish.at!r} {wish.what} {wish.mailbox}")
    except MailerError as error:
        log.error("somebody wants no more mail: so it is, but no restore would know it: %s", error)


def read(file: Path) -> Noted | None:
    """What the journal says, oldest first; None where there is none. Raises MailerError."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(file, "read", error) from None
    matches = [_LINE.fullmatch(line) for line in lines]
    entries = [_entry(found) for found in matches if found]
    return Noted(
        erasures=tuple(one for one in entries if isinstance(one, Erasure)),
        wishes=tuple(one for one in entries if isinstance(one, Wish)),
        unreadable=matches.count(None),
    )


def _entry(found: re.Match[str]) -> Erasure | Wish:
    at, what, mailbox = float(found[1]), found[2], found[3] or ""
    if what:
        return Wish(at=at, mailbox=mailbox, what=What(what))
    return Erasure(at=at, mailbox=mailbox, submission=found[4] or "")


def _append(file: Path, line: str) -> None:
    try:
        append(file, line)
    except OSError as error:
        raise _unusable(file, "written", error) from None


def _unusable(file: Path, how: str, error: OSError) -> MailerError:
    why = error.strerror or str(error)
    return MailerError(f"the journal of erasures {file} cannot be {how}: {why} (MAILER_JOURNAL)")
