"""A campaign's own pages: read about it, write, check the letters, send them."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, current_app, render_template, request, url_for
from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer import life, review, sendlog, submissions
from mailer.campaigns import story
from mailer.campaigns.letters import spoken_in
from mailer.campaigns.values import Campaign, Status
from mailer.errors import OverLimit, StoreError
from mailer.officials.values import say
from mailer.outbox import lanes as switches
from mailer.sendlog import lanes
from mailer.submissions import Draft
from mailer.web import callers, i18n, security
from mailer.web.fields import FIELDS, asked
from mailer.web.i18n import gettext, mark
from mailer.web.public import consents, forms, rendered, sharing, text_step, visits, where, writing
from mailer.web.public.approved import approved
from mailer.web.public.comparing import side_by_side
from mailer.web.public.door import confirms, door
from mailer.web.public.forms import Filled
from mailer.web.public.visits import Visit
from mailer.web.public.writing import Writing
from mailer.web.services import services

blueprint = Blueprint("public", __name__)

Page = tuple[str, int]

# Where the link of an error leads: of several choices, to the first.
_TARGETS = {name: f"f-{name}" for name in (*FIELDS, forms.OFFICIALS)}

_MADE_ANEW = mark(
    "The letters were made anew, because something about them had changed or a day had passed."
    " Check them once more, then send them."
)
# A commit whose answer was lost may have been done: nobody can say here that nothing was taken.
_NOT_CERTAIN = mark(
    "It is not certain that your letters were stored. Press send again in a minute: they are taken"
    " only once."
)


@blueprint.get("/<slug>/")
def page(slug: str) -> Response:
    """The campaign: what it is about, who gets the letters, and the form."""
    security.keep_own()

    def make(draft: str) -> tuple[Campaign, str]:
        visit = visits.visit(slug)
        filled = forms.blank(visit.campaign, request.args.get("via", ""), draft)
        return visit.campaign, form_page(visit, where.blank(visit, filled))[0]

    return rendered.show(make)


@blueprint.post("/<slug>/")
def edit(slug: str) -> Page:
    """The form again, with everything that was typed."""
    security.keep_for_back()
    visit = visits.visit(slug)
    return form_page(visit, where.again(visit, read(visit)))


@blueprint.post("/<slug>/preview")
def preview(slug: str) -> Page:
    """Check your letters: each one exactly as it will leave. Nothing is stored."""
    security.keep_for_back()
    visit = visits.visit(slug)
    found = writing.write(visit, where.settle(visit, read(visit)))
    return _preview(visit, found) if found.letters else _refused(visit, found)


@blueprint.post("/<slug>/text")
def text(slug: str) -> Page:
    """The letters' own text, to be changed, where the campaign lets people do that."""
    security.keep_for_back()
    visit = visits.visit(slug)
    found = writing.write(visit, where.settle(visit, read(visit)))
    if found.outline is None:
        return _preview(visit, found) if found.letters else _refused(visit, found)
    if text_step.ORIGINAL in request.form:
        dropped = found.texts if found.edited else ()
        return text_step.page(visit, writing.afresh(found), dropped=dropped)
    return text_step.page(visit, found)


@blueprint.post("/<slug>/send")
def send(slug: str) -> Page | Response:
    """Take the letters that were previewed, once; anything else is shown again first."""
    security.keep_for_back()
    visit = visits.visit(slug)
    found = writing.write(visit, where.settle(visit, read(visit)))
    return _send(visit, found) if found.letters else _refused(visit, found)


@blueprint.get("/<slug>/preview")
@blueprint.get("/<slug>/text")
@blueprint.get("/<slug>/send")
def astray(slug: str) -> Response:
    """These addresses only take forms: whoever opens one is led to the campaign."""
    return redirect(url_for("public.page", slug=slug), 303)


def read(visit: Visit) -> Filled:
    """What was typed into the form of this request, judged."""
    strict = where.is_strict(visit)
    return forms.read(
        visit.campaign, visit.recipients, request.form, i18n.language(), strict=strict
    )


def _refused(visit: Visit, found: Writing) -> Page:
    """The step in which something is wrong: the letters' text, or the form."""
    return text_step.page(visit, found) if found.faults else form_page(visit, found.filled, 422)


