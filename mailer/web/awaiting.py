"""What a receipt offers while its letters wait: the code, the mail once more, another address."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.campaigns.values import Campaign
from mailer.status import State
from mailer.submissions import Receipt, pending
from mailer.submissions.expiring import EXPIRED
from mailer.submissions.pending import Pending
from mailer.web import consents, shown
from mailer.web.fields import asked
from mailer.web.forms import OFFICIALS, REPLACES
from mailer.web.services import services
from mailer.web.shown import Phase


@dataclass(frozen=True, kw_only=True)
class Awaiting:
    """What the page shows of letters that wait for their supporter, or waited in vain."""

    token: str
    email: str
    letters: int
    over: bool  # not confirmed in time
    returned: bool  # the mail that asks came back
    asked_at: float  # when that mail was last asked for
    asked_again: bool  # by a press on this page
    again_at: float | None  # from when it may be asked for again; None: now
    slug: str  # of the campaign, while it can be written for; else ""
    fields: tuple[tuple[str, str], ...]  # what was typed, but for the address: to be posted again


def of(found: Receipt) -> Awaiting | None:
    """What to offer on a receipt; None where nothing waits for its supporter."""
    waits = any(one.state is State.AWAITING for one in found.letters)
    late = all(one.reason == EXPIRED for one in found.letters)
    waiting = pending.pending(services().store, found.token) if waits or late else None
    if waiting is None:
        return None
    campaign = _open_campaign(found.campaign)
    return Awaiting(
        token=found.token,
        email=found.email,
        letters=len(found.letters),
        over=waiting.over,
        returned=waiting.returned,
        asked_at=waiting.asked_at,
        asked_again=waiting.asked_at > found.created_at,
        again_at=waiting.again_at if waiting.again_at > services().store.now() else None,
        slug=campaign.slug if campaign else "",
        fields=_fields(found, waiting, campaign) if campaign else (),
    )


def _open_campaign(slug: str) -> Campaign | None:
    edition = shown.edition(slug)
    if edition is None or shown.phase(edition.campaign) is not Phase.OPEN:
        return None
    return edition.campaign


def _fields(
    found: Receipt, waiting: Pending, campaign: Campaign
) -> tuple[tuple[str, str], ...]:  # fmt: skip
    """The form as it was sent, without its address: what is wrong with it now, the form says."""
    typed = [
        (name, waiting.typed[name])
        for name in asked(campaign)
        if name != "email" and name in waiting.typed
    ]
    chosen = () if campaign.choose == "all" else waiting.officials
    agreed = [one.organisation for one in found.consents if one.withdrawn_at is None]
    # The same correction twice, in two tabs for instance, is one submission: its form is the same.
    fixed = [("language", found.language), ("draft", waiting.id), ("via", waiting.via)]
    fixed += [] if waiting.over else [(REPLACES, found.token)]
    return (
        *typed,
        *((OFFICIALS, official) for official in chosen),
        *consents.fields(agreed),
        *((name, value) for name, value in fixed if value),
    )
