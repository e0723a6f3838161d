"""The letters of a made-up supporter, exactly as a real one's would be made."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import click

from mailer import submissions
from mailer.campaigns.library import Content
from mailer.campaigns.recipients import reachable
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Supporter
from mailer.config import Settings
from mailer.db.ids import random_id
from mailer.errors import MailerError
from mailer.message import Mail
from mailer.officials.values import Officials, say
from mailer.problems import did_you_mean
from mailer.status import Kind

NAME, EMAIL = "Ann Example", "ann@supporter.example"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One letter, and the mail it would be."""

    letter: MergedLetter
    mail: Mail


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
        by = replace(by, district=lives)
        chosen = tuple(one for one in chosen if say(one.district, by.language) == lives)
    url = f"{settings.public_url}/{slug}/"
    letters = submissions.prepare(campaign, chosen, by, url=url, trial_to=settings.trial_to)
    return [Example(letter=one, mail=_mail(one, campaign, by, settings)) for one in letters]


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
