"""A supporter's letters on paper: one PDF of them all."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app

from mailer import paper, submissions
from mailer.errors import PaperError
from mailer.i18n import LANGUAGES
from mailer.paper import Document, Sheet
from mailer.submissions import Receipt, ReceiptLetter
from mailer.web import i18n, private, shown
from mailer.web.i18n import gettext
from mailer.web.receipts import wording
from mailer.web.services import services

blueprint = Blueprint("paper", __name__)
blueprint.before_request(private.guard)


@blueprint.get("/receipt/<token>/letters.pdf")
def letters(token: str) -> Response:
    """All letters in one PDF; 404 where that is not offered."""
    serving = services()
    found = submissions.receipt(serving.store, token)
    if found is None or not offered(found):
        abort(404)
    i18n.speak(LANGUAGES, default=found.language if found.language in LANGUAGES else "")
    try:
        made = paper.pdf(_document(found, serving.store.now()))
    except PaperError as error:
        current_app.logger.error("receipt %s: %s", found.reference, error)
        abort(503)
    response = Response(made, mimetype="application/pdf")
    name = f"letters-{found.reference}.pdf"  # saved, not shown: viewers trip over our CSP
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def offered(found: Receipt) -> bool:
    """True when these letters can be had as a PDF here."""
    if wording.is_replaced(found):
        return False
    length = sum(len(private.whole(letter)) for letter in found.letters if letter.body)
    return 0 < length <= paper.MOST and paper.available()


def _document(found: Receipt, now: float) -> Document:
    edition = shown.edition(found.campaign)
    ordered = private.ordered(found, edition)
    return Document(
        title=private.title(found, edition),
        author=found.name,
        language=i18n.language(),
        foot=gettext("Reference %(reference)s", reference=found.reference),
        no_font=gettext(
            "No font on the machine that made this has some of the characters: they stand as empty"
            " boxes here. The receipt shows them."
        ),
        made_at=now,
        sheets=[_sheet(found, letter) for letter in ordered if letter.body],
    )


def _sheet(found: Receipt, letter: ReceiptLetter) -> Sheet:
    sender = private.sender(letter)
    to = f"{letter.to_name} <{letter.to_address}>" if letter.to_name else letter.to_address
    lines = [
        (gettext("To"), to),
        (gettext("From"), sender),
        (gettext("Answers go to"), found.email),
        (gettext("Subject"), letter.subject),
    ]
    return Sheet(
        to=letter.to_name or letter.to_address,
        lines=[(label, value) for label, value in lines if value],
        language=letter.language,
        text=private.whole(letter),
    )
