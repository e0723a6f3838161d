"""The lanes as staff see them: what is slow, shut or paused; and the switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mailer import accounts
from mailer.campaigns.library import Content
from mailer.outbox import dead, switched
from mailer.outbox import lanes as switches
from mailer.sendlog import lanes
from mailer.sendlog.standing import Alarms, Overview, Queue, Standing
from mailer.web import i18n, when
from mailer.web.services import services
from mailer.web.staff.roles import ALL, DECIDING, open_to
from mailer.web.staff.signin import blueprint

__all__ = ["blueprint"]

LONGEST_REASON = 200  # characters
LONGEST_LANE = 400
MOST_SHOWN = 150  # queues, up to which those of all campaigns stand on one page

TONES = {
    Standing.EMPTY: "cancelled",
    Standing.LEAVING: "queued",
    Standing.PAUSED: "review",
    Standing.DOWN: "failed",
    Standing.CLOSED: "awaiting",
    Standing.FULL: "awaiting",
    Standing.RETRYING: "review",
    Standing.STUCK: "failed",
}
"""How each standing looks: as the letters' own states do."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The queues of one campaign, or the one of mail to people."""

    campaign: str
    title: str
    paused: bool
    busy: tuple[Queue, ...]  # something waits, is held, or stands still
    idle: tuple[Queue, ...]
    folded: bool  # only told in numbers: a page with all queues would be too long


@blueprint.get("/lanes/")
@open_to(*ALL)
def lane_list() -> str:
    """Show what needs attention, then every queue."""
    return _list()


@blueprint.get("/lanes/pause")
@open_to(*DECIDING)
def pause_form() -> ResponseReturnValue:
    """Ask what to pause, and why."""
    return _form({})


@blueprint.post("/lanes/pause")
@open_to(*DECIDING)
def pause_lane() -> ResponseReturnValue:
    """Pause a lane, an official, a campaign or everything."""
    lane, reason = _known(request.form.get("chosen", "")), _reason()
    if not reason:
        return _form({"reason": "missing"}, chosen=lane), 422
    store = services().store
    with store.write() as tx:
        switched.pause(
            tx, lane, reason=reason, actor=_actor(), account=g.account.id, now=store.now(tx)
        )
    current_app.logger.info("%s paused %s", _actor(), lane)
    return redirect(url_for("staff.lane_list", paused=lane), 303)


@blueprint.post("/lanes/resume")
@open_to(*DECIDING)
def resume_lane() -> ResponseReturnValue:
    """Let what was paused go on."""
    lane, store = _known(request.form.get("lane", "")), services().store
    with store.write() as tx:
        done = switched.resume(tx, lane, account=g.account.id, now=store.now(tx))
    if done is not None:
        current_app.logger.info("%s resumed %s", _actor(), lane)
    return redirect(url_for("staff.lane_list", resumed=lane), 303)


@blueprint.context_processor
def _alarms() -> dict[str, object]:
    """What every staff page must tell, asked by the page itself."""
    return {"alarms": alarms, "lane_name": lane_name, "waiting_by": waiting_by}


def alarms() -> Alarms | None:
    """What is paused, fails or is stuck; None for whoever may not see the log."""
    if g.get("account") is None or g.account.role not in ALL:
        return None
    work = services()
    return lanes.alarms(work.store, accounts=_accounts(), delivers=work.delivers)


def waiting_by(lane: str) -> int:
    """How many letters wait to leave by a lane: what is told before it is paused or resumed."""
    with services().store.read() as tx:
        return switched.waiting(tx, lane)


def lane_name(lane: str) -> str:
    """What a lane is called: a person, a campaign, an address, everything."""
    content, (kind, _, name) = services().library.current(), lane.partition(":")
    if lane == switches.EVERYTHING:
        return i18n.gettext("Everything")
    if lane == switches.PEOPLE:
        return i18n.gettext("Mail to supporters and staff")
    if kind == "campaign":
        return i18n.gettext("The campaign “%(name)s”", name=_title(content, name))
    if kind == "official":
        return i18n.gettext("Letters to %(name)s", name=_person(content, name))
    if kind == "domain":
        return i18n.gettext("All mailboxes at %(name)s", name=name)
    if kind == "account":
        return i18n.gettext("The server %(name)s", name=name)
    return i18n.gettext("The mailbox %(name)s", name=name)


