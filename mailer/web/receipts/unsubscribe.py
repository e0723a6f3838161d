"""The page behind the link of our reminders: no more mail, at one press (RFC 8058)."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer.i18n import LANGUAGES
from mailer.submissions import unsubscribing
from mailer.web import i18n, security
from mailer.web.services import services

blueprint = Blueprint("unsubscribe", __name__)


@blueprint.before_request
def guard() -> None:
    """Keep these pages private: their address is somebody's."""
    security.keep_private()


@blueprint.get("/unsubscribe/<token>")
def page(token: str) -> str:
    """What the link does, and a button; looking changes nothing, for scanners look too."""
    return _page(token, _mailbox(token))


@blueprint.post("/unsubscribe/<token>")
def end(token: str) -> str | Response:
    """Mail nothing more to this mailbox; with `again`, take that back.

    A mail program that posts for its user gets no redirect (RFC 8058, 3.1): some follow none.
    """
    mailbox, serving = _mailbox(token), services()
    file = serving.settings.path(serving.settings.journal)
    if "again" in request.form:
        unsubscribing.subscribe(serving.store, mailbox, file=file)
    else:
        unsubscribing.unsubscribe(serving.store, mailbox, file=file)
    if request.form.get("List-Unsubscribe") == "One-Click":
        return _page(token, mailbox)
    i18n.speak(LANGUAGES)
    return redirect(url_for("unsubscribe.page", token=token), 303)


def _mailbox(token: str) -> str:
    found = unsubscribing.mailbox_of(services().settings.secret_keys, token)
    return found if found else abort(404)


def _page(token: str, mailbox: str) -> str:
    i18n.speak(LANGUAGES)
    serving = services()
    why = unsubscribing.why_ended(serving.store, mailbox)
    return render_template(
        "pages/unsubscribe.html",
        token=token,
        ended=bool(why),
        by_button=why == unsubscribing.UNSUBSCRIBED,
        contact=serving.settings.contact,
        languages=LANGUAGES,
    )
