"""What a receipt offers while its letters wait: the code, the mail once more, another address."""

from __future__ import annotations

from dataclasses import dataclass

from mailer.approvals import Edition
from mailer.campaigns import editing
from mailer.campaigns.values import MergedLetter, Supporter
from mailer.officials.values import Words
from mailer.status import State
from mailer.submissions import Receipt, pending
from mailer.submissions.consents import SendWording
from mailer.submissions.expiring import EXPIRED
from mailer.submissions.pending import Pending
from mailer.web import private, shown
from mailer.web.fields import BODY, asked
from mailer.web.public import consents, visits
from mailer.web.public.forms import OFFICIALS, REPLACES
from mailer.web.services import services
from mailer.web.shown import Phase


@dataclass(frozen=True, kw_only=True)
class Awaiting:
    """What the page shows of letters that wait for their supporter, or waited in vain."""

    token: str
    email: str
    letters: int
    wording: SendWording | None  # what stood above the button that sent them in
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
    late = any(one.reason == EXPIRED for one in found.letters)
    waiting = pending.pending(services().store, found.token) if waits or late else None
    if waiting is None:
        return None
    edition = _open_edition(found.campaign)
    return Awaiting(
        token=found.token,
        email=found.email,
        letters=len(found.letters),
        wording=found.wording,
        over=waiting.over,
        returned=waiting.returned,
        asked_at=waiting.asked_at,
        asked_again=waiting.asked_at > found.created_at,
        again_at=waiting.again_at if waiting.again_at > services().store.now() else None,
        slug=found.campaign if edition else "",
        fields=_fields(found, waiting, edition) if edition else (),
    )


def _open_edition(slug: str) -> Edition | None:
    edition = shown.edition(slug)
    if edition is None or shown.phase(edition.campaign) is not Phase.OPEN:
        return None
    return edition


def _fields(
    found: Receipt, waiting: Pending, edition: Edition
) -> tuple[tuple[str, str], ...]:  # fmt: skip
    """The form as it was sent, without its address: what is wrong with it now, the form says."""
    campaign = edition.campaign
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
        *((BODY.name, text) for text in _texts(found, waiting, edition)),
        *((OFFICIALS, official) for official in chosen),
        *consents.fields(agreed),
        *((name, value) for name, value in fixed if value),
    )


def _texts(found: Receipt, waiting: Pending, edition: Edition) -> tuple[str, ...]:
    """The letters' own text as it was changed, where the campaign lets people do so."""
    campaign = edition.campaign
    if campaign.editable != BODY.name:
        return ()
    letters = [
        MergedLetter(
            official=one.official, post=one.post, to_name=one.to_name, to_address=one.to_address,
            language=one.language, subject=one.subject, salutation=one.salutation, body=one.body,
        )
        for one in private.ordered(found, edition)
    ]  # fmt: skip
    lives = _known(edition, waiting.typed["district"])
    writer = Supporter(**waiting.typed, districts=lives, language=found.language)
    url = f"{services().settings.public_url}/{campaign.slug}/"
    return editing.outline(campaign, letters, writer, url=url).open


def _known(edition: Edition, district: str) -> Words:
    """The names of a district, where supporters of the campaign write to their own's officials."""
    if not edition.campaign.to.own:
        return {}
    districts = services().library.current().districts
    known = visits.reach(edition, districts, shown.today(edition.campaign)).known
    place = known.find(district)
    return place.names if place else {}
