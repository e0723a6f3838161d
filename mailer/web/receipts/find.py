"""Finding one's receipts again by mail, and erasing everything behind a link that was mailed."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer.errors import FieldError, OverLimit
from mailer.i18n import LANGUAGES
from mailer.submissions import erase_links, erasing, finding, remains
from mailer.submissions.erase_links import EraseLink
from mailer.web import callers, i18n, security, wiping
from mailer.web.i18n import gettext, mark
from mailer.web.services import services

blueprint = Blueprint("finding", __name__)

LONGEST_TYPED = 254  # characters of an address that are shown again

_WRONG = {
    "missing": mark("Enter the email address that you wrote with."),
    "long": mark("An email address has at most 254 characters."),
    "email-at": mark("Enter the email address with its @ sign, like name@example.org."),
}
_NO_ADDRESS = mark("Enter an email address like name@example.org.")


@blueprint.before_request
def guard() -> None:
    """Keep these pages private: what is typed, and a link, are somebody's."""
    security.keep_private()


@blueprint.get("/find")
def page() -> str:
    """Where to type the address that letters were written with."""
    i18n.speak(LANGUAGES)
    return _page("", {})


@blueprint.post("/find")
def find() -> Response | tuple[str, int]:
    """Look for what was written with an address; what is found only a mail to it tells."""
    i18n.speak(LANGUAGES)
    typed = request.form.get("email", "")
    try:
        callers.look_for_receipts()
        finding.ask(services().store, typed, i18n.language())
    except FieldError as error:
        wrong = gettext(_WRONG.get(error.code, _NO_ADDRESS))
        return _page(typed[:LONGEST_TYPED], {"email": wrong}), 422
    except OverLimit as error:
        return _page(typed[:LONGEST_TYPED], {"email": security.later(error)}), 429
    return redirect(url_for("finding.asked"), 303)


@blueprint.get("/find/asked")
def asked() -> str:
    """The same answer for every address."""
    i18n.speak(LANGUAGES)
    return render_template(
        "pages/find_asked.html", contact=services().settings.contact, languages=LANGUAGES
    )


@blueprint.get("/erase/<token>")
def erase_page(token: str) -> tuple[str, int]:
    """What is erased, what stays, what cannot be called back; then the proof that it is done."""
    i18n.speak(LANGUAGES)
    return _erase_page(token, _link(token))


@blueprint.post("/erase/<token>")
def erase(token: str) -> Response | tuple[str, int]:
    """Erase everything that was written with the address the link was mailed to."""
    i18n.speak(LANGUAGES)
    link, store = _link(token), services().store
    if link.over:
        return _erase_page(token, link)
    wiping.wipe(lambda file: erasing.forget_mailbox(store, link.mailbox, file=file))
    return redirect(url_for("finding.erase_page", token=token), 303)


def _page(typed: str, errors: dict[str, str]) -> str:
    return render_template(
        "pages/find.html", typed=typed, errors=errors, languages=LANGUAGES
    )  # fmt: skip


def _link(token: str) -> EraseLink:
    """What the link says, open or over; 404 for one that is not ours."""
    serving = services()
    found = erase_links.read(serving.settings.secret_keys, token, serving.store.now())
    return found or abort(404)


def _erase_page(token: str, link: EraseLink) -> tuple[str, int]:
    found = remains.of_mailbox(services().store, link.mailbox)
    over = link.over and bool(found.submissions)
    shown = render_template(
        "pages/erase_all.html",
        token=token,
        over=over,
        remains=found,
        contact=services().settings.contact,
        languages=LANGUAGES,
    )
    return shown, 410 if over else 200
