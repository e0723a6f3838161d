"""What a campaign is: frozen values, made by mailer.campaigns.reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from mailer.officials.values import DEFAULT_PACE, Pace, Words, say


class Status(StrEnum):
    """How far a campaign is."""

    DRAFT = "draft"
    TRIAL = "trial"  # letters go to MAILER_TRIAL_TO only, marked
    LIVE = "live"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Role:
    """What a supporter may be, for a paragraph of their own."""

    id: str
    label: Words
    prompt: Words = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """A member of the coalition, with a link of its own."""

    id: str
    name: Words
    privacy: str = ""
    consent: bool = False


@dataclass(frozen=True, kw_only=True)
class Signatory:
    """Who signs the letter beside the supporter."""

    name: str
    role: Words = field(default_factory=dict)
    organisation: str = ""  # an organisation's id


@dataclass(frozen=True, kw_only=True)
class Target:
    """Who gets the letter: named, or matched. Either may be empty.

    With `own` set it is those of them whose district is the supporter's.
    """

    names: tuple[str, ...] = ()  # posts, officials, groups
    portfolios: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    region: str = ""
    districts: tuple[str, ...] = ()
    own: bool = False  # district = "supporter" in the file

    @property
    def described(self) -> bool:
        """True when officials are found by what is said of them."""
        return bool(self.portfolios or self.tags or self.region or self.districts or self.own)


@dataclass(frozen=True, kw_only=True)
class Version:
    """A campaign in one language."""

    language: str
    title: str
    description: str = ""
    thumbnail: str = ""  # a picture's name below templates/media/, or an address elsewhere
    thumbnail_alt: str = ""  # what it shows; "": nothing that is worth saying
    logo: str = ""
    subjects: tuple[str, ...] = ()  # templates; empty: the title is the subject
    salutation: str = ""  # template of a line of its own
    story: str = ""  # Markdown, for the page
    letter: str = ""  # template, plain text
    fallback_message: str = ""
    except_message: str = ""
    hold_words: tuple[str, ...] = ()
    file: str = ""  # where it was read from, for messages
    letter_line: int = 1  # the line of `file` on which the letter begins


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign in all its languages. The first version is the main file's."""

    slug: str
    versions: Mapping[str, Version]
    status: Status = Status.DRAFT
    to: Target = field(default_factory=Target)
    left_out: Target = field(default_factory=Target)  # `except` in the file
    choose: str = "all"  # all | any | one
    fallback: str = ""
    published: date | None = None  # `date` in the file
    opens: date | None = None
    closes: date | None = None  # the last day
    timezone: str = "UTC"
    goal: int = 0
    ceiling: int = 0  # 0: none but the pace
    confirm: bool = True
    disposable: str = "hold"  # addresses of mailboxes that end within hours: hold | refuse
    editable: str = "personal"  # none | personal | body
    require: tuple[str, ...] = ()
    hours: str = ""  # letters leave only then, as mailer.officials.hours reads it; empty: always
    letter_language: str = "supporter"  # `language` in the file: supporter | official
    uncertain: str = "resend"  # resend | hold
    embed: tuple[str, ...] = ()
    colour: str = ""
    contact: str = ""
    categories: tuple[str, ...] = ()
    campuses: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    signatories: tuple[Signatory, ...] = ()

    @property
    def hold_words(self) -> tuple[str, ...]:
        """Words, in all languages, for which somebody looks before a letter leaves."""
        return tuple(word for one in self.versions.values() for word in one.hold_words)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it is written in, the main one first."""
        return tuple(self.versions)

    def version(self, language: str) -> Version:
        """The version in `language`, else the main one."""
        return self.versions.get(language) or next(iter(self.versions.values()))

    def today(self, now: float) -> date:
        """The day it is in the campaign's time zone at `now`."""
        return datetime.fromtimestamp(now, ZoneInfo(self.timezone)).date()

    def role(self, role_id: str) -> Role | None:
        """The role with this id, or None."""
        return next((role for role in self.roles if role.id == role_id), None)


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """An official as one campaign addresses them today: the post and the person made one."""

    official: str
    post: str = ""
    name: str
    last_name: str
    email: str
    honorific: Words = field(default_factory=dict)
    salutation: Words = field(default_factory=dict)
    title: Words = field(default_factory=dict)
    phone: str = ""
    address: str = ""
    region: str = ""
    district: Words = field(default_factory=dict)
    portfolios: tuple[str, ...] = ()  # of every post that matched
    tags: tuple[str, ...] = ()
    language: str = ""
    timezone: str = ""  # the office's, else the campaign's
    hours: str = ""  # when both the office's and the campaign's are open; empty: always
    pace: Pace = DEFAULT_PACE


@dataclass(frozen=True, kw_only=True)
class Supporter:
    """What a supporter typed, cleaned. Always data, never a template."""

    name: str
    email: str
    language: str = "en"
    personal: str = ""
    role: str = ""  # a role's id
    affiliation: str = ""
    postal_code: str = ""
    district: str = ""
    districts: Words = field(default_factory=dict)  # its names, where it is one that we know
    address: str = ""

    def lives_in(self, language: str) -> str:
        """The district as a letter in `language` names it: as typed, if it is none of ours."""
        return say(self.districts, language) or self.district


@dataclass(frozen=True, kw_only=True)
class MergedLetter:
    """One letter to one official, exactly as the supporter sees and approves it.

    The text that leaves is salutation, an empty line, body. The body ends with the closing block:
    name, street address, postal code, district, and where to reply.
    """

    official: str
    post: str
    to_name: str  # as it stands in the To header
    to_address: str
    language: str
    subject: str
    salutation: str
    body: str

    @property
    def text(self) -> str:
        """The letter whole."""
        return f"{self.salutation}\n\n{self.body}" if self.salutation else self.body
