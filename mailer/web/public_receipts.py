"""A supporter's private pages: the receipt, and what a confirmation link opens."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from mailer import sendlog, submissions
from mailer.approvals import Edition
from mailer.campaigns.recipients import recipients
from mailer.i18n import LANGUAGES
from mailer.submissions import Receipt, ReceiptLetter
from mailer.web import about, i18n, localbox, receipt_words, security, shown
from mailer.web.services import services

blueprint = Blueprint("receipts", __name__)

_ID = re.compile(r"[0-9a-z]{26}")


@blueprint.before_request
def guard() -> None:
    """Keep these pages private, and let no text reach the database that cannot be an id."""
    security.keep_private()
    asked = (*(request.view_args or {}).values(), *request.form.getlist("submission"))
    if not all(_ID.fullmatch(one) for one in asked):
        abort(404)


@blueprint.get("/receipt/<token>")
def receipt(token: str) -> str:
    """Each letter with its exact text and its true state."""
    serving = services()
    accounts = [way.account for way in serving.transports]
    found = submissions.receipt(serving.store, token, accounts)
    if found is None:
        abort(404)
    i18n.speak(LANGUAGES, default=found.language if found.language in LANGUAGES else "")
    edition = shown.edition(found.campaign)
    now = services().store.now()
    letters = [
        (letter, receipt_words.words(letter), _says(letter, found, edition, now), _sender(letter))
        for letter in _ordered(found, edition)
    ]
    return render_template(
        "pages/receipt.html",
        receipt=found,
        title=_title(found, edition),
        letters=letters,
        summary=receipt_words.summary(found),
        languages=LANGUAGES,
        contact=(edition and edition.campaign.contact) or services().settings.contact,
        outbox=_outbox(),
        trial=any(receipt_words.is_trial(letter) for letter in found.letters),
    )


@blueprint.get("/confirm/<token>")
def confirm(token: str) -> str:
    """The letters that wait for this address; looking at them sends nothing."""
    found = submissions.waiting(services().store, token)
    if not found:
        abort(404)
    language = found[0].language
    i18n.speak(LANGUAGES, default=language if language in LANGUAGES else "")
    editions = {one.campaign: shown.edition(one.campaign) for one in found}
    return render_template(
        "pages/confirm.html",
        token=token,
        waiting=[one for one in found if one.confirmed_at is None],
        done=[one for one in found if one.confirmed_at is not None],
        titles={one.id: _title(one, editions[one.campaign]) for one in found},
        letters={one.id: _ordered(one, editions[one.campaign]) for one in found},
        languages=LANGUAGES,
    )


@blueprint.post("/confirm/<token>")
def confirmed(token: str) -> Response:
    """Let one submission go; pressing again leads to the same receipt."""
    serving = services()
    chosen = request.form.get("submission", "")
    found = submissions.confirm(serving.store, token, chosen, sender=serving.sender)
    if found is None:
        abort(404)
    i18n.speak(LANGUAGES)
    return redirect(url_for("receipts.receipt", token=found), 303)


def _says(letter: ReceiptLetter, found: Receipt, edition: Edition | None, now: float) -> list[str]:
    """What the page says of one letter, sentence by sentence."""
    phone = submissions.phone(edition.officials, letter.official, letter.post) if edition else ""
    told = receipt_words.says(letter, email=found.email, phone=phone, now=now)
    return [*told, *filter(None, [about.sentence(letter.about, now)])]


def _sender(letter: ReceiptLetter) -> str:
    """The name the letter is from, as it was written; "" when its text is erased."""
    page = sendlog.letter_page(services().store, letter.id) if letter.body else None
    return page.mail.from_name if page and page.mail else ""


def _ordered(found: Receipt, edition: Edition | None) -> Sequence[ReceiptLetter]:
    """The letters in the order in which the campaign names their readers."""
    if edition is None:
        return found.letters
    campaign = edition.campaign
    readers = recipients(campaign, edition.officials, shown.today(campaign))
    place = {reader.official: number for number, reader in enumerate(readers)}
    return sorted(found.letters, key=lambda letter: place.get(letter.official, len(place)))


def _title(found: Receipt, edition: Edition | None) -> str:
    """The campaign's title today; its letters' own subject when the campaign is gone."""
    if edition:
        return edition.campaign.version(found.language).title
    return found.letters[0].subject if found.letters else found.campaign


@blueprint.app_template_filter("whole")
def whole(letter: ReceiptLetter) -> str:
    """The letter's text, exactly."""
    return f"{letter.salutation}\n\n{letter.body}" if letter.salutation else letter.body


def _outbox() -> str:
    """Where whoever looks can read the mail kept on this machine, or ""."""
    if services().delivers or not localbox.is_open():
        return ""
    return url_for("localbox.messages")
