"""What visitors may see: campaigns as approved, and whether they can be written for today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mailer import approvals, life
from mailer.approvals import Edition
from mailer.campaigns.values import Campaign, Status
from mailer.web.i18n import language
from mailer.web.services import services


class Phase(StrEnum):
    """What a visitor can do at a campaign today."""

    HIDDEN = "hidden"
    EARLY = "early"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Open:
    """A campaign as the list of campaigns shows it."""

    slug: str
    title: str
    description: str


def edition(slug: str) -> Edition | None:
    """The campaign as it may be shown, or None."""
    serving = services()
    found = approvals.edition(
        serving.store, serving.library.current(), slug, approval_needed=serving.delivers
    )
    return None if found is None or found.campaign.status is Status.DRAFT else found


def phase(campaign: Campaign) -> Phase:
    """Whether the campaign can be written for today, where it is at home."""
    day = today(campaign)
    if campaign.status is Status.DRAFT:
        return Phase.HIDDEN
    if campaign.status is Status.CLOSED or (campaign.closes and day > campaign.closes):
        return Phase.CLOSED
    if life.is_closed(services().store, campaign.slug):
        return Phase.CLOSED
    if campaign.opens and day < campaign.opens:
        return Phase.EARLY
    return Phase.OPEN


def today(campaign: Campaign) -> date:
    """The day it is in the campaign's time zone."""
    return campaign.today(services().store.now())


def open_campaigns() -> tuple[Open, ...]:
    """The live campaigns that can be written for today, the newest first."""
    serving = services()
    found = [edition(slug) for slug in serving.library.current().campaigns]
    campaigns = [
        shown.campaign
        for shown in found
        if shown and shown.campaign.status is Status.LIVE and phase(shown.campaign) is Phase.OPEN
    ]
    campaigns.sort(key=lambda campaign: campaign.published or date.min, reverse=True)
    return tuple(_listed(campaign) for campaign in campaigns)


def _listed(campaign: Campaign) -> Open:
    version = campaign.version(language())
    return Open(slug=campaign.slug, title=version.title, description=version.description)
