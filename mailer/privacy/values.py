"""What the map says of a column, and the words it says it with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Whose(StrEnum):
    """Of whom something tells."""

    SUPPORTER = "supporter"
    OFFICIAL = "official"  # as holder of a public office
    STAFF = "staff"
    NOBODY = "nobody"


class Ends(StrEnum):
    """How long something is kept."""

    TEXT = "text"  # MAILER_RETENTION_TEXT_DAYS
    PERSON = "person"  # MAILER_RETENTION_PERSON_DAYS
    WEEK = "week"
    DAY = "day"  # until an allowance is whole again: minutes mostly, two days at most
    YEAR = "year"
    ACCOUNT = "account"  # MAILER_RETENTION_PERSON_DAYS from when the account was shut
    SESSION = "session"  # until it is over, as sessions and links of staff are
    WISH = "wish"  # until it is taken back
    GOOD = "good"  # for good
    OURS = "ours"  # as the program needs it: it names nobody


class Erasing(StrEnum):
    """What an erasure does with something."""

    ROW = "row"  # the row goes
    BLANK = "blank"  # it becomes empty
    READER = "reader"  # it becomes empty in mails to the supporter
    WORDS = "words"  # name and addresses are taken out; of a mail to them nothing stays
    KEEP = "keep"


class Told(StrEnum):
    """Whether somebody who asks for their data is told."""

    YES = "yes"
    OWNER = "owner"  # themselves, not staff who answer for them: it would let staff act as them
    LETTERS = "letters"  # of letters everybody who may ask, of our mails the owner alone
    NO = "no"  # it tells nothing more, or it would open something


class Ground(StrEnum):
    """Why we may (the words of the GDPR's articles 6 and 9)."""

    ASKED = "asked"  # they asked for it: their consent
    PROOF = "proof"  # a duty to be able to show it
    GUARD = "guard"  # a legitimate interest: to keep the service safe
    NONE = "none"  # nobody's data


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A kind of data, as people would name it."""

    id: str
    whose: Whose
    ground: Ground
    ends: Ends
    title: str  # in English, marked for the catalogue
    purpose: str  # one sentence, likewise
    names: bool = True  # it holds what names somebody, not a code or a number alone


@dataclass(frozen=True, kw_only=True)
class Column:
    """What becomes of one column."""

    topic: Topic
    ends: Ends
    erasing: Erasing
    told: Told
    label: str = ""  # how "my data" calls it, in English and marked
    why: str = ""  # why it outlives an erasure, or what else must be known
