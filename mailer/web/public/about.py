"""Why did I get this letter? For those who get letters, and who look after their mailboxes."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template

from mailer import sendlog
from mailer.approvals import Edition
from mailer.campaigns.recipients import reachable
from mailer.i18n import LANGUAGES
from mailer.officials.values import DEFAULT_PACE, Pace
from mailer.web import i18n, shown
from mailer.web.i18n import ngettext
from mailer.web.services import services

blueprint = Blueprint("about", __name__)

# By the length of the time, in seconds.
_PACES: dict[float, Callable[[int], str]] = {
    1.0: lambda n: ngettext("%(num)s letter a second", "%(num)s letters a second", n),
    60.0: lambda n: ngettext("%(num)s letter a minute", "%(num)s letters a minute", n),
    3600.0: lambda n: ngettext("%(num)s letter an hour", "%(num)s letters an hour", n),
    86400.0: lambda n: ngettext("%(num)s letter a day", "%(num)s letters a day", n),
}


@blueprint.get("/about/")
@blueprint.get("/about/<slug>")
def page(slug: str = "") -> str:
    """What this service is, how letters come, whom to tell when they are too many.

    Letters carry this address for good: one whose campaign is gone opens the page all the same.
    """
    serving = services()
    edition = shown.edition(slug) if slug else None
    i18n.speak(LANGUAGES)
    campaign = edition.campaign if edition else None
    quickest = _quickest(edition)
    return render_template(
        "pages/about.html",
        slug=slug if campaign else "",
        campaign=campaign,
        version=campaign.version(i18n.language()) if campaign else None,
        written=sendlog.written(serving.store, slug) if campaign else 0,
        pace=_PACES[quickest.seconds](quickest.count),
        settings=serving.settings,
        contact=(campaign and campaign.contact) or serving.settings.contact,
        languages=LANGUAGES,
    )


def _quickest(edition: Edition | None) -> Pace:
    """A pace that no office of the campaign has more than."""
    if edition is None:
        return DEFAULT_PACE
    campaign = edition.campaign
    to = reachable(campaign, edition.officials, shown.today(campaign))
    paces = [one.pace for one in to]
    return max(paces, key=lambda pace: pace.count / pace.seconds, default=DEFAULT_PACE)
