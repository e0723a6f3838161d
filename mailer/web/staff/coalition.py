"""The organisations of each campaign as staff see them: their links, frames and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import render_template

from mailer.campaigns.values import Campaign, Organisation, Status
from mailer.officials.values import say
from mailer.sendlog import census, coalition
from mailer.sendlog.census import People
from mailer.sendlog.coalition import Share
from mailer.web import i18n
from mailer.web.public.embed import link
from mailer.web.services import services
from mailer.web.staff.roles import ALL, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]


@dataclass(frozen=True, kw_only=True)
class Member:
    """An organisation in one campaign."""

    id: str
    name: str
    asks: bool  # for supporters' details
    link: str
    snippet: str  # HTML for its own site; "" where no site may show the form
    share: Share


@dataclass(frozen=True, kw_only=True)
class Group:
    """A campaign with its organisations, those that its file does not name any more last."""

    campaign: Campaign
    title: str
    people: People
    members: tuple[Member, ...]
    gone: dict[str, Share]


@blueprint.get("/coalition/")
@open_to(*ALL)
def coalition_list() -> str:
    """Show what to give to each organisation, and what has come of it."""
    campaigns = services().library.current().campaigns.values()
    groups = [_group(one) for one in campaigns]
    last = frozenset({Status.CLOSED})
    groups.sort(key=lambda group: (group.campaign.status in last, group.title.casefold()))
    return render_template("staff/coalition.html", groups=groups)


def _group(campaign: Campaign) -> Group:
    found = census.people(services().store, campaign.slug)
    shares = coalition.shares_of(found)
    title = campaign.version(i18n.language()).title
    members = tuple(
        _member(campaign, one, title, shares.pop(one.id, Share())) for one in campaign.organisations
    )
    return Group(
        campaign=campaign, title=title, people=found, members=members, gone=shares
    )  # fmt: skip


def _member(campaign: Campaign, one: Organisation, title: str, share: Share) -> Member:
    return Member(
        id=one.id,
        name=say(one.name, i18n.language()),
        asks=one.consent,
        link=link(campaign, one.id),
        snippet=_snippet(campaign, one, title) if campaign.embed else "",
        share=share,
    )


def _snippet(campaign: Campaign, one: Organisation, title: str) -> str:
    parts = urlsplit(services().settings.public_url)
    return render_template(
        "staff/snippet.html",
        title=title,
        frame=link(campaign, one.id, framed=True),
        link=link(campaign, one.id),
        origin=f"{parts.scheme}://{parts.netloc}",
    ).strip()