def _list() -> str:
    work = services()
    found = lanes.overview(work.store, accounts=_accounts(), delivers=work.delivers)
    standing_still = {one.lane for one in found.paused}
    return render_template(
        "staff/lanes.html",
        found=found,
        groups=_groups(found, work.library.current(), standing_still),
        names=_names(found),
        person=lambda official: _person(work.library.current(), official),
        tones=TONES,
        about=when.when,
        paths=_paths,
        delivers=work.delivers,
        may_switch=g.account.role in DECIDING,
        done=_done(standing_still),
    )


def _form(errors: Mapping[str, str], chosen: str = "") -> str:
    """The form; the lanes to choose from stand in its address."""
    offered = [_known(one) for one in request.args.getlist("lane")]
    if not offered:
        abort(404)
    return render_template(
        "staff/lanes_pause.html",
        offered=offered,
        chosen=chosen or offered[0],
        reason=request.form.get("reason", ""),
        longest=LONGEST_REASON,
        errors=errors,
        may_switch=g.account.role in DECIDING,
    )


def _known(lane: str) -> str:
    """The lane, if there is one; else the 404 page."""
    content, work = services().library.current(), services()
    filed = {switches.of_campaign(slug) for slug in content.campaigns}
    filed |= {switches.of_official(key) for key in content.officials.people}
    filed |= {switches.of_account(one) for one in _accounts()}
    if len(lane) > LONGEST_LANE or lane not in filed | lanes.known(work.store):
        abort(404)
    return lane


def _reason() -> str:
    """Why, in one line without signs that nobody sees."""
    typed = " ".join(request.form.get("reason", "").split())[:LONGEST_REASON]
    return "".join(letter for letter in typed if letter.isprintable())


def _done(standing_still: set[str]) -> tuple[str, str]:
    """What the address says was just done and to which lane, as far as it is true."""
    paused, resumed = request.args.get("paused", ""), request.args.get("resumed", "")
    if paused in standing_still:
        return "paused", paused
    return ("resumed", resumed) if resumed and resumed not in standing_still else ("", "")


def _groups(found: Overview, content: Content, standing_still: set[str]) -> list[Group]:
    chosen, slugs = request.args.get("campaign", ""), {one.campaign for one in found.queues} - {""}
    many = len(found.queues) > MOST_SHOWN and len(slugs) > 1
    return [
        Group(
            campaign=slug, title=_title(content, slug),
            paused=switches.of_campaign(slug) in standing_still,
            busy=tuple(one for one in queues if _is_busy(one)),
            idle=tuple(one for one in queues if not _is_busy(one)),
            folded=many and slug not in {"", chosen},
        )
        for slug, queues in ((key, list(some)) for key, some in groupby(found.queues, _campaign))
    ]  # fmt: skip


def _campaign(one: Queue) -> str:
    return one.campaign


def _is_busy(one: Queue) -> bool:
    letters = one.waiting or one.under_way or one.held or one.uncertain
    return bool(letters) or one.paused_by in _paths(one)


def _paths(one: Queue) -> Sequence[str]:
    """What can be paused of a queue's way, the narrowest first."""
    if not one.campaign:
        return (switches.PEOPLE,)
    return (switches.of_official(one.official), one.mailbox, switches.of_domain(one.mailbox))


def _names(found: Overview) -> dict[str, str]:
    """Who paused something: the addresses of staff by what the ledger notes."""
    wanted = {one.actor for one in found.paused}
    known = accounts.list_accounts(services().store) if wanted else ()
    by_hand = {"command line": i18n.gettext("on the command line"),
               dead.ACTOR: i18n.gettext("by a message that came back")}  # fmt: skip
    return by_hand | {f"staff:{one.id}": one.email for one in known}


def _actor() -> str:
    return f"staff:{g.account.id}"


def _accounts() -> list[str]:
    return [way.account for way in services().transports]


def _title(content: Content, slug: str) -> str:
    campaign = content.campaigns.get(slug)
    return campaign.version(i18n.language()).title if campaign else slug


def _person(content: Content, official: str) -> str:
    person = content.officials.people.get(official)
    return person.name if person else official
