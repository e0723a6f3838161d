"""A campaign's own pages: read about it, write, check the letters, send them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from flask import Blueprint, abort, current_app, render_template, request, url_for
from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer import sendlog, submissions
from mailer.approvals import Edition
from mailer.campaigns import story
from mailer.campaigns.recipients import recipients
from mailer.campaigns.values import Campaign, MergedLetter, Recipient, Status, Version
from mailer.errors import MergeError, StoreError
from mailer.sendlog import lanes
from mailer.submissions import Draft
from mailer.web import forms, i18n, security, shown
from mailer.web.fields import FIELDS, asked
from mailer.web.forms import Filled
from mailer.web.i18n import gettext, mark
from mailer.web.letters import side_by_side
from mailer.web.services import services
from mailer.web.shown import Phase

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


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request to one campaign."""

    edition: Edition
    version: Version
    recipients: tuple[Recipient, ...]  # who may be written to today
    phase: Phase

    @property
    def campaign(self) -> Campaign:
        """The campaign visited."""
        return self.edition.campaign


@blueprint.get("/<slug>/")
def page(slug: str) -> Page:
    """The campaign: what it is about, who gets the letters, and the form."""
    visit = _visit(slug)
    security.keep_own()
    return _form(visit, forms.blank(visit.campaign, request.args.get("via", "")))


@blueprint.post("/<slug>/")
def edit(slug: str) -> Page:
    """The form again, with everything that was typed."""
    security.keep_for_back()
    visit = _visit(slug)
    return _form(visit, replace(_read(visit), errors={}))


@blueprint.post("/<slug>/preview")
def preview(slug: str) -> Page:
    """Check your letters: each one exactly as it will leave. Nothing is stored."""
    security.keep_for_back()
    visit = _visit(slug)
    letters, filled = _write(visit, _read(visit))
    return _preview(visit, filled, letters) if letters else _form(visit, filled, 422)


@blueprint.post("/<slug>/send")
def send(slug: str) -> Page | Response:
    """Take the letters that were previewed, once; anything else is shown again first."""
    security.keep_for_back()
    visit = _visit(slug)
    letters, filled = _write(visit, _read(visit))
    return _send(visit, filled, letters) if letters else _form(visit, filled, 422)


@blueprint.get("/<slug>/preview")
@blueprint.get("/<slug>/send")
def astray(slug: str) -> Response:
    """These addresses only take forms: whoever opens one is led to the campaign."""
    return redirect(url_for("public.page", slug=slug), 303)


def _visit(slug: str) -> Visit:
    edition = shown.edition(slug)
    if edition is None:
        abort(404)
    campaign = edition.campaign
    return Visit(
        edition=edition,
        version=campaign.version(i18n.speak(campaign.languages)),
        recipients=recipients(campaign, edition.officials, shown.today(campaign)),
        phase=shown.phase(campaign),
    )


def _read(visit: Visit) -> Filled:
    return forms.read(visit.campaign, visit.recipients, request.form, i18n.language())


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


def _form(visit: Visit, filled: Filled, status: int = 200) -> Page:
    """The campaign's page with the form as it was filled in, or what it says when closed."""
    campaign, version = visit.campaign, visit.version
    page = render_template(
        "pages/campaign.html",
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
        targets=_TARGETS,
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
    digest = submissions.letters_hash(filled.supporter, letters)
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
        confirms=_confirms(visit.campaign),
        trial=visit.campaign.status is Status.TRIAL,
        supporter=filled.supporter,
    )
    return page, status


def _send(visit: Visit, filled: Filled, letters: tuple[MergedLetter, ...]) -> Page | Response:
    serving, slug = services(), visit.campaign.slug
    if filled.supporter is None:
        raise ValueError("letters of a form that was refused cannot be sent")
    key = request.form.get("submission_id", "")
    digest = submissions.letters_hash(filled.supporter, letters)
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
        hold=_BAITED if filled.honeypot else "",
        trial_to=serving.settings.trial_to,
    )
    try:
        token = submissions.accept(serving.store, draft)
    except StoreError as error:
        current_app.logger.error("campaign %s: letters may not be stored: %s", slug, error)
        return _preview(visit, filled, letters, notice=gettext(_NOT_CERTAIN), status=503)
    return redirect(url_for("receipts.receipt", token=token), 303)