def form_page(
    visit: Visit, filled: Filled, status: int = 200, *, template: str = "pages/campaign.html"
) -> Page:
    """The campaign's page with the form as it was filled in, or what it says when closed."""
    campaign, version = visit.campaign, visit.version
    page = render_template(
        template,
        visit=visit,
        campaign=campaign,
        version=version,
        story=_story(version.story),
        fields=asked(campaign),
        filled=filled,
        posted=request.method == "POST",
        written=_written(campaign),
        contact=campaign.contact or services().settings.contact,
        tongues=_tongues(visit),
        organisations={one.id: one.name for one in campaign.organisations},
        card=sharing.card(campaign, version, filled.via),
        share=sharing.share(campaign, version, filled.via),
        targets=_TARGETS,
        offers=consents.offers(campaign, filled.consents, filled.via),
        confirms=confirms(campaign),
        trial=campaign.status is Status.TRIAL,
        paused=lanes.is_paused(services().store, campaign.slug),
        notice=_notice(campaign),
    )
    return page, status


def _tongues(visit: Visit) -> dict[str, str]:
    """The languages of letters, by official, where they are not all in the page's own."""
    if visit.campaign.letter_language == "supporter":
        return {}
    spoken = {
        one.official: spoken_in(visit.campaign, one, i18n.language()) for one in visit.recipients
    }
    return spoken if set(spoken.values()) != {i18n.language()} else {}


@lru_cache(maxsize=64)
def _story(markdown: str) -> Markup:
    return story.html(markdown)


def _notice(campaign: Campaign) -> str:
    """What staff tell of a pause in the page's language, or ""."""
    told = life.notice(services().store, campaign.slug, switches.of_campaign(campaign.slug))
    return say(told, i18n.language()) if told else ""


def _written(campaign: Campaign) -> int:
    return sendlog.written(services().store, campaign.slug)


def _preview(visit: Visit, found: Writing, *, notice: str = "", status: int = 200) -> Page:
    """The letters to check, signed together with the id under which they may be sent."""
    filled, letters = found.filled, found.letters
    if filled.supporter is None:
        raise ValueError("letters of a form that was refused cannot be shown")
    signer, slug = services().signer, visit.campaign.slug
    seen = approved(visit.campaign, filled.supporter, found)
    key = signer.submission_id(filled.draft, slug, seen.hash)
    page = render_template(
        "pages/preview.html",
        campaign=visit.campaign,
        version=visit.version,
        letters=side_by_side(letters, filled.recipients),
        several_tongues={one.language for one in letters} != {i18n.language()},
        writing=found,
        filled=filled,
        submission_id=key,
        signature=signer.sign(slug, key, seen.hash),
        notice=notice,
        agreed=seen.agreed,
        wording=seen.wording,
        confirms=confirms(visit.campaign),
        trial=visit.campaign.status is Status.TRIAL,
        supporter=filled.supporter,
        passed_on=seen.passed_on,
    )
    return page, status


def _send(visit: Visit, found: Writing) -> Page | Response:
    serving, slug = services(), visit.campaign.slug
    filled, letters = found.filled, found.letters
    if filled.supporter is None:
        raise ValueError("letters of a form that was refused cannot be sent")
    key = request.form.get("submission_id", "")
    seen = approved(visit.campaign, filled.supporter, found)
    age = serving.signer.age(slug, key, seen.hash, request.form.get("signature", ""))
    if age is None:
        current_app.logger.warning("campaign %s: what was sent is not what was shown", slug)
        return _preview(visit, found, notice=gettext(_MADE_ANEW), status=422)
    draft = Draft(
        id=key,
        edition=visit.edition,
        supporter=filled.supporter,
        letters=letters,
        recipients=filled.recipients,
        sender=serving.sender,
        via=filled.via,
        replaces=filled.replaces,
        hold=review.BAITED if filled.honeypot else "",
        trial_to=serving.settings.trial_to,
        agreed=seen.agreed,
        wording=seen.wording,
        edited=found.edited,
        network=callers.neighbourhood(),
        left=visits.left(visit, letters),
    )
    try:
        token = submissions.accept(serving.store, draft, door(draft, found, age))
    except OverLimit as error:
        return _preview(visit, found, notice=security.later(error), status=429)
    except StoreError as error:
        current_app.logger.error("campaign %s: letters may not be stored: %s", slug, error)
        return _preview(visit, found, notice=gettext(_NOT_CERTAIN), status=503)
    return redirect(url_for("receipts.receipt", token=token), 303)
