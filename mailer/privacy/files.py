"""Every kind of file that the program writes, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.privacy.topics import ACTS, LETTERS, NUMBERS, ONCE, OURS, WHO
from mailer.privacy.values import Ends, Erasing, Topic


@dataclass(frozen=True, kw_only=True)
class File:
    """A kind of file."""

    name: str
    place: str  # where it lies, as a pattern below MAILER_HOME; "" for wherever it was asked for
    topic: Topic
    ends: Ends
    erasing: Erasing
    why: str


FILES = (
    File(
        name="letters of a local outbox", place="var/outbox/*/*", topic=LETTERS,
        ends=Ends.TEXT, erasing=Erasing.ROW, why="removed with the letter's text",
    ),
    File(
        name="SQLite's database and what belongs to it", place="var/mailer.db*", topic=WHO,
        ends=Ends.PERSON, erasing=Erasing.ROW,
        why="the tables; what is deleted is overwritten, and the write-ahead log emptied",
    ),
    File(
        name="the journal of erasures (MAILER_JOURNAL)", place="var/erasures.log", topic=ONCE,
        ends=Ends.GOOD, erasing=Erasing.KEEP,
        why="moments and keyed hashes, so that a restore repeats each erasure",
    ),
    File(
        name="the audit's witness, beside it", place="var/audit.log", topic=ACTS,
        ends=Ends.GOOD, erasing=Erasing.KEEP, why="moments, numbers and hashes of the audit",
    ),
    File(
        name="a key made for development", place="var/secret.key", topic=OURS, ends=Ends.OURS,
        erasing=Erasing.KEEP, why="nobody's",
    ),
    File(
        name="signs of life of the workers", place="var/workers/*", topic=OURS, ends=Ends.OURS,
        erasing=Erasing.KEEP, why="empty files",
    ),
    File(
        name="what the programs say on stderr (MAILER_LOG)", place="", topic=OURS,
        ends=Ends.OURS, erasing=Erasing.KEEP,
        why="no name, address, network address, token, or word that somebody typed",
    ),
    File(
        name="backups (mailer backup)", place="", topic=WHO, ends=Ends.OURS,
        erasing=Erasing.KEEP,
        why="they hold everything: `--keep` removes old ones; a restore repeats erasures",
    ),
    File(
        name="tables and packs that staff took away", place="", topic=NUMBERS, ends=Ends.OURS,
        erasing=Erasing.KEEP,
        why="out of our reach: the audit says who took how many rows and when",
    ),
    File(
        name="the mailbox of MAILER_BOUNCES", place="", topic=LETTERS, ends=Ends.OURS,
        erasing=Erasing.KEEP,
        why="a message is deleted there once it is taken in; one that cannot be stays, flagged",
    ),
)  # fmt: skip
