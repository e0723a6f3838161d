"""The letters of a made-up supporter, exactly as a real one's would be made."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from mailer import submissions
from mailer.campaigns.library import Content
from mailer.campaigns.recipients import recipients
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Supporter
from mailer.config import Settings
from mailer.db.ids import random_id
from mailer.errors import MailerError
from mailer.message import Mail
from mailer.officials.values import Officials
from mailer.problems import did_you_mean

NAME, EMAIL = "Ann Example", "ann@supporter.example"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One letter, and the mail it would be."""

    letter: MergedLetter
    mail: Mail


def recipients_today(campaign: Campaign, officials: Officials) -> tuple[Recipient, ...]:
    """Who gets the campaign's letter today, in the campaign's own time zone."""
    return recipients(campaign, officials, datetime.now(ZoneInfo(campaign.timezone)).date())


def example(
    content: Content, slug: str, settings: Settings, *, official: str, language: str, role: str
) -> list[Example]:
    """The letters of one supporter; `official` narrows them to one. UsageError for what is not."""
    campaign = content.campaigns[slug]
    _one_of("--language", language, campaign.languages)
    _one_of("--role", role, [known.id for known in campaign.roles])
    chosen = recipients_today(campaign, content.officials)
    _one_of("--official", official, [one.official for one in chosen])
    chosen = tuple(one for one in chosen if not official or one.official == official)
    if not chosen:
        raise MailerError(f"nobody gets the letter of {slug} today: look at its `to`")
    letters = submissions.prepare(
        campaign, chosen, _supporter(campaign, language, role),
        url=f"{settings.public_url}/{slug}/", trial_to=settings.trial_to,
    )  # fmt: skip
    return [Example(letter=one, mail=_mail(one, campaign, settings)) for one in letters]


def _supporter(campaign: Campaign, language: str, role: str) -> Supporter:
    return Supporter(
        name=NAME,
        email=EMAIL,
        language=language or campaign.languages[0],
        role=role,
        affiliation=campaign.campuses[0] if campaign.campuses else "",
        postal_code="K1A 0B1" if "postal_code" in campaign.require else "",
    )


def _mail(letter: MergedLetter, campaign: Campaign, settings: Settings) -> Mail:
    domain = settings.from_address.rpartition("@")[2]
    return Mail(
        from_name=f"{NAME} via {campaign.version(letter.language).title}",
        from_address=settings.from_address,
        reply_name=NAME,
        reply_address=EMAIL,
        to_name=letter.to_name,
        to_address=letter.to_address,
        subject=letter.subject,
        text=letter.text,
        message_id=f"{random_id()}@{domain}",
        date=time.time(),
        language=letter.language,
    )


def _one_of(option: str, value: str, known: tuple[str, ...] | list[str]) -> None:
    if value and value not in known:
        hint = did_you_mean(value, known) or f"use one of {', '.join(known)}"
        raise click.UsageError(f"{option} {value}: {hint if known else 'the campaign has none'}")
