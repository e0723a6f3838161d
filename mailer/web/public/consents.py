"""What organisations may have of a supporter: asked one by one, never ticked beforehand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from mailer.campaigns.values import Campaign, Organisation
from mailer.officials.values import say
from mailer.submissions.consents import Wording
from mailer.web.i18n import gettext, language, mark

BEFORE = "consent-"  # in the name of a field, before the organisation's id
TICKED = "yes"
_TICKS = frozenset({TICKED, "on", "1", "true"})

_WORDS = mark(
    "%(name)s may have my name, email address and postal code, and know that I wrote in this"
    " campaign."
)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One organisation's question, as the form asks it."""

    id: str
    name: str
    wording: Wording
    ticked: bool
    brought: bool  # its link brought the supporter here

    @property
    def field(self) -> str:
        """The name of the form's field."""
        return BEFORE + self.id


def offers(campaign: Campaign, ticked: Collection[str], via: str) -> tuple[Offer, ...]:
    """The questions of a campaign's form in the page's language, the nearest one first."""
    asking = sorted(_asking(campaign), key=lambda one: one.id != via)
    return tuple(
        Offer(
            id=one.id,
            name=say(one.name, language()),
            wording=_wording(one),
            ticked=one.id in ticked,
            brought=one.id == via,
        )
        for one in asking
    )


def read(campaign: Campaign, form: MultiDict[str, str]) -> tuple[str, ...]:
    """The organisations that were ticked, of those that this campaign's form asks for."""
    return tuple(one.id for one in _asking(campaign) if form.get(BEFORE + one.id) in _TICKS)


def agreed(campaign: Campaign, ticked: Collection[str]) -> tuple[Wording, ...]:
    """What was agreed to, word for word, in the page's language."""
    return tuple(_wording(one) for one in _asking(campaign) if one.id in ticked)


def fields(ticked: Collection[str]) -> tuple[tuple[str, str], ...]:
    """What was ticked, as names and values to be posted again."""
    return tuple((BEFORE + one, TICKED) for one in ticked)


def _asking(campaign: Campaign) -> tuple[Organisation, ...]:
    """Nobody is asked to agree to what they cannot read about."""
    return tuple(one for one in campaign.organisations if one.consent and one.privacy)


def _wording(one: Organisation) -> Wording:
    words = gettext(_WORDS, name=say(one.name, language()))
    return Wording(organisation=one.id, language=language(), words=words, privacy=one.privacy)
