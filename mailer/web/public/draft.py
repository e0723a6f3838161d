"""A campaign behind its private link: its page and every letter, all languages side by side."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request
from markupsafe import Markup

from mailer import life
from mailer.campaigns import links, story
from mailer.campaigns.recipients import reachable
from mailer.campaigns.spread import Sheet, spread
from mailer.campaigns.values import Campaign, Version
from mailer.errors import MergeError
from mailer.i18n import LANGUAGES
from mailer.web import i18n, look, security
from mailer.web.services import services

blueprint = Blueprint("draft", __name__)

MOST_SHEETS = 150
"""Different letters that one page shows."""

LONGEST_TOKEN = 200


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the page tells in one language."""

    version: Version
    story: Markup


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A campaign laid out: its words by language, and its letters."""

    told: tuple[Told, ...]
    sheets: tuple[Sheet, ...]
    more: int  # letters that are not shown
    fault: str  # why the letters cannot be merged; ""
    role: str


@blueprint.get("/<slug>/draft/<token>")
def page(slug: str, token: str) -> tuple[str, int] | str:
    """Show a campaign to whoever has been given the link, as its files stand now."""
    security.keep_private()
    work = services()
    now, keys = work.store.now(), work.settings.secret_keys
    found = links.read(keys, slug, token, now) if len(token) <= LONGEST_TOKEN else None
    campaign = work.library.current().campaigns.get(slug)
    if found is None:
        abort(404)
    i18n.speak(LANGUAGES)
    if found.over or campaign is None or life.is_link_closed(work.store, token):
        return render_template("pages/draft_over.html", languages=LANGUAGES, token=token), 410
    look.wear(campaign, campaign.version(i18n.language()))
    return render_template(
        "pages/draft.html",
        campaign=campaign,
        version=campaign.version(i18n.language()),
        token=token,
        link=found,
        laid=laid_out(campaign, request.args.get("role", "")),
        languages=LANGUAGES,
    )


def laid_out(campaign: Campaign, role: str) -> Spread:
    """All that a campaign says, as its files stand; `role` is whose letters are shown."""
    work, known = services(), campaign.role(role)
    officials = work.library.current().officials
    to = reachable(campaign, officials, campaign.today(work.store.now()))
    url = f"{work.settings.public_url}/{campaign.slug}/"
    sheets: tuple[Sheet, ...] = ()
    fault = ""
    try:
        sheets = spread(campaign, to, url=url, role=known.id if known else "")
    except MergeError as error:
        fault = str(error)
    return Spread(
        told=tuple(
            Told(version=one, story=story.html(one.story)) for one in campaign.versions.values()
        ),
        sheets=sheets[:MOST_SHEETS],
        more=max(0, len(sheets) - MOST_SHEETS),
        fault=fault,
        role=known.id if known else "",
    )
