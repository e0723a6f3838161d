"""The letters of a made-up supporter, exactly as a real one's would be made."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import click

from mailer import submissions
from mailer.campaigns import reading
from mailer.campaigns.letters import ending
from mailer.campaigns.library import Content
from mailer.campaigns.reading import Reading
from mailer.campaigns.recipients import reachable
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Supporter
from mailer.config import Settings
from mailer.db.ids import random_id
from mailer.errors import MailerError, MergeError
from mailer.message import Mail
from mailer.officials.values import Officials, say
from mailer.problems import did_you_mean
from mailer.status import Kind

NAME, EMAIL = "Ann Example", "ann@supporter.example"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One letter, and the mail it would be."""

    recipient: Recipient
    letter: MergedLetter
    mail: Mail
    ending: str  # the closing block that the letter's text ends with

    @property
    def language(self) -> str:
        """The letter's."""
        return self.letter.language


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A letter that cannot be merged."""

    recipient: Recipient
    language: str
    reason: str


def without_ending(one: Example) -> Reading:
    """What counting says of a letter's own text."""
    return reading.read(one.letter.body.removesuffix(one.ending), one.language)


def recipients_today(campaign: Campaign, officials: Officials) -> tuple[Recipient, ...]:
    """To whom the campaign's letters may go today, in the campaign's own time zone."""
    return reachable(campaign, officials, campaign.today(time.time()))


def example(
    content: Content, slug: str, settings: Settings, *, official: str, language: str, role: str
) -> list[Example]:
    """The letters of one supporter; `official` narrows them to one. UsageError for what is not.

    Where supporters write to their own district's, this one lives in the first, or `official`'s.
    """
    campaign = content.campaigns[slug]
    _one_of("--language", language, campaign.languages)
    _one_of("--role", role, [known.id for known in campaign.roles])
    chosen = recipients_today(campaign, content.officials)
    _one_of("--official", official, [one.official for one in chosen])
    chosen = tuple(one for one in chosen if not official or one.official == official)
    if not chosen:
        raise MailerError(f"nobody gets the letter of {slug} today: look at its `to`")
    by = _supporter(campaign, language, role)
    if campaign.to.own:
        lives = say(chosen[0].district, by.language)
        by = replace(by, district=lives, districts=chosen[0].district)
        chosen = tuple(one for one in chosen if say(one.district, by.language) == lives)
    return [_made(campaign, one, by, settings) for one in chosen]


def everything(
    content: Content, slug: str, settings: Settings, *, official: str, language: str, role: str
) -> list[Example | Failed]:
    """Every official's letter in every language, each by a supporter of their own district.

    The three narrow it down; UsageError for what is not.
    """
    campaign = content.campaigns[slug]
    _one_of("--language", language, campaign.languages)
    _one_of("--role", role, [known.id for known in campaign.roles])
    chosen = recipients_today(campaign, content.officials)
    _one_of("--official", official, [one.official for one in chosen])
    found: list[Example | Failed] = []
    for reader in chosen:
        for spoken in (language,) if language else campaign.languages:
            by = _supporter(campaign, spoken, role)
            if campaign.to.own:
                by = replace(by, district=say(reader.district, spoken), districts=reader.district)
            if not official or reader.official == official:
                try:
                    found.append(_made(campaign, reader, by, settings))
                except MergeError as error:
                    found.append(Failed(recipient=reader, language=spoken, reason=str(error)))
    return found


def _made(campaign: Campaign, reader: Recipient, by: Supporter, settings: Settings) -> Example:
    """One letter; raises MergeError."""
    url = f"{settings.public_url}/{campaign.slug}/"
    (letter,) = submissions.prepare(campaign, (reader,), by, url=url, trial_to=settings.trial_to)
    return Example(
        recipient=reader,
        letter=letter,
        mail=_mail(letter, campaign, by, settings),
        ending=ending(campaign, by, letter.language, url),
    )


def _supporter(campaign: Campaign, language: str, role: str) -> Supporter:
    return Supporter(
        name=NAME,
        email=EMAIL,
        language=language or campaign.languages[0],
        role=role,
        affiliation=campaign.campuses[0] if campaign.campuses else "",
        postal_code="K1A 0B1" if "postal_code" in campaign.require else "",
    )


def _mail(letter: MergedLetter, campaign: Campaign, by: Supporter, settings: Settings) -> Mail:
    address = settings.from_address
    message_id = f"{random_id()}@{address.rpartition('@')[2]}"
    words = submissions.written(campaign, by, letter, address)
    return words.mail(message_id, Kind.LETTER, time.time())


def _one_of(option: str, value: str, known: tuple[str, ...] | list[str]) -> None:
    if value and value not in known:
        hint = did_you_mean(value, known) or f"use one of {', '.join(known)}"
        raise click.UsageError(f"{option} {value}: {hint if known else 'the campaign has none'}")
