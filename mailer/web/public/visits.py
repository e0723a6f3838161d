"""One request to one campaign: what may be shown of it, and who may be written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Generic, TypeVar

from flask import abort

from mailer.approvals import Edition
from mailer.campaigns.constituencies import Constituencies, constituencies
from mailer.campaigns.recipients import left_out, reachable, recipients
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Version
from mailer.districts.values import Districts
from mailer.officials.values import Officials
from mailer.submissions import succession
from mailer.web import i18n, look, shown
from mailer.web.services import services
from mailer.web.shown import Phase


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Who may be written to on a day; of hundreds it is worked out once."""

    recipients: tuple[Recipient, ...] = ()  # where supporters write to their own: everybody's
    known: Constituencies = field(
        default_factory=Constituencies
    )  # the districts that supporters may name


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request to one campaign."""

    edition: Edition
    version: Version
    districts: Districts
    reach: Reach
    day: date
    phase: Phase

    @property
    def campaign(self) -> Campaign:
        """The campaign visited."""
        return self.edition.campaign

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Who may be written to today."""
        return self.reach.recipients

    @property
    def why_nobody(self) -> str:
        """What the campaign itself says when nobody can be written to; "" where it says nothing."""
        out = left_out(self.campaign, self.edition.officials, self.day)
        return (self.version.except_message if out else "") or self.version.fallback_message

    @property
    def letters(self) -> int:
        """How many letters a supporter of this campaign writes, as far as it is known before."""
        one = self.campaign.choose == "one" or self.campaign.to.own
        return 1 if one else len(self.recipients)


def visit(slug: str) -> Visit:
    """The campaign of a request; 404 when it may not be shown."""
    edition = shown.edition(slug)
    if edition is None:
        abort(404)
    campaign = edition.campaign
    districts, day = services().library.current().districts, shown.today(campaign)
    version = campaign.version(i18n.speak(campaign.languages))
    look.wear(campaign, version)
    return Visit(
        edition=edition,
        version=version,
        districts=districts,
        reach=reach(edition, districts, day),
        day=day,
        phase=shown.phase(campaign),
    )


def left(visit: Visit, letters: Sequence[MergedLetter]) -> frozenset[str]:
    """Those among the letters' officials who have left their office since staff approved it."""
    serving = services()
    content, now = serving.library.current(), serving.store.now()
    return succession.changed(content, visit.edition, letters, now)


T = TypeVar("T")


class _Same(Generic[T]):
    """A value that equals itself alone: what files say cannot be hashed, and need not be."""

    def __init__(self, value: T) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value


def reach(edition: Edition, districts: Districts, day: date) -> Reach:
    """Who may be written to on a day, and from where."""
    campaign, officials = edition.campaign, edition.officials
    if campaign.to.own:
        return _everywhere(_Same(campaign), _Same(officials), _Same(districts), day)
    return Reach(recipients=recipients(campaign, officials, day))


@lru_cache(maxsize=8)
def _everywhere(
    campaign: _Same[Campaign], officials: _Same[Officials], districts: _Same[Districts], day: date
) -> Reach:
    return Reach(
        recipients=reachable(campaign.value, officials.value, day),
        known=constituencies(campaign.value, officials.value, districts.value, day),
    )
