"""How long what supporters wrote is kept, and who they are: the rules that the settings make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailer.campaigns.values import Campaign
from mailer.config import Settings

DAY = 86400.0


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How long things are kept."""

    text_days: int | None  # None: for good
    person_days: int | None
    ends: Mapping[str, float] = field(default_factory=dict)  # of each campaign that has a last day

    def text_is_over(self, campaign: str, changed_at: float, now: float) -> bool:
        """True when the text of a letter that is over may not be kept any longer."""
        return self._is_over(self.text_days, campaign, changed_at, now)

    def person_is_over(self, campaign: str, changed_at: float, now: float) -> bool:
        """True when who wrote may not be kept any longer."""
        return self._is_over(self.person_days, campaign, changed_at, now)

    def oldest(self, now: float) -> float:
        """Letters made after this moment cannot be due for anything."""
        days = [one for one in (self.text_days, self.person_days) if one is not None]
        return now - min(days) * DAY if days else float("-inf")

    def _is_over(self, days: int | None, campaign: str, changed_at: float, now: float) -> bool:
        if days is None:
            return False
        return max(changed_at, self.ends.get(campaign, 0.0)) + days * DAY <= now


def rules_of(settings: Settings, campaigns: Iterable[Campaign]) -> Rules:
    """The rules that the settings and the campaigns' last days make."""
    return Rules(
        text_days=settings.text_days, person_days=settings.person_days,
        ends={one.slug: _end(one.closes, one.timezone) for one in campaigns if one.closes},
    )  # fmt: skip


def _end(day: date, timezone: str) -> float:
    """The moment at which a day is over where the campaign is."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone)).timestamp()
