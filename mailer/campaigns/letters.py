"""The merge: one campaign, one official, one supporter, one letter."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urljoin

from mailer import addresses
from mailer.campaigns import closing, templates
from mailer.campaigns.templates import LetterError
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Supporter, Version
from mailer.campaigns.words import Words, words
from mailer.errors import MergeError
from mailer.officials.values import say

LONGEST_SUBJECT = 250
_SPACE = re.compile(r"[ \t\n]+")


@dataclass(frozen=True, kw_only=True)
class Addressed:
    """What of a letter says to whom it is."""

    to_name: str
    to_address: str
    salutation: str


def merge(
    campaign: Campaign, recipient: Recipient, supporter: Supporter, *, url: str = ""
) -> MergedLetter:
    """The letter exactly as the supporter approves it and the official gets it.

    `url` is the campaign's page, with a slash at its end. Raises MergeError. What the supporter
    typed is set in as it is, and never read as a template.
    """
    version = campaign.version(spoken_in(campaign, recipient, supporter.language))
    language = version.language
    spoken = words(campaign, recipient, supporter, language, url)
    to_name = _called(recipient, language)
    return MergedLetter(
        official=recipient.official,
        post=recipient.post,
        to_name=_heading(to_name, "the official's name"),
        to_address=recipient.email,
        language=language,
        subject=_subject(campaign, version, supporter, spoken),
        salutation=_heading(_line(version.salutation, spoken), "the salutation"),
        body=_body(version, supporter, spoken, ending(campaign, supporter, language, url)),
    )


def subject(
    campaign: Campaign, recipient: Recipient, supporter: Supporter, *, url: str = ""
) -> str:
    """The subject alone of what merge() makes; raises MergeError."""
    version = campaign.version(spoken_in(campaign, recipient, supporter.language))
    spoken = words(campaign, recipient, supporter, version.language, url)
    return _subject(campaign, version, supporter, spoken)


def addressed(
    campaign: Campaign, recipient: Recipient, supporter: Supporter, language: str
) -> Addressed:  # fmt: skip
    """How a letter in `language` is addressed to somebody, and begins; raises MergeError."""
    version = campaign.version(language)
    spoken = words(campaign, recipient, supporter, language, "")
    return Addressed(
        to_name=_heading(_called(recipient, language), "the official's name"),
        to_address=recipient.email,
        salutation=_heading(_line(version.salutation, spoken), "the salutation"),
    )


def _called(recipient: Recipient, language: str) -> str:
    return f"{say(recipient.honorific, language)} {recipient.name}"


def ending(campaign: Campaign, supporter: Supporter, language: str, url: str) -> str:
    """The closing block of a letter in `language`."""
    return closing.block(supporter, language, about(url, campaign.slug, language))


def about(url: str, slug: str, language: str) -> str:
    """The page that tells an office why letters of a campaign reach it; "" without `url`."""
    return urljoin(url, f"../about/{slug}?lang={language}") if url else ""


def spoken_in(campaign: Campaign, recipient: Recipient, language: str) -> str:
    """The language of a letter: the supporter's, or the office's where the campaign says so."""
    if campaign.letter_language == "official" and recipient.language in campaign.versions:
        return recipient.language
    return campaign.version(language).language


def _heading(text: str, what: str) -> str:
    """One line fit for a mail header."""
    text = _SPACE.sub(" ", text).strip()
    reason = addresses.hostile(text)
    if reason:
        raise MergeError(f"{what} holds what may not stand in a mail header ({reason})")
    return text


def _subject(campaign: Campaign, version: Version, supporter: Supporter, spoken: Words) -> str:
    """One of the version's subjects, the same for a mailbox whenever and however often it asks."""
    if not version.subjects:
        return _heading(version.title, "the title")
    who = f"{addresses.mailbox(supporter.email)}\n{campaign.slug}".encode()
    chosen = int.from_bytes(hashlib.sha256(who).digest()[:8]) % len(version.subjects)
    text = _heading(_line(version.subjects[chosen], spoken), "the subject")
    if not text or len(text) > LONGEST_SUBJECT:
        raise MergeError(f"the subject has {len(text)} characters, not 1 to {LONGEST_SUBJECT}")
    return text


def _line(template: str, spoken: Words) -> str:
    """A rendered subject or salutation; errors say which, since several stand in a file."""
    try:
        return templates.render(template, spoken)
    except LetterError as error:
        raise LetterError(0, str(error), template=template) from None


def _body(version: Version, supporter: Supporter, spoken: Words, end: str) -> str:
    """The letter and the closing block; own words the letter has no place for stand between."""
    try:
        letter = templates.render(version.letter, spoken)
    except LetterError as error:
        raise LetterError(error.line + version.letter_line - 1, str(error)) from None
    asks = "supporter.personal" in templates.checked(version.letter).uses
    own = "" if asks else supporter.personal.strip("\n")
    return "\n\n".join(filter(None, (letter, own, end)))
