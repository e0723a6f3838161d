"""Taking back, on the receipt, what organisations may have."""

from __future__ import annotations

from flask import abort, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer.i18n import LANGUAGES
from mailer.submissions import consents
from mailer.web import i18n
from mailer.web.receipts.page import blueprint
from mailer.web.services import services

__all__ = ["blueprint"]

LONGEST_ID = 100  # characters of an organisation's


@blueprint.post("/receipt/<token>/consent")
def take_back(token: str) -> Response:
    """Take back what one organisation may have; the receipt says since when."""
    organisation = request.form.get("organisation", "")
    usable = organisation.isprintable() and len(organisation) <= LONGEST_ID
    if not usable or not consents.withdraw(services().store, token, organisation):
        abort(404)
    i18n.speak(LANGUAGES)
    return redirect(url_for("receipts.receipt", token=token, _anchor="consents"), 303)
