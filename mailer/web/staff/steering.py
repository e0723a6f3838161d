"""What staff decide about a campaign: approve its files, pause and close it, show it beforehand."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailer import approvals, life
from mailer.campaigns import checking, links
from mailer.campaigns.library import Content
from mailer.campaigns.recipients import reachable
from mailer.campaigns.values import Campaign
from mailer.errors import MailerError
from mailer.outbox import lanes as switches
from mailer.outbox import switched
from mailer.problems import Severity
from mailer.sendlog import closing
from mailer.submissions import readdressing
from mailer.web import i18n
from mailer.web.i18n import gettext, mark
from mailer.web.services import services
from mailer.web.staff import looks
from mailer.web.staff.campaigns import known, page, successions
from mailer.web.staff.roles import DECIDING, WRITING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

LONGEST_REASON = 200  # characters
LONGEST_NOTICE = 500
_LONGEST_ADDRESS = 600

_CHANGED_SINCE = mark("The files have changed since you looked: look again at what is new.")
_NOT_LIVE = mark('Only a campaign with status = "live" can be approved.')
_FIRST_BY_ADMIN = mark(
    "The first approval is an administrator's, or that of whoever runs “mailer campaign go-live”."
)
_NOBODY = mark("Nobody would get its letter today: look at “to” in its file.")


@blueprint.post("/campaigns/<slug>/approve")
@open_to(*WRITING)
def approve_campaign(slug: str) -> ResponseReturnValue:
    """Let the campaign be shown and sent as its files stand, if they are those that were shown."""
    work, campaign = services(), known(slug)
    content = work.library.current()
    errors = _against(content, campaign)
    if errors:
        return page(slug, errors=errors), 422
    approvals.approve(work.store, content, slug, actor=f"staff:{g.account.id}")
    return _back(slug, "approved")


def _against(content: Content, campaign: Campaign) -> tuple[str, ...]:
    """Why the files may not be approved now, each as a sentence."""
    work, slug = services(), campaign.slug
    if request.form.get("digest", "") != approvals.digest(content, slug):
        return (gettext(_CHANGED_SINCE),)
    if campaign.status != "live":
        return (gettext(_NOT_LIVE),)
    now, files = work.store.now(), content.files_of(slug)
    if not reachable(campaign, content.officials, campaign.today(now)):
        return (gettext(_NOBODY),)
    service = work.represent is not None
    found = checking.check(content, work.settings.home, now=now, service=service)
    told = [str(one) for one in found if one.file in files and one.severity is Severity.ERROR]
    if not told and approvals.latest(work.store, slug) is None:
        told = _first_time()
    return tuple(told)


def _first_time() -> list[str]:
    """What only the first approval is kept from: whose it is, and servers that do not answer."""
    if g.account.role != "admin":
        return [gettext(_FIRST_BY_ADMIN)]
    told = []
    for way in services().transports:
        try:
            way.probe()
        except MailerError as error:
            told.append(f"{way.account}: {error}")
    return told


@blueprint.post("/campaigns/<slug>/pause")
@open_to(*DECIDING)
def pause_campaign(slug: str) -> ResponseReturnValue:
    """Keep the campaign's letters from leaving; its page may tell why."""
    campaign, store = known(slug), services().store
    reason = _line("reason", LONGEST_REASON)
    typed = {name: _line(name, LONGEST_NOTICE) for name in _notices(campaign)} | {"reason": reason}
    if not reason:
        error = gettext("Say why, in a few words")
        return page(slug, errors=(error,), typed=typed), 422
    told = {language: typed[name] for name, language in _notices(campaign).items() if typed[name]}
    lane = switches.of_campaign(slug)
    with store.write() as tx:
        now = store.now(tx)
        life.tell(tx, slug, told, of=now)
        switched.pause(
            tx, lane, reason=reason, actor=f"staff:{g.account.id}", account=g.account.id, now=now
        )
    return _back(slug, "paused")


@blueprint.post("/campaigns/<slug>/resume")
@open_to(*DECIDING)
def resume_campaign(slug: str) -> ResponseReturnValue:
    """Let the campaign's letters leave again, in their turn."""
    known(slug)
    store, lane = services().store, switches.of_campaign(slug)
    with store.write() as tx:
        switched.resume(tx, lane, account=g.account.id, now=store.now(tx))
    return _back(slug, "resumed")


