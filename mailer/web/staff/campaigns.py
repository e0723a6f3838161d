"""The campaigns as staff steer them: what waits for approval, what is paused, closed or held."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, render_template

from mailer import approvals, life
from mailer.approvals import Approval
from mailer.campaigns.library import Content
from mailer.campaigns.reach import Reach
from mailer.campaigns.values import Campaign, Status
from mailer.outbox import lanes as switches
from mailer.problems import Problem, Severity
from mailer.sendlog import closing
from mailer.sendlog.closing import Left
from mailer.submissions import readdressing, succession
from mailer.submissions.succession import Succession
from mailer.web import i18n, shown
from mailer.web.services import services
from mailer.web.staff.roles import ALL, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

MOST_LINES = 2000
"""Lines of a difference that a page shows; the command shows them all."""

MOST_LOOKED = 200
"""Letters to former holders that are looked at while somebody waits for a page."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A campaign as it stands today."""

    campaign: Campaign
    title: str
    phase: shown.Phase
    closed_by_staff: bool
    paused: bool
    approval: str  # approved | waits | missing | "": nothing has to be approved


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What waits to be approved of one campaign."""

    found: Approval | None  # what is approved today
    lines: tuple[str, ...]
    more: int  # lines that are not shown
    reach: Reach
    digest: str  # of what would be approved


@blueprint.get("/campaigns/")
@open_to(*ALL)
def campaign_list() -> str:
    """List the campaigns, and what each waits for."""
    content = services().library.current()
    rows = [standing(one, content) for one in content.campaigns.values()]
    order = list(Status)
    rows.sort(key=lambda row: (-order.index(row.campaign.status) % 3, row.title.casefold()))
    return render_template(
        "staff/campaigns.html",
        rows=rows,
        held=succession.held(services().store),
        problems=_errors(content),
    )


@blueprint.get("/campaigns/<slug>")
@open_to(*ALL)
def campaign_page(slug: str) -> str:
    """Show one campaign: what waits for approval, its switches, and letters to former holders."""
    return page(slug)


def page(slug: str, *, errors: tuple[str, ...] = (), typed: dict[str, str] | None = None) -> str:
    """The page of one campaign, with what keeps it from what was asked."""
    work, content = services(), services().library.current()
    campaign = known(slug)
    row = standing(campaign, content)
    return render_template(
        "staff/campaign.html",
        row=row,
        campaign=campaign,
        waiting=_waiting(content, campaign) if row.approval in {"waits", "missing"} else None,
        successions=successions(content, slug),
        people=content.officials.people,
        posts=content.officials.posts,
        lane=switches.of_campaign(slug),
        left=_left(slug),
        notice=life.notice(work.store, slug, switches.of_campaign(slug)),
        errors=errors,
        typed=typed or {},
        problems=[one for one in _errors(content) if one.file in content.files_of(slug)],
    )


def known(slug: str) -> Campaign:
    """The campaign with this slug as its files have it; else the 404 page."""
    campaign = services().library.current().campaigns.get(slug)
    if campaign is None:
        abort(404)
    return campaign


def standing(campaign: Campaign, content: Content) -> Standing:
    """How a campaign stands today."""
    work, slug = services(), campaign.slug
    with work.store.read() as tx:
        paused = switches.of_campaign(slug) in switches.paused(tx)
    return Standing(
        campaign=campaign,
        title=campaign.version(i18n.language()).title,
        phase=shown.phase(campaign),
        closed_by_staff=life.is_closed(work.store, slug),
        paused=paused,
        approval=_approval(content, campaign),
    )


def successions(content: Content, slug: str) -> tuple[Succession, ...]:
    """The offices that changed hands while letters of a campaign waited."""
    work = services()
    return readdressing.waiting(
        work.store, content, campaign=slug, approval_needed=work.delivers, most=MOST_LOOKED
    )


def _approval(content: Content, campaign: Campaign) -> str:
    work = services()
    if not work.delivers or campaign.status is not Status.LIVE:
        return ""
    if approvals.latest(work.store, campaign.slug) is None:
        return "missing"
    return "waits" if approvals.pending(work.store, content, campaign.slug) else "approved"


def _waiting(content: Content, campaign: Campaign) -> Waiting:
    store, slug = services().store, campaign.slug
    found, lines = approvals.latest(store, slug), approvals.pending(store, content, slug)
    return Waiting(
        found=found,
        lines=lines[:MOST_LINES],
        more=max(0, len(lines) - MOST_LINES),
        reach=approvals.reaches(found, content, slug, now=store.now()),
        digest=approvals.digest(content, slug),
    )


def _left(slug: str) -> Left:
    with services().store.read() as tx:
        return closing.left(tx, slug)


def _errors(content: Content) -> list[Problem]:
    return [one for one in content.problems if one.severity is Severity.ERROR]
