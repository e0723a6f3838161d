"""The form in a frame of another site; what it leads to opens on our own, on top."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import abort, request

from mailer.campaigns.values import Campaign
from mailer.web import security
from mailer.web.public import forms, visits, where
from mailer.web.public.pages import Page, blueprint, form_page, read
from mailer.web.public.visits import Visit
from mailer.web.services import services

__all__ = ["blueprint"]

_TEMPLATE = "pages/embed.html"


@blueprint.get("/<slug>/embed")
def embed(slug: str) -> Page:
    """The form, for the sites that the campaign lets show it."""
    visit = _visit(slug)
    filled = forms.blank(visit.campaign, request.args.get("via", ""))
    return form_page(visit, where.blank(visit, filled), template=_TEMPLATE)


@blueprint.post("/<slug>/embed")
def embed_again(slug: str) -> Page:
    """The form in another language, with everything that was typed."""
    visit = _visit(slug)
    return form_page(visit, where.again(visit, read(visit)), template=_TEMPLATE)


@blueprint.app_template_global()
def our_host() -> str:
    """The site that people see in their address bar when they check their letters."""
    return urlsplit(services().settings.public_url).netloc


def link(campaign: Campaign, organisation: str = "", *, framed: bool = False) -> str:
    """The whole address of a campaign's page, or of its form for a frame, for an organisation."""
    path = f"{campaign.slug}/embed" if framed else f"{campaign.slug}/"
    query = f"?via={organisation}" if organisation else ""
    return f"{services().settings.public_url}/{path}{query}"


def _visit(slug: str) -> Visit:
    """The campaign; 404 where no other site may show it."""
    visit = visits.visit(slug)
    if not visit.campaign.embed:
        abort(404)
    security.keep_for_back()
    security.let_frame(visit.campaign.embed)
    return visit
