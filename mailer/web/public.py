"""A campaign's own pages: read about it, write, check the letters, send them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from flask import Blueprint, current_app, render_template, request, url_for
from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer import sendlog, submissions
from mailer.campaigns import story
from mailer.campaigns.values import Campaign, MergedLetter, Status
from mailer.errors import MergeError, StoreError
from mailer.sendlog import lanes
from mailer.submissions import Draft, aliases
from mailer.web import consents, forms, i18n, security, sharing, visits, where
from mailer.web.fields import FIELDS, asked
from mailer.web.forms import Filled
from mailer.web.i18n import gettext, mark
from mailer.web.letters import side_by_side
from mailer.web.services import services
from mailer.web.shown import Phase
from mailer.web.visits import Visit

blueprint = Blueprint("public", __name__)

Page = tuple[str, int]

_BAITED = "a field that people cannot see was filled in"

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
_UNMERGED = mark(
    "One of the letters could not be put together. What you typed is still here, and the people"
    " of the campaign can see the reason in their log."
)
_TOO_LONG = mark("Your own words: shorten them; the whole letter may have 20,000 characters.")


@blueprint.get("/<slug>/")
def page(slug: str) -> Page:
    """The campaign: what it is about, who gets the letters, and the form."""
    visit = visits.visit(slug)
    security.keep_own()
    filled = forms.blank(visit.campaign, request.args.get("via", ""))
    return form_page(visit, where.blank(visit, filled))


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
    letters, filled = _write(visit, where.settle(visit, read(visit)))
    return _preview(visit, filled, letters) if letters else form_page(visit, filled, 422)


@blueprint.post("/<slug>/send")
def send(slug: str) -> Page | Response:
    """Take the letters that were previewed, once; anything else is shown again first."""
    security.keep_for_back()
    visit = visits.visit(slug)
    letters, filled = _write(visit, where.settle(visit, read(visit)))
    return _send(visit, filled, letters) if letters else form_page(visit, filled, 422)


@blueprint.get("/<slug>/preview")
@blueprint.get("/<slug>/send")
def astray(slug: str) -> Response:
    """These addresses only take forms: whoever opens one is led to the campaign."""
    return redirect(url_for("public.page", slug=slug), 303)


def read(visit: Visit) -> Filled:
    """What was typed into the form of this request, judged."""
    """What was typed into the form of this request."""
    strict = where.is_strict(visit)
    return forms.read(
        visit.campaign, visit.recipients, request.form, i18n.language(), strict=strict
    )


def _write(visit: Visit, filled: Filled) -> tuple[tuple[MergedLetter, ...], Filled]:
    """The letters; none when they cannot be written, and the form then says why."""
    if visit.phase is not Phase.OPEN or filled.supporter is None:
        return (), filled
    settings = services().settings
    try:
        letters = submissions.prepare(
            visit.campaign,
            filled.recipients,
            filled.supporter,
            url=f"{settings.public_url}/{visit.campaign.slug}/",
            trial_to=settings.trial_to,
        )
    except MergeError as error:
        current_app.logger.error("campaign %s: %s", visit.campaign.slug, error)
        return (), filled.with_error("letters", gettext(_UNMERGED))
    if any(len(letter.text) > forms.LONGEST_LETTER for letter in letters):
        return (), filled.with_error("personal", gettext(_TOO_LONG))
    return letters, filled


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
        organisations={one.id: one.name for one in campaign.organisations},
        card=sharing.card(campaign, version, filled.via),
        share=sharing.share(campaign, version, filled.via),
        targets=_TARGETS,
        offers=consents.offers(campaign, filled.consents, filled.via),
        confirms=_confirms(campaign),
        trial=campaign.status is Status.TRIAL,
        paused=lanes.is_paused(services().store, campaign.slug),
    )
    return page, status


@lru_cache(maxsize=64)
def _story(markdown: str) -> Markup:
    return story.html(markdown)


def _written(campaign: Campaign) -> int:
    return sendlog.written(services().store, campaign.slug)


def _confirms(campaign: Campaign) -> bool:
    return campaign.confirm and campaign.status is Status.LIVE


def _preview(
    visit: Visit,
    filled: Filled,
    letters: Sequence[MergedLetter],
    *,
    notice: str = "",
    status: int = 200,
) -> Page:
    """The letters to check, signed together with the id under which they may be sent."""
    if filled.supporter is None:
        raise ValueError("letters of a form that was refused cannot be shown")
    signer, slug = services().signer, visit.campaign.slug
    agreed = consents.agreed(visit.campaign, filled.consents)
    digest = submissions.letters_hash(filled.supporter, letters, agreed)
    key = signer.submission_id(filled.draft, slug, digest)
    page = render_template(
        "pages/preview.html",
        campaign=visit.campaign,
        version=visit.version,
        letters=side_by_side(letters, filled.recipients),
        filled=filled,
        submission_id=key,
        signature=signer.sign(slug, key, digest),
        notice=notice,
        agreed=agreed,
        confirms=_confirms(visit.campaign),
        trial=visit.campaign.status is Status.TRIAL,
        supporter=filled.supporter,
        passed_on=bool(aliases.domain_for(services().sender, filled.supporter.email)),
    )
    return page, status


def _send(visit: Visit, filled: Filled, letters: tuple[MergedLetter, ...]) -> Page | Response:
    serving, slug = services(), visit.campaign.slug
    if filled.supporter is None:
        raise ValueError("letters of a form that was refused cannot be sent")
    key = request.form.get("submission_id", "")
    agreed = consents.agreed(visit.campaign, filled.consents)
    digest = submissions.letters_hash(filled.supporter, letters, agreed)
    if not serving.signer.verify(slug, key, digest, request.form.get("signature", "")):
        return _preview(visit, filled, letters, notice=gettext(_MADE_ANEW), status=422)
    draft = Draft(
        id=key,
        edition=visit.edition,
        supporter=filled.supporter,
        letters=letters,
        recipients=filled.recipients,
        sender=serving.sender,
        via=filled.via,
        replaces=filled.replaces,
        hold=_BAITED if filled.honeypot else "",
        trial_to=serving.settings.trial_to,
        agreed=agreed,
    )
    try:
        token = submissions.accept(serving.store, draft)
    except StoreError as error:
        current_app.logger.error("campaign %s: letters may not be stored: %s", slug, error)
        return _preview(visit, filled, letters, notice=gettext(_NOT_CERTAIN), status=503)
    return redirect(url_for("receipts.receipt", token=token), 303)
