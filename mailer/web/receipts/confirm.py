"""What a mailed link opens, and what a receipt offers to those who cannot open theirs."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer import submissions
from mailer.errors import OverLimit
from mailer.i18n import LANGUAGES
from mailer.submissions import Opened, Receipt, codes, disowning, entering, links, pending
from mailer.submissions.entering import Answer
from mailer.web import callers, i18n, private, security, shown
from mailer.web.i18n import gettext, mark
from mailer.web.receipts import awaiting
from mailer.web.services import services
from mailer.web.shown import Phase

blueprint = Blueprint("confirming", __name__)
blueprint.before_request(private.guard)

LONGEST_TYPED = 40  # characters of a code that are shown again

_NO_CODE = mark("Enter the code from our mail: six letters and digits.")
_STRANGE = mark(
    "No code of ours has %(letters)s. Compare what you typed with the code in our mail: six letters"
    " and digits."
)
# The same for a code that is right but was typed wrongly too often before, perhaps by others.
_WRONG = mark(
    "This code does not open your letters. Type the one in our newest mail to you. After a few"
    " wrong ones only the link in that mail opens them."
)
_OVER = mark("This code is from an older mail, which was open for 7 days. Type the newest one.")


@blueprint.get("/confirm/<token>")
def page(token: str) -> tuple[str, int]:
    """The letters that wait for this address; looking at them changes nothing."""
    found = submissions.opened(services().store, token)
    if found is None:
        abort(404)
    i18n.speak(LANGUAGES, default=_language(found))
    everything = (*found.waiting, *found.done)
    editions = {one.campaign: shown.edition(one.campaign) for one in everything}
    page = render_template(
        "pages/confirm.html",
        token=token,
        found=found,
        titles={one.id: private.title(one, editions[one.campaign]) for one in everything},
        letters={one.id: private.ordered(one, editions[one.campaign]) for one in found.waiting},
        sender=private.sender,
        campaign=_campaign(found.campaign),
        days=round(links.LIFE / 86400),
        contact=services().settings.contact,
        languages=LANGUAGES,
    )
    return page, 410 if found.over and not found.disowned else 200


@blueprint.post("/confirm/<token>")
def press(token: str) -> Response:
    """Let one submission go; pressing again leads to the same receipt."""
    serving = services()
    chosen = request.form.get("submission", "")
    found = submissions.confirm(serving.store, token, chosen, sender=serving.sender)
    if found is None:
        abort(404)
    i18n.speak(LANGUAGES)
    return redirect(url_for("receipts.receipt", token=found), 303)


@blueprint.post("/confirm/<token>/not-me")
def not_me(token: str) -> Response:
    """Throw away what waits for this address, and mail nothing more to it."""
    serving = services()
    file = serving.settings.path(serving.settings.journal)
    if not disowning.disown(serving.store, token, file=file):
        abort(404)
    i18n.speak(LANGUAGES)
    return redirect(url_for("confirming.page", token=token), 303)


@blueprint.post("/receipt/<token>/code")
def code(token: str) -> Response | tuple[str, int]:
    """Let the letters of this receipt go, by the code in the mail that waits for it."""
    serving, typed = services(), request.form.get("code", "")
    try:
        callers.enter_code(token)
    except OverLimit as error:
        i18n.speak(LANGUAGES)
        return _waiting(token, typed[:LONGEST_TYPED], security.later(error), 429)
    answer = entering.enter(serving.store, token, typed, sender=serving.sender)
    if answer is None:
        abort(404)
    i18n.speak(LANGUAGES)
    if answer is Answer.DONE:
        return _receipt(token)
    return _waiting(token, typed[:LONGEST_TYPED], _wrong(answer, typed))


@blueprint.post("/receipt/<token>/again")
def again(token: str) -> Response:
    """Mail the link and a code once more; the receipt says when that can be asked for again."""
    serving = services()
    callers.ask_again()
    if not pending.again(serving.store, token, serving.sender, callers.may_mail):
        abort(404)
    i18n.speak(LANGUAGES)
    return _receipt(token, "confirm")


@blueprint.get("/confirm/<token>/not-me")
def not_me_astray(token: str) -> Response:
    """This address only takes a press of its button: whoever opens it is led to the page."""
    return redirect(url_for("confirming.page", token=token), 303)


@blueprint.get("/receipt/<token>/code")
@blueprint.get("/receipt/<token>/again")
def astray(token: str) -> Response:
    """These addresses only take forms: whoever opens one is led to the receipt."""
    return _receipt(token)


def _receipt(token: str, anchor: str | None = None) -> Response:
    return redirect(url_for("receipts.receipt", token=token, _anchor=anchor), 303)


def _wrong(answer: Answer, typed: str) -> str:
    """What to do about a code that does not open anything."""
    strange = codes.strange(typed)
    if answer is Answer.MALFORMED and strange and len(typed) <= LONGEST_TYPED:
        return gettext(_STRANGE, letters=", ".join(strange))
    return gettext({Answer.WRONG: _WRONG, Answer.OVER: _OVER}.get(answer, _NO_CODE))


def _waiting(token: str, typed: str, wrong: str, status: int = 422) -> tuple[str, int]:
    """The step that is left, with what is wrong about the code."""
    found = submissions.receipt(services().store, token)
    waits = awaiting.of(found) if found else None
    if found is None or waits is None:
        abort(404)
    page = render_template(
        "pages/awaiting.html",
        title=private.title(found, shown.edition(found.campaign)),
        awaiting=waits,
        typed=typed,
        errors={"code": wrong},
        languages=LANGUAGES,
    )
    return page, status


def _language(found: Opened) -> str:
    """The language of what waits, where the pages speak it."""
    first: Receipt | None = next(iter((*found.waiting, *found.done)), None)
    return first.language if first and first.language in LANGUAGES else ""


def _campaign(slug: str) -> str:
    """The campaign that the mail was about, while it can be written for; else ""."""
    edition = shown.edition(slug)
    return slug if edition and shown.phase(edition.campaign) is Phase.OPEN else ""