@blueprint.post("/campaigns/<slug>/close")
@open_to(*WRITING)
def close_campaign(slug: str) -> ResponseReturnValue:
    """Take no more letters in; those that were thanked for still leave."""
    known(slug)
    store = services().store
    with store.write() as tx:
        found = closing.left(tx, slug)
        if life.close(tx, slug, now=store.now(tx)):
            looks.record(
                tx, "campaign.close", slug, count=found.waiting, held=found.held,
                unconfirmed=found.unconfirmed,
            )  # fmt: skip
    return _back(slug, "closed")


@blueprint.post("/campaigns/<slug>/reopen")
@open_to(*WRITING)
def reopen_campaign(slug: str) -> ResponseReturnValue:
    """Let the files say again whether the campaign is open."""
    known(slug)
    store = services().store
    with store.write() as tx:
        if life.reopen(tx, slug):
            looks.record(tx, "campaign.reopen", slug)
    return _back(slug, "reopened")


@blueprint.post("/campaigns/<slug>/readdress")
@open_to(*DECIDING)
def readdress(slug: str) -> ResponseReturnValue:
    """Address letters that are held for a former holder to the successor who was shown."""
    known(slug)
    work = services()
    content = work.library.current()
    asked = [request.form.get(name, "") for name in ("post", "official", "successor")]
    found = [
        one
        for one in successions(content, slug)
        if one.successor is not None
        if [one.post, one.official, one.successor.official] == asked
    ]
    done = 0
    if found:
        actor = f"staff:{g.account.id}"
        done = readdressing.readdress(
            work.store, content, found[0], actor=actor, approval_needed=work.delivers
        )
        with work.store.write() as tx:
            looks.record(
                tx, "letter.readdress", slug, count=done, was=asked[1], now_to=asked[2]
            )  # fmt: skip
    return redirect(url_for("staff.campaign_page", slug=slug, done="readdressed", n=done), 303)


@blueprint.get("/campaigns/<slug>/link")
@open_to(*WRITING)
def draft_link(slug: str) -> str:
    """Show a private link to the campaign as its files stand; made anew each time it is asked."""
    return _link_page(known(slug))


@blueprint.post("/campaigns/<slug>/link")
@open_to(*WRITING)
def close_link(slug: str) -> ResponseReturnValue:
    """Take a private link back: it opens to nobody any more."""
    campaign, work = known(slug), services()
    typed = request.form.get("address", "")
    token = links.token_of(typed, slug)
    with work.store.write() as tx:
        now = work.store.now(tx)
        found = links.read(work.settings.secret_keys, slug, token, now) if token else None
        if found is not None and life.close_link(tx, token, found.ends_at, now=now):
            looks.record(tx, "campaign.unlink", slug)
    if found is None:
        fault = gettext("This is no private link to this campaign: copy it whole")
        return _link_page(campaign, address=typed[:_LONGEST_ADDRESS], fault=fault), 422
    return redirect(url_for("staff.draft_link", slug=slug, done="closed"), 303)


def _link_page(campaign: Campaign, *, address: str = "", fault: str = "") -> str:
    work, slug = services(), campaign.slug
    typed = request.args.get("days", "")
    days = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else links.DAYS
    days = min(max(days, 1), links.MOST_DAYS)
    now, keys = work.store.now(), work.settings.secret_keys
    return render_template(
        "staff/campaign_link.html",
        campaign=campaign,
        title=campaign.version(i18n.language()).title,
        link=links.link(work.settings.public_url, keys, slug, now=now, days=days),
        days=days,
        most=links.MOST_DAYS,
        ends_at=now + days * 86400,
        address=address,
        fault=fault,
        closed=request.args.get("done") == "closed",
    )


def _notices(campaign: Campaign) -> dict[str, str]:
    """The fields of a notice, and the language of each."""
    return {f"notice-{language}": language for language in campaign.languages}


def _line(name: str, longest: int) -> str:
    """What was typed, in one line without signs that nobody sees."""
    typed = " ".join(request.form.get(name, "").split())[:longest]
    return "".join(letter for letter in typed if letter.isprintable())


def _back(slug: str, done: str) -> ResponseReturnValue:
    return redirect(url_for("staff.campaign_page", slug=slug, done=done), 303)
